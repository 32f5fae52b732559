package oracle

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/internal/oracle/oracletest"
)

var orders = Table{Schema: "SALES", Name: "ORDERS"}

func ready(t testing.TB) *oracletest.Database {
	return oracletest.Open(t, []string{"SALES"},
		oracletest.File(t, "testdata/dictionary.sql"), oracletest.File(t, "testdata/orders.sql"))
}

// following is what a job needs that follows changes of a pluggable database.
var following = Needs{FullLoad: true, CDC: true, Capture: BinaryReader}

// mining is the same with LogMiner, for which the database must not be pluggable.
var mining = Needs{FullLoad: true, CDC: true, Capture: LogMiner}

const notPluggable = `UPDATE v$database SET cdb = 'NO'; UPDATE userenv SET value = 'ORCL' WHERE name = 'CON_NAME';`

// columnOf adds a column to SALES.ORDERS.
func columnOf(kind, owner string) string {
	if owner != "NULL" {
		owner = "'" + owner + "'"
	}
	return `INSERT INTO all_tab_cols VALUES ('SALES', 'ORDERS', 'EXTRA', 9, '` + kind + `', ` + owner +
		`, NULL, NULL, 'Y', 1, 'NO', 'NO');`
}

func TestReadyDatabase(t *testing.T) {
	for name, needs := range map[string]Needs{
		"full load": {FullLoad: true}, "binary reader": following, "logminer": mining,
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			if needs.Capture == LogMiner {
				db.Run(t, notPluggable)
			}
			report := Check(t.Context(), db, []Table{orders}, needs)
			if diff := cmp.Diff([]Finding{}, report.Findings); diff != "" {
				t.Errorf("findings of a database that is ready (-want +got):\n%s", diff)
			}
			if !report.Ready() {
				t.Error("not ready")
			}
		})
	}
}

