package oracle

import (
	"fmt"
	"regexp"
)

// fixes writes the statements that mend findings: those of the DMS guide for a database of one's own and, since nobody
// is SYSDBA there, its calls of rdsadmin for Amazon RDS (CHAP_Source.Oracle).
type fixes struct {
	rds  bool
	user string
}

// name is the user that the statements are for.
func (c fixes) name() string {
	if c.user == "" {
		return "dms_user"
	}
	return c.user
}

// grantee is the user in a statement, which takes a name without quotes for one in capitals.
func (c fixes) grantee() string {
	if plainName.MatchString(c.name()) || c.user == "" {
		return c.name()
	}
	return quote(c.name())
}

var plainName = regexp.MustCompile(`^[A-Z][A-Z0-9_$#]*$`)

// grantObject lets the user read, or execute, an object of SYS.
func (c fixes) grantObject(privilege, object string) string {
	if c.rds && object == "DBA_TABLESPACES" {
		return fmt.Sprintf("GRANT %s ON %s TO %s;", privilege, object, c.grantee()) // as the guide has it
	}
	if c.rds {
		return fmt.Sprintf("exec rdsadmin.rdsadmin_util.grant_sys_object('%s', '%s', '%s');", object, c.name(), privilege)
	}
	return fmt.Sprintf("GRANT %s ON SYS.%s TO %s;", privilege, object, c.grantee())
}

func (c fixes) grantPrivilege(privilege string) string {
	return fmt.Sprintf("GRANT %s TO %s;", privilege, c.grantee())
}

func (c fixes) grantTable(t Table) string {
	return fmt.Sprintf("GRANT SELECT ON %s TO %s;", t.sql(), c.grantee())
}

// directories lets Binary Reader read the redo log. On Amazon RDS nobody has CREATE ANY DIRECTORY to grant.
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

func visible(t Table, column string) string {
	return fmt.Sprintf("ALTER TABLE %s MODIFY (%s VISIBLE);", t.sql(), quote(column))
}

// rename is the fix of a name that DMS does not take: it loads no views in its place.
func rename(t Table) string { return fmt.Sprintf("ALTER TABLE %s RENAME TO name;", t.sql()) }

// turnLong makes a LOB of a LONG, as Oracle advises (SecureFiles and Large Objects Developer's Guide).
func turnLong(t Table, c column) string {
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
