package oracle

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// fixes writes the statements that fix findings, as the DMS guide has them (CHAP_Source.Oracle): statements for a
// self-managed database, and calls of rdsadmin for Amazon RDS, where no user is SYSDBA.
type fixes struct {
	rds       bool
	pluggable bool // the session is in a pluggable database, in which some statements fail
	standby   bool // the database is a standby, which is changed at its primary
	user      string
}

// atRoot returns a statement for the whole database. A pluggable database does not take it: another container has it.
func (c fixes) atRoot(statement string) string {
	if c.pluggable {
		return "ALTER SESSION SET CONTAINER = CDB$ROOT; " + statement
	}
	return statement
}

// changes matches statements that change the database. A standby is open only for reading.
var changes = regexp.MustCompile(`^(GRANT|ALTER TABLE|ALTER USER|CREATE|exec|EXEC|ALTER SESSION SET CONTAINER = CDB\$ROOT; (CREATE|ALTER DATABASE ADD)|ALTER DATABASE ADD) `)

// place returns a fix with the database at which it is run.
func (c fixes) place(fix string) string {
	if c.standby && changes.MatchString(fix) {
		return "at the primary: " + fix
	}
	return fix
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
	return c.atRoot("SHUTDOWN IMMEDIATE; STARTUP MOUNT; ALTER DATABASE ARCHIVELOG; ALTER DATABASE OPEN;")
}

func (c fixes) supplementalLogging() string {
	if c.rds {
		return "exec rdsadmin.rdsadmin_util.alter_supplemental_logging('ADD');"
	}
	return c.atRoot("ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;") // in a pluggable database it is ORA-31541
}

// retention returns how archived logs are kept for so many hours, and for a day at least.
func (c fixes) retention(hours float64) string {
	days := int(math.Ceil(max(hours/24, 1)))
	if c.rds {
		return fmt.Sprintf("exec rdsadmin.rdsadmin_util.set_configuration('archivelog retention hours',%d); commit;", days*24)
	}
	return fmt.Sprintf("in the job that deletes archived logs: RMAN> DELETE ARCHIVELOG ALL COMPLETED BEFORE 'SYSDATE-%d';", days)
}

// applyRedo returns what lets a standby apply redo while it is open. Amazon RDS opens a mounted replica by its replica mode.
func (c fixes) applyRedo(role string) string {
	switch {
	case role != "PHYSICAL STANDBY":
		return "write the host of the primary or of a physical standby into the secret"
	case c.rds:
		return "aws rds modify-db-instance --db-instance-identifier NAME --replica-mode open-read-only --apply-immediately"
	default:
		return c.atRoot("ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT FROM SESSION;")
	}
}

// redirectNothing returns what ends the redirection of changes to the primary. On Amazon RDS nobody can alter the system.
func (c fixes) redirectNothing() string {
	if c.rds {
		return "aws rds modify-db-parameter-group --db-parameter-group-name NAME --parameters " +
			"ParameterName=adg_redirect_dml,ParameterValue=false,ApplyMethod=immediate"
	}
	return c.atRoot("ALTER SYSTEM SET ADG_REDIRECT_DML = FALSE;")
}

// link returns the statement that lets a standby ask its primary for open transactions (CHAP_Source.Oracle, "Prerequisites for
// handling open transactions for Oracle Standby").
func (c fixes) link() string {
	return fmt.Sprintf("CREATE PUBLIC DATABASE LINK AWSDMS_DBLINK CONNECT TO %s IDENTIFIED BY password USING "+
		"'(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=host)(PORT=port))(CONNECT_DATA=(SERVICE_NAME=service)))';", c.grantee())
}

// profile returns the statements that give the user a profile of its own, without limits. A common user has a common profile, which is
// made in the root (SQL Language Reference, CREATE PROFILE).
func (c fixes) profile(limits ...string) string {
	profile := "DMS_UNLIMITED"
	statements := "CREATE PROFILE %[1]s LIMIT %[2]s UNLIMITED; ALTER USER %[3]s PROFILE %[1]s;"
	if strings.HasPrefix(c.user, "C##") {
		profile, statements = "C##DMS_UNLIMITED", "ALTER SESSION SET CONTAINER = CDB$ROOT; "+statements
	}
	return fmt.Sprintf(statements, profile, strings.Join(limits, " UNLIMITED "), c.grantee())
}

// allRows returns the statement that lets the user see rows that policies hide (Database Security Guide, Using Oracle Virtual
// Private Database to Control Data Access).
func (c fixes) allRows() string { return c.grantPrivilege(exemption) }

const exemption = "EXEMPT ACCESS POLICY"

// archivedRows returns the statement that lets the user see rows that In-Database Archiving hides (SQL Language Reference, CREATE
// TRIGGER and ALTER SESSION).
func (c fixes) archivedRows() string {
	return fmt.Sprintf("CREATE TRIGGER dms_archived_rows AFTER LOGON ON %s.SCHEMA BEGIN "+
		"EXECUTE IMMEDIATE 'ALTER SESSION SET ROW ARCHIVAL VISIBILITY = ALL'; END;", c.grantee())
}