// Each row of the readiness table: what makes a ready database unready, and the one finding that comes of it.
func TestReadiness(t *testing.T) {
	long := strings.Repeat("A", 31)
	for name, test := range map[string]readiness{
		"not archiving": {
			needs: following, broken: `UPDATE v$database SET log_mode = 'NOARCHIVELOG'`,
			want: Finding{
				Assessment: "oracle-check-archivelog-mode", Severity: Failed,
				Cure: "SHUTDOWN IMMEDIATE; STARTUP MOUNT; ALTER DATABASE ARCHIVELOG; ALTER DATABASE OPEN;",
			},
			text: "NOARCHIVELOG",
		},
		"not archiving on RDS": {
			needs: following, before: `INSERT INTO all_users VALUES ('RDSADMIN')`,
			broken: `UPDATE v$database SET log_mode = 'NOARCHIVELOG'`,
			want: Finding{
				Assessment: "oracle-check-archivelog-mode", Severity: Failed,
				Cure: "aws rds modify-db-instance --db-instance-identifier NAME --backup-retention-period 1 --apply-immediately",
			},
		},
		"no supplemental logging": {
			needs: following, broken: `UPDATE v$database SET supplemental_log_data_min = 'NO'`,
			want: Finding{
				Assessment: "oracle-supplemental-db-level", Severity: Failed, Cure: "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;",
			},
		},
		"no supplemental logging on RDS": {
			needs: following, before: `INSERT INTO all_users VALUES ('RDSADMIN')`,
			broken: `UPDATE v$database SET supplemental_log_data_min = 'NO'`,
			want: Finding{
				Assessment: "oracle-supplemental-db-level", Severity: Failed,
				Cure: "exec rdsadmin.rdsadmin_util.alter_supplemental_logging('ADD');",
			},
		},
		"root of a container database": {
			needs: following, broken: `UPDATE userenv SET value = 'CDB$ROOT' WHERE name = 'CON_NAME'`,
			want: Finding{
				Assessment: "oracle-validate-cdb", Severity: Failed,
				Cure: "source: {database: NAME}, the service name of the pluggable database that has the tables",
			},
		},
		"pluggable database with LogMiner": {
			needs: mining, before: notPluggable,
			broken: `UPDATE v$database SET cdb = 'YES'`,
			want: Finding{
				Assessment: "oracle-check-pdb-enabled", Severity: Failed, Cure: "source: {capture: binary-reader}",
			},
		},
		"standby with LogMiner": {
			needs: mining, before: notPluggable,
			broken: `UPDATE v$database SET database_role = 'PHYSICAL STANDBY', open_mode = 'READ ONLY WITH APPLY'`,
			want: Finding{
				Assessment: "oracle-check-standby-db", Severity: Failed, Cure: "source: {capture: binary-reader}",
			},
		},
		"standby that does not apply": {
			needs:  following,
			broken: `UPDATE v$database SET database_role = 'PHYSICAL STANDBY', open_mode = 'READ ONLY'`,
			want: Finding{
				Assessment: "oracle-check-physical-standby-with-apply", Severity: Failed,
				Cure: "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE DISCONNECT FROM SESSION;",
			},
		},
		"archived logs kept an hour": {
			needs: following, broken: `DELETE FROM v$archived_log WHERE first_time < JULIANDAY('now', '-1 days')`,
			want: Finding{
				Assessment: "oracle-check-archivelog-retention-rds", Severity: Warning,
				Cure: "in the job that deletes archived logs: RMAN> DELETE ARCHIVELOG ALL COMPLETED BEFORE 'SYSDATE-1';",
			},
			text: "2.0 hours old",
		},
		"no archived logs on RDS": {
			needs: following, before: `INSERT INTO all_users VALUES ('RDSADMIN')`,
			broken: `UPDATE v$archived_log SET deleted = 'YES'`,
			want: Finding{
				Assessment: "oracle-check-archivelog-retention-rds", Severity: Warning,
				Cure: "exec rdsadmin.rdsadmin_util.set_configuration('archivelog retention hours',24); commit;",
			},
		},
		"no supplemental logging of the table": {
			needs: following, broken: `DELETE FROM all_log_groups`,
			want: Finding{
				Assessment: "oracle-validate-supplemental-logging-for-pk", Severity: Failed, Table: "SALES.ORDERS",
				Cure: `ALTER TABLE "SALES"."ORDERS" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`,
			},
		},
		"supplemental logging of the key only": {
			needs: following, broken: `UPDATE all_log_groups SET log_group_type = 'PRIMARY KEY LOGGING'`,
			want: Finding{
				Assessment: "oralake-supplemental-logging-for-s3", Severity: Failed, Table: "SALES.ORDERS",
				Cure: `ALTER TABLE "SALES"."ORDERS" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`,
			},
		},
		"no key": {
			needs:  following,
			broken: `UPDATE all_constraints SET status = 'DISABLED'; DELETE FROM all_indexes; DELETE FROM all_log_groups`,
			want: Finding{
				Assessment: "oracle-validate-supplemental-logging-all-columns", Severity: Failed, Table: "SALES.ORDERS",
				Cure: `ALTER TABLE "SALES"."ORDERS" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`,
			},
		},
		"BFILE":        unreadType(columnOf("BFILE", "NULL"), "BFILE"),
		"ROWID":        unreadType(columnOf("ROWID", "NULL"), "ROWID"),
		"UROWID":       unreadType(columnOf("UROWID", "NULL"), "UROWID"),
		"REF":          unreadType(columnOf("REF", "SALES"), "REF"),
		"ANYDATA":      unreadType(columnOf("ANYDATA", "SYS"), "ANYDATA"),
		"object type":  unreadType(columnOf("ADDRESS", "SALES"), "SALES.ADDRESS"),
		"VARRAY":       unreadType(columnOf("PHONES", "SALES"), "VARRAY"),
		"spatial type": columnTest("oracle-check-spatial-columns", columnOf("SDO_GEOMETRY", "MDSYS"), "exclude: [EXTRA]"),
		"virtual column": columnTest("oracle-validate-virtual-columns",
			columnOf("NUMBER", "NULL")+`UPDATE all_tab_cols SET virtual_column = 'YES' WHERE column_name = 'EXTRA'`,
			"exclude: [EXTRA]"),
		"invisible column": columnTest("oracle-validate-invisible-columns",
			columnOf("DATE", "NULL")+`UPDATE all_tab_cols SET hidden_column = 'YES' WHERE column_name = 'EXTRA'`,
			`ALTER TABLE "SALES"."ORDERS" MODIFY ("EXTRA" VISIBLE);`),
		"NUMBER without scale": columnTest("oracle-number-columns-without-scale", columnOf("NUMBER", "NULL"),
			"NumberDatatypeScale=-2 of the source endpoint, which keeps every digit, as text"),
		"temporary table": {
			needs: Needs{FullLoad: true}, broken: `UPDATE all_tables SET temporary = 'Y'`,
			want: Finding{
				Assessment: "oracle-validate-global-temporary-tables", Severity: Failed, Table: "SALES.ORDERS",
				Cure: "remove it from the list of tables",
			},
		},
		"index-organized table with overflow": {
			needs: following,
			broken: `INSERT INTO all_tables VALUES ('SALES', 'SYS_IOT_OVER_1', 'N', 'IOT_OVERFLOW', 'ORDERS', 'NO', NULL, 'NO',
				NULL, NULL, NULL)`,
			want: Finding{
				Assessment: "oracle-validate-iot-overflow-segments", Severity: Failed, Table: "SALES.ORDERS",
				Cure: "move it to a full-load job",
			},
		},
		"nested table": {
			needs: Needs{FullLoad: true}, broken: `UPDATE all_tables SET nested = 'YES'`,
			want: Finding{
				Assessment: "oracle-validate-more-than-one-nesting-table-level", Severity: Warning, Table: "SALES.ORDERS",
				Cure: "name the table that has the nested one as a column",
			},
		},
		"clustered table": {
			needs: following, broken: `UPDATE all_tables SET cluster_name = 'C'`,
			want: Finding{
				Assessment: "oralake-clustered-table", Severity: Failed, Table: "SALES.ORDERS",
				Cure: "source: {capture: logminer}, or move it to a full-load job",
			},
		},
		"hybrid columnar compression": {
			needs: following, broken: `UPDATE all_tables SET compress_for = 'QUERY LOW'`,
			want: Finding{
				Assessment: "oracle-check-binary-reader-hcc-full-load-and-cdc", Severity: Failed, Table: "SALES.ORDERS",
				Cure: "source: {capture: logminer}, or move it to a full-load job",
			},
		},
		"SecureFiles LOB": columnTest("oracle-validate-securefile-lobs",
			columnOf("CLOB", "NULL")+`INSERT INTO all_lobs VALUES ('SALES', 'ORDERS', 'EXTRA', 'YES')
				; ALTER TABLE SALES.ORDERS ADD COLUMN EXTRA`, "exclude: [EXTRA]"),
		"no table": {
			needs: Needs{FullLoad: true}, broken: `DELETE FROM all_tables`,
			want: Finding{
				Assessment: "all-check-source-selection-rules", Severity: Failed, Table: "SALES.ORDERS",
				Cure: `GRANT SELECT ON "SALES"."ORDERS" TO DMS;`,
			},
		},
		"long name": {
			needs: Needs{FullLoad: true}, broken: `UPDATE all_tables SET table_name = '` + long + `'`,
			tables: []Table{{Schema: "SALES", Name: long}},
			want: Finding{
				Assessment: "oracle-check-object-30-bytes-limit", Severity: Failed, Table: "SALES." + long,
				Cure: "load it from a view or a synonym with a shorter name",
			},
			text: "31 bytes",
		},
		"long column name": {
			needs: Needs{FullLoad: true}, broken: `UPDATE all_tab_cols SET column_name = '` + long + `' WHERE column_name = 'NOTE'`,
			want: Finding{
				Assessment: "oracle-check-object-30-bytes-limit", Severity: Failed, Table: "SALES.ORDERS", Column: long,
				Cure: "exclude: [" + long + "]",
			},
		},
		"apostrophe": {
			needs: Needs{FullLoad: true}, broken: `UPDATE all_tables SET table_name = 'O''S'`,
			tables: []Table{{Schema: "SALES", Name: "O'S"}},
			want: Finding{
				Assessment: "oracle-validate-names-with-apostrophes", Severity: Failed, Table: "SALES.O'S",
				Cure: `ALTER TABLE "SALES"."O'S" RENAME TO name;`,
			},
		},
		"dropped table": {
			needs: Needs{FullLoad: true}, broken: `UPDATE all_tables SET table_name = 'BIN$1'`,
			tables: []Table{{Schema: "SALES", Name: "BIN$1"}},
			want: Finding{
				Assessment: "oralake-recycled-table", Severity: Failed, Table: "SALES.BIN$1",
				Cure: `FLASHBACK TABLE "SALES"."BIN$1" TO BEFORE DROP RENAME TO name;`,
			},
		},
		"text index": {
			needs: Needs{FullLoad: true}, broken: `UPDATE all_tables SET table_name = 'DR$1'`,
			tables: []Table{{Schema: "SALES", Name: "DR$1"}},
			want: Finding{
				Assessment: "oralake-text-index-table", Severity: Failed, Table: "SALES.DR$1",
				Cure: "remove it from the list of tables",
			},
		},
		"view not granted": {
			needs: following, broken: `DELETE FROM all_objects WHERE object_name = 'V_$LOGFILE'`,
			want: Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: Failed,
				Cure: "GRANT SELECT ON SYS.V_$LOGFILE TO DMS;",
			},
		},
		"view not granted on RDS": {
			needs: Needs{FullLoad: true}, before: `INSERT INTO all_users VALUES ('RDSADMIN')`,
			broken: `DELETE FROM all_objects WHERE object_name = 'OBJ$'`,
			want: Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: Warning,
				Cure: "exec rdsadmin.rdsadmin_util.grant_sys_object('OBJ$', 'DMS', 'SELECT');",
			},
		},
		"package not granted": {
			needs: mining, before: notPluggable, broken: `DELETE FROM all_objects WHERE object_name = 'DBMS_LOGMNR'`,
			want: Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: Failed,
				Cure: "GRANT EXECUTE ON SYS.DBMS_LOGMNR TO DMS;",
			},
		},
		"no LOGMINING": {
			needs: mining, before: notPluggable, broken: `DELETE FROM session_privs WHERE privilege = 'LOGMINING'`,
			want: Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: Failed, Cure: "GRANT LOGMINING TO DMS;",
			},
		},
		"no SELECT ANY TRANSACTION": {
			needs: following, broken: `DELETE FROM session_privs WHERE privilege = 'SELECT ANY TRANSACTION'`,
			want: Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: Failed,
				Cure: "GRANT SELECT ANY TRANSACTION TO DMS;",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			if test.before != "" {
				db.Run(t, test.before)
			}
			tables := test.tables
			if tables == nil {
				tables = []Table{orders}
				for _, f := range Check(t.Context(), db, tables, test.needs).Findings {
					t.Errorf("found before anything was wrong: %+v", f)
				}
			}
			db.Run(t, test.broken)
			report := Check(t.Context(), db, tables, test.needs)
			diff := cmp.Diff([]Finding{test.want}, report.Findings, cmpopts.IgnoreFields(Finding{}, "Text"))
			if diff != "" {
				t.Fatalf("findings (-want +got):\n%s\n%+v", diff, report.Findings)
			}
			if got := report.Findings[0].Text; got == "" || !strings.Contains(got, test.text) {
				t.Errorf("text %q, want it to contain %q", got, test.text)
			}
		})
	}
}

