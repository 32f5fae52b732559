package oracle

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// permissions is the name of DMS's assessment of its user's privileges.
const permissions = "oracle-validate-permissions-on-source"

// granted holds the privileges, roles and visible objects of the user.
type granted struct {
	read                                    bool
	privileges, roles, objects, directories []string
}

// object is an object of SYS that DMS uses, as CHAP_Source.Oracle lists them ("User account privileges required on a
// self-managed Oracle source").
type object struct {
	name      string
	probe     string // the object's name in a query; empty if a query cannot read it
	privilege string // the privilege that DMS needs; empty for SELECT
	cdc       bool   // needed only for CDC
	capture   string // needed only with this capture; empty for both
	since12   bool   // exists since Oracle 12c
}

var usedObjects = []object{
	{name: "V_$DATABASE", probe: "v$database"},
	{name: "V_$THREAD", probe: "v$thread"},
	{name: "V_$PARAMETER", probe: "v$parameter"},
	{name: "V_$NLS_PARAMETERS", probe: "v$nls_parameters"},
	{name: "V_$TIMEZONE_NAMES", probe: "v$timezone_names"},
	{name: "V_$CONTAINERS", probe: "v$containers", since12: true},
	{name: "ALL_INDEXES", probe: "all_indexes"},
	{name: "ALL_OBJECTS", probe: "all_objects"},
	{name: "ALL_TABLES", probe: "all_tables"},
	{name: "ALL_USERS", probe: "all_users"},
	{name: "ALL_CATALOG", probe: "all_catalog"},
	{name: "ALL_CONSTRAINTS", probe: "all_constraints"},
	{name: "ALL_CONS_COLUMNS", probe: "all_cons_columns"},
	{name: "ALL_TAB_COLS", probe: "all_tab_cols"},
	{name: "ALL_IND_COLUMNS", probe: "all_ind_columns"},
	{name: "ALL_ENCRYPTED_COLUMNS", probe: "all_encrypted_columns"},
	{name: "ALL_LOG_GROUPS", probe: "all_log_groups"},
	{name: "ALL_TAB_PARTITIONS", probe: "all_tab_partitions"},
	{name: "DBA_REGISTRY", probe: "dba_registry"},
	{name: "DBA_TABLESPACES", probe: "dba_tablespaces"},
	{name: "OBJ$", probe: "sys.obj$"},
	{name: "V_$ARCHIVED_LOG", probe: "v$archived_log", cdc: true},
	{name: "V_$LOG", probe: "v$log", cdc: true},
	{name: "V_$LOGFILE", probe: "v$logfile", cdc: true},
	{name: "V_$TRANSACTION", probe: "v$transaction", cdc: true},
	// V$LOGMNR_CONTENTS has no probe: without a LogMiner session a query fails with ORA-01306.
	{name: "V_$LOGMNR_LOGS", probe: "v$logmnr_logs", cdc: true, capture: LogMiner},
	{name: "V_$LOGMNR_CONTENTS", cdc: true, capture: LogMiner},
	{name: "DBMS_LOGMNR", privilege: "EXECUTE", cdc: true, capture: LogMiner},
	{name: "DBA_DIRECTORIES", probe: "dba_directories", cdc: true, capture: BinaryReader},
}

// needed reports whether the job needs a privilege or object with these conditions.
func (c *checker) needed(cdc bool, capture string, since12 bool) bool {
	return (!cdc || c.needs.CDC) && (capture == "" || capture == c.needs.Capture) && !(since12 && c.known.before12)
}

func (c *checker) readPrivileges(ctx context.Context) {
	marks := make([]string, len(usedObjects))
	args := make([]any, len(usedObjects))
	for i, o := range usedObjects {
		name := "v" + strconv.Itoa(i+1)
		marks[i], args[i] = ":"+name, sql.Named(name, o.name)
	}
	statement := strings.ReplaceAll(queryPrivileges.text, "{tables}", strings.Join(marks, ", "))
	err := c.rows(ctx, statement, args, func(r *sql.Rows) error {
		var kind, name text
		err := r.Scan(&kind, &name)
		switch kind.String {
		case "privilege":
			c.granted.privileges = append(c.granted.privileges, name.String)
		case "role":
			c.granted.roles = append(c.granted.roles, name.String)
		case "object":
			c.granted.objects = append(c.granted.objects, name.String)
		case "directory":
			c.granted.directories = append(c.granted.directories, name.String)
		case "user":
			c.report.Database.RDS, c.fixes.rds = true, true
		}
		return err
	})
	if err != nil {
		c.unknown(failure{queryPrivileges, err})
		return
	}
	c.granted.read = true
}

