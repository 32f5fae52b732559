package oracle

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// permissions is DMS's assessment of what its user may do.
const permissions = "oracle-validate-permissions-on-source"

// held is what the user holds.
type held struct {
	read                                    bool
	privileges, roles, objects, directories []string
}

// object is an object of SYS that DMS uses, as CHAP_Source.Oracle lists them ("User account privileges required on a
// self-managed Oracle source").
type object struct {
	name      string
	probe     string // the same in a query
	privilege string
	cdc       bool   // only for CDC
	capture   string // only with this; empty for either
	since12   bool
}

var wantedObjects = []object{
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
	// V$LOGMNR_CONTENTS cannot be probed: without a LogMiner session it ends with ORA-01306.
	{name: "V_$LOGMNR_LOGS", probe: "v$logmnr_logs", cdc: true, capture: LogMiner},
	{name: "V_$LOGMNR_CONTENTS", cdc: true, capture: LogMiner},
	{name: "DBMS_LOGMNR", privilege: "EXECUTE", cdc: true, capture: LogMiner},
	{name: "DBA_DIRECTORIES", probe: "dba_directories", cdc: true, capture: BinaryReader},
}

// wanted says that a job has use for something.
func (c *checker) wanted(cdc bool, capture string, since12 bool) bool {
	return (!cdc || c.needs.CDC) && (capture == "" || capture == c.needs.Capture) && !(since12 && c.known.before12)
}

func (c *checker) readPrivileges(ctx context.Context) {
	marks := make([]string, len(wantedObjects))
	args := make([]any, len(wantedObjects))
	for i, o := range wantedObjects {
		name := "v" + strconv.Itoa(i+1)
		marks[i], args[i] = ":"+name, sql.Named(name, o.name)
	}
	statement := strings.ReplaceAll(queryPrivileges.text, "{tables}", strings.Join(marks, ", "))
	err := c.rows(ctx, statement, args, func(r *sql.Rows) error {
		var kind, name text
		err := r.Scan(&kind, &name)
		switch kind.String {
		case "privilege":
			c.held.privileges = append(c.held.privileges, name.String)
		case "role":
			c.held.roles = append(c.held.roles, name.String)
		case "object":
			c.held.objects = append(c.held.objects, name.String)
		case "directory":
			c.held.directories = append(c.held.directories, name.String)
		case "user":
			c.report.Database.RDS, c.fixes.rds = true, true
		}
		return err
	})
	if err != nil {
		c.unknown(failure{queryPrivileges, err})
		return
	}
	c.held.read = true
}

// checkPrivileges names what the user lacks.
func (c *checker) checkPrivileges(ctx context.Context) {
	if !c.held.read {
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
		if c.wanted(true, p.capture, p.since12) && !slices.Contains(c.held.privileges, p.name) {
			c.report.add(Finding{
				Assessment: permissions, Severity: p.level,
				Text: fmt.Sprintf("user %s lacks the privilege %s, with which DMS reads the redo log", c.fixes.name(), p.name),
				Fix:  c.fixes.grantPrivilege(p.name),
			})
		}
	}
	c.checkDirectories()
	c.checkObjects(ctx)
}

const createDirectory = "CREATE ANY DIRECTORY"

// checkDirectories looks at whether Binary Reader finds the redo log. A DBA may have made the directories by another
// name, or keep the log in ASM, so that nothing more than a warning can be given.
func (c *checker) checkDirectories() {
	if !c.wanted(true, BinaryReader, false) || slices.Contains(c.held.privileges, createDirectory) {
		return
	}
	has := func(name string) bool {
		return slices.ContainsFunc(c.held.directories, func(d string) bool { return strings.HasPrefix(d, name) })
	}
	f := Finding{
		Assessment: permissions, Severity: Warning, Fix: c.fixes.directories(),
		Text: fmt.Sprintf("user %s lacks the privilege %s, with which DMS reads the redo log", c.fixes.name(), createDirectory),
	}
	if c.fixes.rds {
		if has("ONLINELOG_DIR") && has("ARCHIVELOG_DIR") { // a replica has a letter after these
			return
		}
		f.Text = fmt.Sprintf("user %s may not read the directories ONLINELOG_DIR and ARCHIVELOG_DIR, in which DMS reads the redo log",
			c.fixes.name())
	}
	c.report.add(f)
}

func (c *checker) checkObjects(ctx context.Context) {
	var missing []object
	for _, o := range wantedObjects {
		if c.wanted(o.cdc, o.capture, o.since12) && !slices.Contains(c.held.objects, o.name) {
			missing = append(missing, o)
		}
	}
	missing = c.withoutRights(missing)
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

// withoutRights leaves out what a right to the whole dictionary covers.
func (c *checker) withoutRights(missing []object) []object {
	all := slices.Contains(c.held.privileges, "SELECT ANY DICTIONARY")
	views := all || slices.Contains(c.held.roles, "SELECT_CATALOG_ROLE")
	packages := slices.Contains(c.held.roles, "EXECUTE_CATALOG_ROLE")
	return slices.DeleteFunc(missing, func(o object) bool {
		switch {
		case o.privilege == "EXECUTE":
			return packages
		case o.name == "OBJ$":
			return all // the role covers views, not tables
		default:
			return views
		}
	})
}

// readable asks the views themselves, since ALL_OBJECTS need not know of every way to a right. One statement asks them
// all; Oracle does not say which one it was that failed, so then the list from ALL_OBJECTS stands.
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