// readiness is a row of the readiness table.
type readiness struct {
	needs  Needs
	before string // makes the database ready for needs
	broken string
	tables []Table // default: SALES.ORDERS
	want   Finding // without its text
	text   string  // part of its text
}

func columnTest(assessment, broken, cure string) readiness {
	return readiness{needs: Needs{FullLoad: true}, broken: broken, want: Finding{
		Assessment: assessment, Severity: Warning, Table: "SALES.ORDERS", Column: "EXTRA", Cure: cure,
	}}
}

func unreadType(broken, text string) readiness {
	r := columnTest("unsupported-data-types-in-source", broken, "exclude: [EXTRA]")
	r.text = text
	return r
}

// A column that stays behind is not found fault with.
func TestExcludedColumn(t *testing.T) {
	db := ready(t)
	db.Run(t, columnOf("BFILE", "NULL"))
	table := orders
	table.Exclude = []string{"EXTRA"}
	if got := Check(t.Context(), db, []Table{table}, following).Findings; len(got) > 0 {
		t.Errorf("findings %+v, want none", got)
	}
}

// Changes of LOBs are another matter than LOBs.
func TestLOBsThatChange(t *testing.T) {
	for capture, want := range map[string]string{
		LogMiner: "oracle-binary-lob-source-validation", BinaryReader: "oracle-validate-lob-to-streaming-target",
	} {
		db := ready(t)
		db.Run(t, notPluggable+columnOf("CLOB", "NULL")+
			`INSERT INTO all_lobs VALUES ('SALES', 'ORDERS', 'EXTRA', 'NO'); ALTER TABLE SALES.ORDERS ADD COLUMN EXTRA`)
		needs := following
		needs.Capture = capture
		got := Check(t.Context(), db, []Table{orders}, needs).Findings
		if len(got) != 1 || got[0].Assessment != want {
			t.Errorf("%s: findings %+v, want %s", capture, got, want)
		}
	}
}

