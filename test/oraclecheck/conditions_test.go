package oraclecheck_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
)

// loading is what a full load needs.
var loading = oracle.Needs{FullLoad: true}

// condition is a condition of the DMS guide, with a database that has it and one that does not, although it looks similar.
type condition struct {
	needs         oracle.Needs
	table         oracle.Table // default: SALES.ORDERS
	fails, passes string
	want          []string // severity, assessment and fix of each finding of the first
	text          string   // part of the first text
}

// findings checks a database that a script has changed.
func findings(t *testing.T, script string, table oracle.Table, needs oracle.Needs) []oracle.Finding {
	t.Helper()
	db := ready(t)
	db.Run(t, script)
	if table.Name == "" {
		table.Schema, table.Name = orders.Schema, orders.Name
	}
	return oracle.Check(t.Context(), db, []oracle.Table{table}, needs).Findings
}

func checkConditions(t *testing.T, conditions map[string]condition) {
	for name, test := range conditions {
		t.Run(name, func(t *testing.T) {
			found := findings(t, test.fails, test.table, test.needs)
			var got []string
			for _, f := range found {
				got = append(got, string(f.Severity)+" "+f.Assessment+" "+f.Fix)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("findings %q, want %q", got, test.want)
			}
			if len(found) > 0 && !strings.Contains(found[0].Text, test.text) {
				t.Errorf("text %q, want it to contain %q", found[0].Text, test.text)
			}
			for _, f := range findings(t, test.passes, test.table, test.needs) {
				t.Errorf("finding %+v of a database that does not have the condition", f)
			}
		})
	}
}

func version(v string) string { return `UPDATE product_component_version SET version = '` + v + `';` }

func edition(of string) string {
	return `UPDATE product_component_version SET product = '` + of + `' WHERE product LIKE 'Oracle%';`
}

func parameter(name, value string) string {
	return `UPDATE v$parameter SET value = '` + value + `' WHERE name = '` + name + `';`
}

func limit(name, value string) string {
	return `UPDATE user_resource_limits SET "LIMIT" = '` + value + `' WHERE resource_name = '` + name + `';`
}

const (
	standby = `UPDATE v$database SET database_role = 'PHYSICAL STANDBY', open_mode = 'READ ONLY WITH APPLY';`
	nothing = `UPDATE dual SET dummy = 'X';`
)

