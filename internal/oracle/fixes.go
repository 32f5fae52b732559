package oracle

import (
	"fmt"
	"regexp"
)

// fixes writes the statements that fix findings, as the DMS guide has them (CHAP_Source.Oracle): statements for a
// self-managed database, and calls of rdsadmin for Amazon RDS, where no user is SYSDBA.
type fixes struct {
	rds       bool
	pluggable bool // the session is in a pluggable database, in which some statements fail
	user      string
}

// name returns the user's name, or an example if it is not known.
func (c fixes) name() string {
	if c.user == "" {
		return "dms_user"
	}
	return c.user
}

// grantee returns the user's name for a statement. A name that is not all in capitals needs quotes.
func (c fixes) grantee() string {
	if plainName.MatchString(c.name()) || c.user == "" {
		return c.name()
	}
	return quote(c.name())
}

var plainName = regexp.MustCompile(`^[A-Z][A-Z0-9_$#]*$`)

// grantObject returns the statement that grants the user a privilege on an object of SYS.
func (c fixes) grantObject(privilege, object string) string {
	if c.rds && object == "DBA_TABLESPACES" {
		return fmt.Sprintf("GRANT %s ON %s TO %s;", privilege, object, c.grantee()) // the DMS guide writes it so
	}
	if c.rds {
		return fmt.Sprintf("exec rdsadmin.rdsadmin_util.grant_sys_object('%s', '%s', '%s');", object, c.name(), privilege)
	}
	return fmt.Sprintf("GRANT %s ON SYS.%s TO %s;", privilege, object, c.grantee())
}

// grantExecute returns the statement that lets the user execute a package of SYS, or RDSADMIN_UTIL.
func (c fixes) grantExecute(name string) string {
	if name == "RDSADMIN_UTIL" {
		return fmt.Sprintf("GRANT EXECUTE ON RDSADMIN.RDSADMIN_UTIL TO %s;", c.grantee())
	}
	return c.grantObject("EXECUTE", name)
}

func (c fixes) grantPrivilege(privilege string) string {
	return fmt.Sprintf("GRANT %s TO %s;", privilege, c.grantee())
}

func (c fixes) grantTable(t Table) string {
	return fmt.Sprintf("GRANT SELECT ON %s TO %s;", t.sql(), c.grantee())
}

// grantFlashback returns the statement that lets the user read old rows (Database Development Guide, Using Oracle Flashback
// Technology).
func (c fixes) grantFlashback(t Table) string {
	return fmt.Sprintf("GRANT FLASHBACK ON %s TO %s;", t.sql(), c.grantee())
}

// directories returns the statements that let Binary Reader read the redo log. On Amazon RDS no user can grant CREATE ANY
// DIRECTORY.
func (c fixes) directories() string {
	if !c.rds {
		return c.grantPrivilege(createDirectory)
	}
	return fmt.Sprintf("exec rdsadmin.rdsadmin_master_util.create_archivelog_dir; "+
		"exec rdsadmin.rdsadmin_master_util.create_onlinelog_dir; "+
		"GRANT READ ON DIRECTORY ONLINELOG_DIR TO %[1]s; GRANT READ ON DIRECTORY ARCHIVELOG_DIR TO %[1]s;", c.grantee())
}

func (c fixes) archiveLog() string {
	if c.rds {
		return "aws rds modify-db-instance --db-instance-identifier NAME --backup-retention-period 1 --apply-immediately"
	}
	return "SHUTDOWN IMMEDIATE; STARTUP MOUNT; ALTER DATABASE ARCHIVELOG; ALTER DATABASE OPEN;"
}

func (c fixes) supplementalLogging() string {
	if c.rds {
		return "exec rdsadmin.rdsadmin_util.alter_supplemental_logging('ADD');"
	}
	if c.pluggable {
		return "ALTER SESSION SET CONTAINER = CDB$ROOT; ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;" // in a PDB it is ORA-31541
	}
	return "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;"
}

func (c fixes) retention() string {
	if c.rds {
		return "exec rdsadmin.rdsadmin_util.set_configuration('archivelog retention hours',24); commit;"
	}
	return "in the job that deletes archived logs: RMAN> DELETE ARCHIVELOG ALL COMPLETED BEFORE 'SYSDATE-1';"
}

func allColumns(t Table) string {
	return fmt.Sprintf("ALTER TABLE %s ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;", t.sql())
}

func makeVisible(t Table, column string) string {
	return fmt.Sprintf("ALTER TABLE %s MODIFY (%s VISIBLE);", t.sql(), quote(column))
}

// shorten returns the fix for a name that DMS does not support. A full load can also read the rows through a view that has a
// shorter name.
func (c *checker) shorten(t Table) string {
	if c.needs.CDC {
		return fmt.Sprintf("ALTER TABLE %s RENAME TO name;", t.sql())
	}
	return fmt.Sprintf("CREATE VIEW schema.name AS SELECT * FROM %s; and in the file {table: SCHEMA.NAME, view: true}", t.sql())
}

// convertLong returns the statement that turns a LONG into a LOB (SecureFiles and Large Objects Developer's Guide).
func convertLong(t Table, c column) string {
	kind := "CLOB"
	if c.kind == "LONG RAW" {
		kind = "BLOB"
	}
	return fmt.Sprintf("ALTER TABLE %s MODIFY (%s %s);", t.sql(), quote(c.name), kind)
}

func gatherStatistics(t Table) string {
	return fmt.Sprintf(`EXEC DBMS_STATS.GATHER_TABLE_STATS('"%s"', '"%s"');`, t.Schema, t.Name)
}

func exclude(column string) string { return "exclude: [" + column + "]" }

const useBinaryReader = "source: {capture: binary-reader}"