// Where a view can be read, it does not matter what ALL_OBJECTS says.
func TestReadableViewIsNotMissed(t *testing.T) {
	db := ready(t)
	db.Run(t, `DELETE FROM all_objects WHERE object_name IN ('V_$THREAD', 'V_$LOG')`)
	if got := Check(t.Context(), db, []Table{orders}, following).Findings; len(got) > 0 {
		t.Errorf("findings %+v, want none", got)
	}
}

// A right to the whole dictionary needs no single ones.
func TestWholeDictionary(t *testing.T) {
	db := ready(t)
	db.Run(t, `DELETE FROM all_objects; INSERT INTO session_privs VALUES ('SELECT ANY DICTIONARY');
		INSERT INTO session_roles VALUES ('EXECUTE_CATALOG_ROLE')`+";"+notPluggable)
	if got := Check(t.Context(), db, []Table{orders}, mining).Findings; len(got) > 0 {
		t.Errorf("findings %+v, want none", got)
	}
}

// Oracle 11g has no containers, and says so with errors.
func TestBeforeContainers(t *testing.T) {
	db := ready(t)
	db.FailWith("CON_NAME", errors.New("ORA-02003: invalid USERENV parameter"))
	db.FailWith("cdb,", errors.New(`ORA-00904: "CDB": invalid identifier`))
	db.Run(t, `DELETE FROM session_privs WHERE privilege = 'LOGMINING'; DELETE FROM all_objects WHERE object_name = 'V_$CONTAINERS'`)
	report := Check(t.Context(), db, []Table{orders}, mining)
	if len(report.Findings) > 0 {
		t.Errorf("findings %+v, want none", report.Findings)
	}
	if report.Queries > 15 {
		t.Errorf("%d queries, want at most 15", report.Queries)
	}
}