// The conditions of the guide that concern the whole database.
func TestConditionsOfTheDatabase(t *testing.T) {
	profile := func(limits string) string {
		return "CREATE PROFILE DMS_UNLIMITED LIMIT " + limits + " UNLIMITED; ALTER USER DMS PROFILE DMS_UNLIMITED;"
	}
	checkConditions(t, map[string]condition{
		"a release after 19c": {
			needs: loading, fails: version("21.0.0.0.0"), passes: version("18.0.0.0.0"), text: "up to 19c, and not 21",
			want: []string{"warning oracle-validate-supported-versions-of-source "},
		},
		"an old release": {
			needs: loading, fails: version("10.2.0.5.0"), passes: version("11.2.0.4.0"), text: "older than the releases",
			want: []string{"warning oracle-validate-supported-versions-of-source "},
		},
		"an unknown release": {
			needs: loading, fails: `DELETE FROM product_component_version`, passes: version("12.1.0.2.0"), text: "is not known",
			want: []string{"warning oracle-validate-supported-versions-of-source "},
		},
		"the redo log of a later release": {
			needs: following, fails: parameter("compatible", "23.0.0"), passes: parameter("compatible", "12.2.0"),
			want: []string{"warning oracle-dms-compatibility-version-check "},
		},
		"Express Edition": {
			needs: following, fails: edition("Oracle Database 18c Express Edition "), passes: edition("Oracle Database 19c Standard Edition 2 "),
			want: []string{"failed oracle-check-cdc-support-express-edition move it to a full-load job"},
		},
		"Express Edition before 18c": {
			needs:  mining,
			fails:  notPluggable + version("18.0.0.0.0") + edition("Oracle Database 18c Express Edition "),
			passes: notPluggable + version("11.2.0.2.0") + edition("Oracle Database 11g Express Edition "),
			want:   []string{"failed oracle-check-cdc-support-express-edition move it to a full-load job"},
		},
		"Express Edition in a full load": {needs: loading, fails: edition("Oracle Database 18c Express Edition "), passes: nothing},
		"Autonomous Database": {
			needs: following, fails: `INSERT INTO all_users (username) VALUES ('C##CLOUD$SERVICE')`,
			passes: `INSERT INTO all_users (username) VALUES ('C##CLOUD')`, want: []string{"failed oralake-autonomous-database "},
		},
		"a full load of an Autonomous Database": {
			needs: loading, fails: `INSERT INTO all_users (username) VALUES ('C##CLOUD$SERVICE')`, passes: nothing,
			want: []string{"warning oralake-autonomous-database "},
		},
		"an application container": {
			needs: following, fails: `UPDATE v$containers SET application_pdb = 'YES'`, passes: version("12.1.0.2.0"),
			want: []string{"failed oracle-check-app-pdb move it to a full-load job"},
		},
		"an application root": {
			needs: following, fails: `UPDATE v$containers SET application_root = 'YES'`, passes: nothing,
			want: []string{"failed oracle-check-app-pdb move it to a full-load job"},
		},
		"a schema-only account": {
			needs: following, fails: `UPDATE dba_users SET authentication_type = 'NONE' WHERE username = 'SALES'`,
			passes: `UPDATE dba_users SET authentication_type = 'NONE' WHERE username = 'SYS'`, text: "SALES is a schema-only account",
			want: []string{`warning oracle-validate-schema-only-accounts ALTER USER "SALES" IDENTIFIED BY password;`},
		},
		"schema-only accounts that cannot be seen": {
			needs: following, fails: `DROP TABLE dba_users`, passes: version("12.2.0.1.0") + `DROP TABLE dba_users`,
			want: []string{"note oracle-validate-permissions-on-source GRANT SELECT ON SYS.DBA_USERS TO DMS;"},
		},
		"IDLE_TIME": {
			needs: following, fails: limit("IDLE_TIME", "60"), passes: limit("IDLE_TIME", "60") + parameter("resource_limit", "FALSE"),
			text: "is 60 minutes", want: []string{"warning oracle-check-idle-time " + profile("IDLE_TIME")},
		},
		"IDLE_TIME of the profile DEFAULT": {
			needs: loading, fails: limit("IDLE_TIME", "DEFAULT"), passes: nothing, text: "that of the profile DEFAULT",
			want: []string{"warning oracle-check-idle-time " + profile("IDLE_TIME")},
		},
		"IDLE_TIME of a common user": {
			needs: loading, fails: limit("IDLE_TIME", "60") + `UPDATE userenv SET value = 'C##DMS' WHERE name = 'SESSION_USER'`, passes: nothing,
			want: []string{"warning oracle-check-idle-time ALTER SESSION SET CONTAINER = CDB$ROOT; CREATE PROFILE C##DMS_UNLIMITED LIMIT IDLE_TIME " +
				"UNLIMITED; ALTER USER C##DMS PROFILE C##DMS_UNLIMITED;"},
		},
		"other limits of the profile": {
			needs: loading, fails: limit("CONNECT_TIME", "600") + limit("CPU_PER_CALL", "6000"), passes: limit("CONNECT_TIME", "UNLIMITED"),
			want: []string{"warning oralake-profile-limits " + profile("CPU_PER_CALL UNLIMITED CONNECT_TIME")},
		},
		"sessions of the profile": {
			needs: loading, fails: limit("SESSIONS_PER_USER", "10"), passes: nothing,
			want: []string{"note oralake-sessions-per-user " + profile("SESSIONS_PER_USER")},
		},
		"a cluster with LogMiner": {
			needs: mining, fails: notPluggable + `INSERT INTO v$thread (thread_no, enabled) VALUES (2, 'PUBLIC')`,
			passes: notPluggable + `INSERT INTO v$thread (thread_no, enabled) VALUES (2, 'DISABLED')`,
			want:   []string{"warning oracle-check-rac source: {capture: binary-reader}"},
		},
		"a standby without the link to its primary": {
			needs: following, fails: standby, passes: standby + primaryLink,
			want: []string{"warning oracle-validate-standby-dblink at the primary: CREATE PUBLIC DATABASE LINK AWSDMS_DBLINK CONNECT TO DMS " +
				"IDENTIFIED BY password USING '(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=host)(PORT=port))(CONNECT_DATA=(SERVICE_NAME=service)))';"},
		},
		"a standby that redirects changes": {
			needs: following, fails: standby + primaryLink + parameter("adg_redirect_dml", "TRUE"), passes: parameter("adg_redirect_dml", "TRUE"),
			want: []string{"failed oracle-validate-adg-redirect-dml ALTER SESSION SET CONTAINER = CDB$ROOT; ALTER SYSTEM SET ADG_REDIRECT_DML = FALSE;"},
		},
		"a snapshot standby": {
			needs: following, fails: `UPDATE v$database SET database_role = 'SNAPSHOT STANDBY';` + primaryLink, passes: nothing,
			want: []string{"failed oracle-check-physical-standby-with-apply write the host of the primary or of a physical standby into the secret"},
		},
		"redo logs on a raw device": {
			needs: following, fails: `UPDATE v$logfile SET member = '/dev/raw/raw7'`, passes: `UPDATE v$logfile SET member = '/device/redo.log'`,
			want: []string{"failed oralake-raw-device move it to a full-load job"},
		},
		"redo logs on a raw device without containers": {
			needs: oracle.Needs{FullLoad: true, CDC: true, Capture: oracle.BinaryReader, RedoLog: oracle.RedoLog{TDE: true}},
			fails: notPluggable + `UPDATE v$logfile SET member = '/dev/raw/raw7'`, passes: notPluggable,
			want: []string{"failed oralake-raw-device source: {capture: logminer} without oracle.asm and oracle.tde, or move it to a full-load job"},
		},
		"ASM on RDS": {
			needs: oracle.Needs{FullLoad: true, CDC: true, Capture: oracle.BinaryReader, RedoLog: oracle.RedoLog{ASM: true}},
			fails: onRDS, passes: nothing, want: []string{"failed oralake-asm remove source: {oracle: {asm}}"},
		},
		"encrypted columns on RDS": {
			needs: mining, fails: notPluggable + onRDS + `INSERT INTO all_encrypted_columns VALUES ('SALES', 'ORDERS', 'NOTE')`,
			passes: notPluggable + onRDS + `UPDATE dba_tablespaces SET encrypted = 'YES'`, want: []string{"warning oracle-check-tde-enabled "},
		},
		"logs in destination 0": {
			needs: following, fails: `UPDATE v$archived_log SET dest_id = 0`, passes: nothing,
			want: []string{"warning oracle-zero-archive-log-dest-id source: {oracle: {useZeroDestid: true}}"},
		},
		"logs in another destination than 0": {
			needs: oracle.Needs{FullLoad: true, CDC: true, Capture: oracle.BinaryReader, RedoLog: oracle.RedoLog{Destinations: []int{0}}},
			fails: nothing, passes: `UPDATE v$archived_log SET dest_id = 0`,
			want: []string{"failed oralake-archived-log-destination source: {oracle: {archivedLogDestId: 1}}, without useZeroDestid"},
		},
	})
}