// checkPrivileges reports the privileges that the user needs and does not have.
func (c *checker) checkPrivileges(ctx context.Context) {
	if !c.granted.read {
		return
	}
	for _, p := range []struct {
		name    string
		capture string
		since12 bool
		level   Severity
	}{
		{name: "SELECT ANY TRANSACTION", level: Failed},
		{name: "LOGMINING", capture: LogMiner, since12: true, level: Failed},
	} {
		if c.needed(true, p.capture, p.since12) && !slices.Contains(c.granted.privileges, p.name) {
			c.report.add(Finding{
				Assessment: permissions, Severity: p.level,
				Text: fmt.Sprintf("user %s lacks the privilege %s, which DMS needs to read the redo log", c.fixes.name(), p.name),
				Fix:  c.fixes.grantPrivilege(p.name),
			})
		}
	}
	c.checkDirectories()
	c.checkObjects(ctx)
}

const createDirectory = "CREATE ANY DIRECTORY"

// checkDirectories checks whether Binary Reader can find the redo log. The finding is only a warning: a DBA may have created
// the directories under another name, or may keep the log in ASM.
func (c *checker) checkDirectories() {
	if !c.needed(true, BinaryReader, false) || slices.Contains(c.granted.privileges, createDirectory) {
		return
	}
	has := func(name string) bool {
		return slices.ContainsFunc(c.granted.directories, func(d string) bool { return strings.HasPrefix(d, name) })
	}
	f := Finding{
		Assessment: permissions, Severity: Warning, Fix: c.fixes.directories(),
		Text: fmt.Sprintf("user %s lacks the privilege %s, which DMS needs to read the redo log", c.fixes.name(), createDirectory),
	}
	if c.fixes.rds {
		if has("ONLINELOG_DIR") && has("ARCHIVELOG_DIR") { // the names on a replica have one more letter at the end
			return
		}
		f.Text = fmt.Sprintf("user %s may not read the directories ONLINELOG_DIR and ARCHIVELOG_DIR, from which DMS reads the redo log",
			c.fixes.name())
	}
	c.report.add(f)
}

func (c *checker) checkObjects(ctx context.Context) {
	var missing []object
	for _, o := range usedObjects {
		if c.needed(o.cdc, o.capture, o.since12) && !slices.Contains(c.granted.objects, o.name) {
			missing = append(missing, o)
		}
	}
	missing = c.withoutCovered(missing)
	if len(missing) == 0 || c.readable(ctx, missing) {
		return
	}
	for _, o := range missing {
		privilege, verb := "SELECT", "read"
		if o.privilege != "" {
			privilege, verb = o.privilege, "execute"
		}
		level := Warning
		if o.cdc {
			level = Failed
		}
		c.report.add(Finding{
			Assessment: permissions, Severity: level,
			Text: fmt.Sprintf("user %s may not %s %s, which DMS uses", c.fixes.name(), verb, o.name),
			Fix:  c.fixes.grantObject(privilege, o.name),
		})
	}
}

// withoutCovered removes the objects that a privilege or role for the whole dictionary covers.
func (c *checker) withoutCovered(missing []object) []object {
	all := slices.Contains(c.granted.privileges, "SELECT ANY DICTIONARY")
	views := all || slices.Contains(c.granted.roles, "SELECT_CATALOG_ROLE")
	packages := slices.Contains(c.granted.roles, "EXECUTE_CATALOG_ROLE")
	return slices.DeleteFunc(missing, func(o object) bool {
		switch {
		case o.privilege == "EXECUTE":
			return packages
		case o.name == "OBJ$":
			return all // SELECT_CATALOG_ROLE covers views and not tables
		default:
			return views
		}
	})
}

// readable reports whether the user can query all missing objects. A privilege may exist although ALL_OBJECTS does not show
// the object, so readable queries the objects themselves. It uses one statement for all of them. If the statement fails,
// Oracle does not say which object caused the error, and the list from ALL_OBJECTS is used.
func (c *checker) readable(ctx context.Context, missing []object) bool {
	branches := make([]string, len(missing))
	for i, o := range missing {
		if o.probe == "" || o.privilege != "" {
			return false
		}
		branches[i] = "SELECT 1 FROM " + o.probe + " WHERE 1 = 0"
	}
	err := c.rows(ctx, strings.Join(branches, "\nUNION ALL "), nil, func(*sql.Rows) error { return nil })
	return err == nil
}