// The SCN from which CDC must read is that of the oldest open transaction.
func TestStartSCN(t *testing.T) {
	db := ready(t)
	got := Check(t.Context(), db, []Table{orders}, following).Database
	if got.SCN != 5000 || got.StartSCN != 5000 {
		t.Errorf("SCN %d, start %d; want 5000 for both: no transaction is open", got.SCN, got.StartSCN)
	}
	db.Run(t, `INSERT INTO gv$transaction VALUES (4711), (4800)`)
	if got := Check(t.Context(), db, []Table{orders}, following).Database; got.StartSCN != 4711 {
		t.Errorf("start %d, want 4711", got.StartSCN)
	}
}

// What cannot be asked is a finding, in words.
func TestUnaskable(t *testing.T) {
	for name, test := range map[string]struct {
		statement string
		err       error
		want      Finding
		text      string
	}{
		"wrong password": {
			"dual", errors.New("ORA-01017: invalid username/password; logon denied\nHelp: https://docs.oracle.com/error-help/"),
			Finding{
				Assessment: "oralake-connection", Severity: Failed,
				Cure: "write the right username and password into the secret",
			},
			"Oracle refuses the user or the password: ORA-01017: invalid username/password; logon denied",
		},
		"locked": {
			"dual", errors.New("ORA-28000: The account is locked."),
			Finding{Assessment: "oralake-connection", Severity: Failed, Cure: "ALTER USER name ACCOUNT UNLOCK"},
			"locked",
		},
		"wrong service": {
			"dual", errors.New("ORA-12514: TNS:listener does not currently know of service"),
			Finding{
				Assessment: "oralake-connection", Severity: Failed,
				Cure: "write the service name that `lsnrctl services` shows: source: {database: NAME}",
			},
			"no service of this name",
		},
		"unreachable": {
			"dual", errors.New("dial tcp 10.0.0.1:1521: connect: connection refused"),
			Finding{
				Assessment: "oralake-connection", Severity: Failed,
				Cure: "let the security group of the function reach the database's port, the database's firewall and listener " +
					"answer it, and host and port of the secret be right",
			},
			"cannot be reached",
		},
		"something else": {
			"dual", errors.New("ORA-00600: internal error code"),
			Finding{Assessment: "oralake-connection", Severity: Failed},
			"ORA-00600",
		},
		"no privilege on a view": {
			"FROM v$database", errors.New("ORA-00942: table or view does not exist"),
			Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: Warning,
				Cure: "GRANT SELECT ON SYS.V_$DATABASE TO DMS;",
			},
			"not known: archive log mode",
		},
		"no privilege on archived logs": {
			"v$archived_log", errors.New("ORA-01031: insufficient privileges"),
			Finding{
				Assessment: "oracle-validate-permissions-on-source", Severity: Warning,
				Cure: "GRANT SELECT ON SYS.V_$ARCHIVED_LOG TO DMS;",
			},
			"how long archived redo logs are kept",
		},
		"dictionary view fails": {
			"all_tables", errors.New("ORA-01652: unable to extend temp segment"),
			Finding{Assessment: "oralake-not-checked", Severity: Warning},
			"whether the tables are there: ORA-01652",
		},
		"log groups fail": {
			"all_log_groups WHERE", errors.New("ORA-03113: end-of-file on communication channel"),
			Finding{Assessment: "oralake-not-checked", Severity: Warning},
			"supplemental logging of the tables",
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			db.FailWith(test.statement, test.err)
			got := Check(t.Context(), db, []Table{orders}, following).Findings
			if diff := cmp.Diff([]Finding{test.want}, got, cmpopts.IgnoreFields(Finding{}, "Text")); diff != "" {
				t.Fatalf("findings (-want +got):\n%s\n%+v", diff, got)
			}
			if !strings.Contains(got[0].Text, test.text) {
				t.Errorf("text %q, want it to contain %q", got[0].Text, test.text)
			}
			if strings.Contains(got[0].Text, "\n") {
				t.Errorf("text of several lines: %q", got[0].Text)
			}
		})
	}
}