// shown makes an object that is not in ALL_TABLES of SALES.ORDERS.
func shown(kind string) string {
	return `DELETE FROM all_tables; INSERT INTO all_objects (owner, object_name, object_type) VALUES ('SALES', 'ORDERS', '` + kind + `');`
}

// hidden adds a hidden column to SALES.ORDERS.
func hidden(name, kind, virtual string) string {
	return columnOf(kind, "NULL") + `UPDATE all_tab_cols SET column_name = '` + name + `', hidden_column = 'YES', virtual_column = '` + virtual +
		`' WHERE column_name = 'EXTRA';`
}

// The conditions of the guide that concern kinds of tables, and kinds of tables of which the guide says nothing.
func TestConditionsOfTables(t *testing.T) {
	const (
		view         = `CREATE VIEW schema.name AS SELECT columns FROM "SALES"."ORDERS"; and in the file {table: SCHEMA.NAME, view: true}`
		materialized = `INSERT INTO all_mviews (owner, mview_name) VALUES ('SALES', 'ORDERS');`
		external     = `INSERT INTO all_external_tables (owner, table_name) VALUES ('SALES', 'ORDERS');`
		policy       = `INSERT INTO all_policies (object_owner, object_name, policy_name) VALUES ('SALES', 'ORDERS', 'ONLY_MINE');`
		alone        = `INSERT INTO all_mviews (owner, mview_name) VALUES ('SALES', 'OTHER');`
	)
	iot := func(compression string) string {
		return `UPDATE all_tables SET iot_type = 'IOT'; UPDATE all_indexes SET index_type = 'IOT - TOP', compression = '` + compression + `';`
	}
	checkConditions(t, map[string]condition{
		"a hybrid partitioned table": {
			needs: following, fails: `UPDATE all_tables SET hybrid = 'YES'`, passes: version("18.0.0.0.0") + `UPDATE all_tables SET hybrid = 'YES'`,
			want: []string{"failed oracle-validate-hybrid-partitioned-tables move it to a full-load job, and load a view of it: " + view},
		},
		"a full load of a hybrid partitioned table": {
			needs: loading, fails: `UPDATE all_tables SET hybrid = 'YES';` + external, passes: nothing,
			want: []string{"failed oracle-validate-hybrid-partitioned-tables " + view},
		},
		"an external table": {
			needs: following, fails: external, passes: alone, want: []string{"failed oralake-external-table move it to a full-load job"},
		},
		"a full load of an external table": {
			needs: loading, fails: external, passes: alone, want: []string{"warning oralake-external-table " + view},
		},
		"the table of a queue": {
			needs: loading, fails: `INSERT INTO all_queue_tables (owner, queue_table) VALUES ('SALES', 'ORDERS')`, passes: alone,
			want: []string{"warning oralake-queue-table remove it from the list of tables"},
		},
		"an object table": {
			needs: loading, fails: shown("TABLE"), passes: nothing, want: []string{"failed oralake-object-table " + view},
		},
		"an object table with an index of its name": {
			needs: loading, fails: shown("INDEX") + `INSERT INTO all_objects (owner, object_name, object_type) VALUES ('SALES', 'ORDERS', 'TABLE')`,
			passes: nothing, want: []string{"failed oralake-object-table " + view},
		},
		"a synonym": {
			needs: loading, fails: shown("SYNONYM"), passes: nothing,
			want: []string{"failed all-check-source-selection-rules write the table or view for which it stands, as in ALL_SYNONYMS"},
		},
		"a sequence": {
			needs: loading, fails: shown("SEQUENCE"), passes: nothing,
			want: []string{"failed all-check-source-selection-rules remove it from the list of tables"},
		},
		"a materialized view": {
			needs: following, fails: materialized, passes: alone, want: []string{"warning oralake-materialized-view move it to a full-load job"},
		},
		"a full load of a materialized view": {needs: loading, fails: materialized + hidden("M_ROW$$", "VARCHAR2", "NO"), passes: nothing},
		"a materialized view with ROWID": {
			needs: following, fails: materialized + hidden("M_ROW$$", "VARCHAR2", "NO"), passes: hidden("SYS_NC00009$", "VARCHAR2", "NO"),
			want: []string{"failed oracle-validate-rowid-based-materialized-views move it to a full-load job"},
		},
		"temporal validity": {
			needs: following, fails: hidden("VALID_TIME", "NUMBER", "YES"), passes: hidden("SYS_NC00009$", "NUMBER", "YES"),
			want: []string{"warning oralake-temporal-validity move it to a full-load job"},
		},
		"a full load of a table with temporal validity": {needs: loading, fails: hidden("VALID_TIME", "NUMBER", "YES"), passes: nothing},
		"a blockchain table": {
			needs: following, fails: hidden("ORABCTAB_SEQ_NUM$", "NUMBER", "NO"), passes: nothing,
			want: []string{"warning oralake-blockchain-table move it to a full-load job"},
		},
		"a full load of a blockchain table": {needs: loading, fails: hidden("ORABCTAB_SEQ_NUM$", "NUMBER", "NO"), passes: nothing},
		"NOLOGGING": {
			needs: following, fails: `UPDATE all_tables SET logging = 'NO'`,
			passes: `UPDATE all_tables SET logging = 'NO'; UPDATE v$database SET force_logging = 'YES'`,
			want:   []string{`warning oralake-nologging ALTER TABLE "SALES"."ORDERS" LOGGING;`},
		},
		"a key that is compressed": {
			needs: following, fails: iot("ENABLED"), passes: iot("DISABLED"),
			want: []string{`failed oralake-compressed-key ALTER TABLE "SALES"."ORDERS" MOVE NOCOMPRESS; or move it to a full-load job`},
		},
		"a compressed index":                      {needs: following, fails: `UPDATE all_indexes SET compression = 'ADVANCED LOW'`, passes: nothing},
		"a key that is compressed, with LogMiner": {needs: mining, fails: notPluggable + iot("ENABLED"), passes: notPluggable},
		"a policy": {
			needs: loading, fails: policy, passes: policy + `INSERT INTO session_privs (privilege) VALUES ('EXEMPT ACCESS POLICY')`,
			text: "the policy ONLY_MINE may hide rows", want: []string{"warning oralake-row-policy GRANT EXEMPT ACCESS POLICY TO DMS;"},
		},
		"a policy that is off": {needs: loading, fails: policy + `UPDATE all_policies SET enable = 'NO'`, passes: nothing},
		"a deferred constraint": {
			needs: following, fails: `UPDATE all_constraints SET "DEFERRABLE" = 'DEFERRABLE', deferred = 'DEFERRED'`,
			passes: `UPDATE all_constraints SET "DEFERRABLE" = 'DEFERRABLE', deferred = 'DEFERRED', status = 'DISABLED', constraint_type = 'R'`,
			want:   []string{`warning oralake-deferred-constraint ALTER TABLE "SALES"."ORDERS" MODIFY CONSTRAINT "PK_ORDERS" INITIALLY IMMEDIATE;`},
		},
		"a constraint that can be deferred": {
			needs: following, fails: `INSERT INTO all_constraints (owner, table_name, constraint_name, constraint_type, "DEFERRABLE")
				VALUES ('SALES', 'ORDERS', 'FK_ORDERS', 'R', 'DEFERRABLE')`,
			passes: `INSERT INTO all_constraints (owner, table_name, constraint_name, constraint_type) VALUES ('SALES', 'ORDERS', 'FK_ORDERS', 'R')`,
			text:   "the constraints FK_ORDERS", want: []string{"note oralake-deferred-constraint "},
		},
		"a unique key that may be null": {
			needs: following, fails: `DELETE FROM all_constraints; UPDATE all_tab_cols SET nullable = 'Y'`, passes: `DELETE FROM all_constraints`,
			want: []string{`warning oralake-nullable-key ALTER TABLE "SALES"."ORDERS" MODIFY ("ID" NOT NULL);`},
		},
	})
}