func allColumns(t Table) string {
	return fmt.Sprintf("ALTER TABLE %s ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;", t.sql())
}

// restoreTable returns the statement that takes a dropped table out of the recycle bin.
func restoreTable(t Table) string {
	return fmt.Sprintf("FLASHBACK TABLE %s TO BEFORE DROP RENAME TO name;", t.sql())
}

// passwordFor returns the statement that gives a schema-only account a login.
func passwordFor(schema string) string {
	return "ALTER USER " + quote(schema) + " IDENTIFIED BY password;"
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

// basicFile returns the statement that stores a LOB as a BasicFile (SecureFiles and Large Objects Developer's Guide).
func basicFile(t Table, column string) string {
	return fmt.Sprintf("ALTER TABLE %s MOVE LOB (%s) STORE AS BASICFILE;", t.sql(), quote(column))
}

func gatherStatistics(t Table) string {
	return fmt.Sprintf(`EXEC DBMS_STATS.GATHER_TABLE_STATS('"%s"', '"%s"');`, t.Schema, t.Name)
}

// immediate returns the statement that makes Oracle check a constraint at the end of each statement again.
func immediate(t Table, constraint string) string {
	return fmt.Sprintf("ALTER TABLE %s MODIFY CONSTRAINT %s INITIALLY IMMEDIATE;", t.sql(), quote(constraint))
}

func notNull(t Table, columns []string) string {
	parts := make([]string, len(columns))
	for i, column := range columns {
		parts[i] = quote(column) + " NOT NULL"
	}
	return fmt.Sprintf("ALTER TABLE %s MODIFY (%s);", t.sql(), strings.Join(parts, ", "))
}

func logging(t Table) string { return fmt.Sprintf("ALTER TABLE %s LOGGING;", t.sql()) }

// withoutCompression returns the statement that stores an index-organized table without key compression.
func withoutCompression(t Table) string {
	return fmt.Sprintf("ALTER TABLE %s MOVE NOCOMPRESS;", t.sql())
}

// fileName matches the names of columns that the file takes, if they are not too long.
var fileName = regexp.MustCompile(`^\p{Lu}[\p{Lu}\p{Nd}_$]*$`)

// exclude returns the key that leaves columns of a table out. The file takes no name that is long, needs quotes or has #, and no column
// that its filters or ranges use. Then a view leaves the columns out, or another name.
func (c *checker) exclude(t Table, columns ...string) string {
	var long []string
	for _, name := range columns {
		if slices.Contains(t.RangeColumns, name) || slices.ContainsFunc(t.Filters, func(f Filter) bool { return f.Column == name }) {
			return fmt.Sprintf("remove %s from the table's filter and ranges, and exclude: [%s]", name, strings.Join(columns, ", "))
		}
		if len(name) > maxName || !fileName.MatchString(name) {
			long = append(long, name)
		}
	}
	switch {
	case len(long) == 0:
		return "exclude: [" + strings.Join(columns, ", ") + "]"
	case c.needs.CDC:
		var statements []string
		for _, name := range long {
			statements = append(statements, fmt.Sprintf("ALTER TABLE %s RENAME COLUMN %s TO name;", t.sql(), quote(name)))
		}
		return strings.Join(statements, " ")
	default:
		return throughView(t)
	}
}

// throughView returns the statement that makes a view with some of a table's columns, and how the file has it.
func throughView(t Table) string {
	return fmt.Sprintf("CREATE VIEW schema.name AS SELECT columns FROM %s; and in the file {table: SCHEMA.NAME, view: true}", t.sql())
}

// openTransactions is how a job that loads nothing starts early enough at a standby.
const openTransactions = "source: {openTransactionMinutes: NUMBER}, for the longest transaction of the primary; or startFrom: SCN, the " +
	"smallest START_SCN above 0 in GV$TRANSACTION of the primary"

const (
	useBinaryReader = "source: {capture: binary-reader}"
	toFullLoad      = "move it to a full-load job"
	removeTable     = "remove it from the list of tables"
	// The storage of a nested table is a table of its own.
	allowNestedTables = "source: {oracle: {extraConnectionAttributes: allowSelectNestedTables=true}}"
)

// withoutBinaryReader returns what to do with what Binary Reader does not read. LogMiner reads neither pluggable databases nor
// standbys.
func (c *checker) withoutBinaryReader() string {
	if c.known.cdb == "YES" || c.known.standby() {
		return toFullLoad
	}
	var without string
	if c.needs.RedoLog.ASM || c.needs.RedoLog.TDE {
		without = " without oracle.asm and oracle.tde"
	}
	return "source: {capture: logminer}" + without + ", or " + toFullLoad
}
