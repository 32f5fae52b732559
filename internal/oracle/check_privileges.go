package oracle

import (
	"fmt"
	"slices"
	"strings"
)

// permissions is the name of DMS's assessment of its user's privileges.
const permissions = "oracle-validate-permissions-on-source"

// granted holds the privileges and roles of the user, the directories that the user sees, and the packages of SYS that the
// user may execute. limits are the resource limits of the user's profile as NAME=VALUE, without those that are UNLIMITED; links are the
// database links by which DMS reads the primary of a standby.
type granted struct{ privileges, roles, directories, packages, limits, links []string }

// object is an object of SYS that DMS uses, as CHAP_Source.Oracle lists them ("User account privileges required on a
// self-managed Oracle source").
type object struct {
	name    string
	probe   string              // the name of a view or table in a query
	cdc     bool                // needed only for CDC
	capture string              // needed only with this capture; empty for both
	since12 bool                // exists since Oracle 12c
	when    func(*checker) bool // needed only for such a database; nil for all
	views   bool                // needed only to load views
}

// usedObjects are the views and tables of SYS that DMS reads.
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
	{name: "ALL_VIEWS", probe: "all_views", views: true},
	{name: "DBA_REGISTRY", probe: "dba_registry"},
	{name: "DBA_TABLESPACES", probe: "dba_tablespaces"},
	{name: "OBJ$", probe: "sys.obj$"},
	{name: "V_$ARCHIVED_LOG", probe: "v$archived_log", cdc: true},
	{name: "V_$LOG", probe: "v$log", cdc: true},
	{name: "V_$LOGFILE", probe: "v$logfile", cdc: true},
	{name: "V_$TRANSACTION", probe: "v$transaction", cdc: true},
	{name: "V_$LOGMNR_LOGS", probe: "v$logmnr_logs", cdc: true, capture: LogMiner},
	{name: "V_$LOGMNR_CONTENTS", probe: "v$logmnr_contents", cdc: true, capture: LogMiner},
	{name: "DBA_DIRECTORIES", probe: "dba_directories", cdc: true, capture: BinaryReader},
	{name: "V_$DATABASE_INCARNATION", probe: "v$database_incarnation", cdc: true}, // since engine 3.5.0
	{name: "GV_$TRANSACTION", probe: "gv$transaction", cdc: true, when: isCluster},
	{name: "V_$STANDBY_LOG", probe: "v$standby_log", cdc: true, when: isStandby},
	{name: "V_$DATAGUARD_STATS", probe: "v$dataguard_stats", cdc: true, when: isStandby},
	{name: "V_$TRANSPORTABLE_PLATFORM", probe: "v$transportable_platform", cdc: true, capture: BinaryReader, when: usesASM},
	{name: "ENC$", probe: "sys.enc$", cdc: true, when: isEncrypted},
	{name: "REGISTRY$SQLPATCH", probe: "sys.registry$sqlpatch", cdc: true, when: isRDS},
}

func isCluster(c *checker) bool   { return c.known.redo.threads > 1 }
func isStandby(c *checker) bool   { return c.known.standby() }
func usesASM(c *checker) bool     { return c.known.redo.asm > 0 }
func isEncrypted(c *checker) bool { return c.known.redo.encrypted > 0 }
func isRDS(c *checker) bool       { return c.fixes.rds }

// usedPackages are the packages of SYS that DMS uses. If there is another one, querySession must read its grants, too.
var usedPackages = []object{
	{name: "DBMS_LOGMNR", cdc: true, capture: LogMiner},
	{name: "RDSADMIN_UTIL", cdc: true, when: isRDS},
}

// uses reports whether DMS uses an object for the job and this database.
func (c *checker) uses(o object) bool {
	views := !o.views || slices.ContainsFunc(c.tables, func(t Table) bool { return t.View })
	return c.needed(o.cdc, o.capture, o.since12) && views && (o.when == nil || o.when(c))
}

// needed reports whether the job needs a privilege or object with these conditions.
func (c *checker) needed(cdc bool, capture string, since12 bool) bool {
	return (!cdc || c.needs.CDC) && (capture == "" || capture == c.needs.Capture) && !(since12 && c.known.before12)
}

// checkPrivileges reports the system privileges and packages that the user needs and does not have.
func (c *checker) checkPrivileges() {
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
	c.checkPackages()
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

func (c *checker) checkPackages() {
	for _, p := range usedPackages {
		if c.uses(p) && !slices.Contains(c.granted.packages, p.name) &&
			!slices.Contains(c.granted.roles, "EXECUTE_CATALOG_ROLE") {
			c.report.add(Finding{
				Assessment: permissions, Severity: Failed,
				Text: fmt.Sprintf("user %s may not execute %s, which DMS uses", c.fixes.name(), p.name),
				Fix:  c.fixes.grantExecute(p.name),
			})
		}
	}
}