// A driver's own words come first.
func TestExplain(t *testing.T) {
	db := ready(t)
	db.FailWith("dual", errors.New("DPI-1047: no client"))
	needs := following
	needs.Explain = func(error) (string, string, bool) { return "there is no client library", "make the layer", true }
	got := Check(t.Context(), db, []Table{orders}, needs).Findings
	want := []Finding{{
		Assessment: "oralake-connection", Severity: Failed, Cure: "make the layer",
		Text: "there is no client library: DPI-1047: no client",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestSlowQueryIsGivenUp(t *testing.T) {
	db := ready(t)
	db.Stall("all_indexes")
	needs := following
	needs.QueryTime = 50 * time.Millisecond
	got := Check(t.Context(), db, []Table{orders}, needs).Findings
	if len(got) != 1 || got[0].Assessment != "oralake-not-checked" || !strings.Contains(got[0].Text, "longer than 50ms") {
		t.Errorf("findings %+v, want one: the indexes are not known", got)
	}
}

func TestDatabaseThatDoesNotAnswer(t *testing.T) {
	db := ready(t)
	db.Stall("dual")
	needs := following
	needs.QueryTime = 50 * time.Millisecond
	report := Check(t.Context(), db, []Table{orders}, needs)
	if len(report.Findings) != 1 || !strings.Contains(report.Findings[0].Text, "does not answer in time") {
		t.Errorf("findings %+v, want that it does not answer", report.Findings)
	}
	if report.Queries != 1 {
		t.Errorf("%d queries, want 1", report.Queries)
	}
}

func TestCatalogueReads(t *testing.T) {
	for _, q := range catalogue {
		text := strings.ToUpper(q.text)
		if text != "{TABLES}" && !strings.HasPrefix(text, "SELECT ") {
			t.Errorf("%s does not begin with SELECT", q.name)
		}
		for _, word := range []string{"FOR UPDATE", "INSERT ", "DELETE ", "ALTER ", ";"} {
			if strings.Contains(text, word) {
				t.Errorf("%s contains %s", q.name, word)
			}
		}
		if strings.Contains(q.text, "{where}") != (q.owner != "" && q.table != "") {
			t.Errorf("%s: its condition and its columns do not belong together", q.name)
		}
		if q.loses == "" {
			t.Errorf("%s does not say what is lost with it", q.name)
		}
	}
}