// The conditions of the guide that concern columns, and what the department's file says of them.
func TestConditionsOfColumns(t *testing.T) {
	filtered := func(column string) oracle.Table {
		return oracle.Table{Schema: "SALES", Name: "ORDERS", Filters: []oracle.Filter{{Column: column, Operator: "notnull"}}}
	}
	added := oracle.Needs{FullLoad: true, AddedColumns: []string{"ORALAKE_TS", "Op"}}
	nested := oracle.Needs{FullLoad: true, NestedTables: true}
	named := func(name string) string {
		return columnOf("DATE", "NULL") + `UPDATE all_tab_cols SET column_name = '` + name + `' WHERE column_name = 'EXTRA'`
	}
	checkConditions(t, map[string]condition{
		"a column with the name of an added one": {
			needs: added, fails: named("OP"), passes: named("OPS"), want: []string{"failed oralake-added-column exclude: [OP]"},
		},
		"a LONG without a key": {
			needs: loading, fails: columnOf("LONG", "NULL") + `DELETE FROM all_constraints; DELETE FROM all_indexes`,
			passes: `DELETE FROM all_constraints; DELETE FROM all_indexes`,
			want: []string{
				"failed table-with-lob-but-without-primary-key-or-unique-constraint exclude: [EXTRA]",
				`warning oralake-long-column ALTER TABLE "SALES"."ORDERS" MODIFY ("EXTRA" CLOB);`,
			},
		},
		"a column that the file cannot exclude": {
			needs: loading, fails: columnOf("BFILE", "NULL") + `UPDATE all_tab_cols SET column_name = 'NO#' WHERE column_name = 'EXTRA'`, passes: nothing,
			want: []string{`warning unsupported-data-types-in-source CREATE VIEW schema.name AS SELECT columns FROM "SALES"."ORDERS"; and in the file ` +
				`{table: SCHEMA.NAME, view: true}`},
		},
		"a long name that changes": {
			needs: following, fails: `UPDATE all_tab_cols SET column_name = '` + strings.Repeat("A", 31) + `' WHERE column_name = 'NOTE'`, passes: nothing,
			want: []string{`failed oracle-check-object-30-bytes-limit ALTER TABLE "SALES"."ORDERS" RENAME COLUMN "` + strings.Repeat("A", 31) + `" TO name;`},
		},
		"a filter on a LOB": {
			needs: loading, table: filtered("NOTE"), fails: `UPDATE all_tab_cols SET data_type = 'CLOB' WHERE column_name = 'NOTE'`, passes: nothing,
			want: []string{"failed oralake-filter-on-lob filter by another column"},
		},
		"a filter on a virtual column": {
			needs: loading, table: filtered("NOTE"), fails: `UPDATE all_tab_cols SET virtual_column = 'YES' WHERE column_name = 'NOTE'`, passes: nothing,
			want: []string{
				"failed oralake-filter-on-absent-column filter by another column",
				"warning oracle-validate-virtual-columns remove NOTE from the table's filter and ranges, and exclude: [NOTE]",
			},
		},
		"a filter on a column that may change": {
			needs: following, table: filtered("PLACED"), fails: nothing,
			passes: `INSERT INTO all_ind_columns (index_owner, index_name, table_owner, table_name, column_name, column_position) VALUES
				('SALES', 'PK_ORDERS', 'SALES', 'ORDERS', 'PLACED', 2)`,
			want: []string{"warning oralake-filter-on-changing-column filter by a column of the key, or move it to a full-load job"},
		},
		"a filter of a date by a fraction of a second": {
			needs: loading, fails: nothing, passes: `UPDATE all_tab_cols SET data_type = 'VARCHAR2' WHERE column_name = 'PLACED'`,
			table: oracle.Table{Schema: "SALES", Name: "ORDERS", Filters: []oracle.Filter{{Column: "PLACED", Operator: "gte", Value: "2024-01-01 00:00:00.5"}}},
			want:  []string{"failed oralake-filter-value write a date as 2024-12-31 or 2024-12-31 23:59:59"},
		},
		"a filter of a timestamp by a fraction of a second": {
			needs: loading, fails: `UPDATE all_tab_cols SET data_type = 'TIMESTAMP(6)' WHERE column_name = 'PLACED'`,
			passes: `UPDATE all_tab_cols SET data_type = 'VARCHAR2' WHERE column_name = 'PLACED'`,
			table:  oracle.Table{Schema: "SALES", Name: "ORDERS", Filters: []oracle.Filter{{Column: "PLACED", Operator: "gte", Value: "2024-01-01 00:00:00.5"}}},
			want:   []string{"warning oralake-filter-value write a date as 2024-12-31 or 2024-12-31 23:59:59"},
		},
		"a full load with a filter": {needs: loading, table: filtered("PLACED"), fails: nothing, passes: nothing},
		"a column that is a nested table": {
			needs: nested, fails: columnOf("PHONES", "SALES"), passes: `UPDATE all_tables SET nested = 'YES'`,
			text: "if it is a nested table", want: []string{"note unsupported-data-types-in-source "},
		},
	})
}
