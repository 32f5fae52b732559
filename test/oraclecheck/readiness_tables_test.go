package oraclecheck_test

import (
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
)

// The rows of the readiness table that concern tables and their columns.
func TestReadinessOfTables(t *testing.T) {
	long := strings.Repeat("A", 31)
	run(t, map[string]readiness{
		"no supplemental logging of the table": {
			needs: following, broken: `DELETE FROM all_log_groups`,
			want: oracle.Finding{
				Assessment: "oracle-validate-supplemental-logging-for-pk", Severity: oracle.Failed, Table: "SALES.ORDERS",
				Fix: `ALTER TABLE "SALES"."ORDERS" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`,
			},
		},
		"supplemental logging of the key only": {
			needs: following, broken: `UPDATE all_log_groups SET log_group_type = 'PRIMARY KEY LOGGING'`,
			want: oracle.Finding{
				Assessment: "oralake-supplemental-logging-for-s3", Severity: oracle.Failed, Table: "SALES.ORDERS",
				Fix: `ALTER TABLE "SALES"."ORDERS" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`,
			},
		},
		"partitioned table": {
			needs: following, broken: `UPDATE all_tables SET partitioned = 'YES'`,
			want: oracle.Finding{
				Assessment: "oralake-partition-ddl", Severity: oracle.Warning, Table: "SALES.ORDERS",
				Fix: "reload the table after each ADD, DROP, EXCHANGE or TRUNCATE PARTITION",
			},
		},
		"no key": {
			needs:  following,
			broken: `UPDATE all_constraints SET status = 'DISABLED'; DELETE FROM all_indexes; DELETE FROM all_log_groups`,
			want: oracle.Finding{
				Assessment: "oracle-validate-supplemental-logging-all-columns", Severity: oracle.Failed, Table: "SALES.ORDERS",
				Fix: `ALTER TABLE "SALES"."ORDERS" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`,
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
			"source: {oracle: {numberDatatypeScale: -2}}"),
		"excluded column that does not exist": namedTest(oracle.Table{Exclude: []string{"NOTES"}}, oracle.Finding{
			Assessment: "oralake-no-such-column", Column: "NOTES", Fix: "write one of its columns: ID, PLACED, NOTE",
		}),
		"filter on a column that does not exist": namedTest(
			oracle.Table{Filters: []oracle.Filter{{Column: "AT", Operator: "null"}}},
			oracle.Finding{
				Assessment: "oralake-no-such-column", Column: "AT", Fix: "write one of its columns: ID, PLACED, NOTE",
			}),
		"filter of a date by another value": namedTest(
			oracle.Table{Filters: []oracle.Filter{{Column: "PLACED", Operator: "gte", Value: "01.01.1996"}}},
			oracle.Finding{
				Assessment: "oralake-filter-value", Column: "PLACED", Fix: "write a date as 2024-12-31 or 2024-12-31 23:59:59",
			}),
		"filter of a number by a text": namedTest(
			oracle.Table{Filters: []oracle.Filter{{Column: "ID", Operator: "between", From: "1", To: "many"}}},
			oracle.Finding{Assessment: "oralake-filter-value", Column: "ID", Fix: "write a number, such as 12.5"}),
		"temporary table": {
			needs: oracle.Needs{FullLoad: true}, broken: `UPDATE all_tables SET temporary = 'Y'`,
			want: oracle.Finding{
				Assessment: "oracle-validate-global-temporary-tables", Severity: oracle.Failed, Table: "SALES.ORDERS",
				Fix: "remove it from the list of tables",
			},
		},
		"index-organized table with overflow": {
			needs: following,
			broken: `INSERT INTO all_tables (owner, table_name, iot_type, iot_name)
				VALUES ('SALES', 'SYS_IOT_OVER_1', 'IOT_OVERFLOW', 'ORDERS')`,
			want: oracle.Finding{
				Assessment: "oracle-validate-iot-overflow-segments", Severity: oracle.Failed, Table: "SALES.ORDERS",
				Fix: "move it to a full-load job",
			},
		},
		"nested table": {
			needs: oracle.Needs{FullLoad: true}, broken: `UPDATE all_tables SET nested = 'YES'`,
			want: oracle.Finding{
				Assessment: "oracle-validate-more-than-one-nesting-table-level", Severity: oracle.Warning, Table: "SALES.ORDERS",
				Fix: "source: {oracle: {extraConnectionAttributes: allowSelectNestedTables=true}}",
			},
		},
		"clustered table": {
			needs: following, broken: `UPDATE all_tables SET cluster_name = 'C'`,
			want: oracle.Finding{
				Assessment: "oralake-clustered-table", Severity: oracle.Failed, Table: "SALES.ORDERS",
				Fix: "move it to a full-load job",
			},
		},
		"hybrid columnar compression": {
			needs: following, broken: `UPDATE all_tables SET compress_for = 'QUERY LOW'`,
			want: oracle.Finding{
				Assessment: "oracle-check-binary-reader-hcc-full-load-and-cdc", Severity: oracle.Failed, Table: "SALES.ORDERS",
				Fix: "move it to a full-load job",
			},
		},
		"SecureFiles LOB": columnTest("oracle-validate-securefile-lobs",
			columnOf("CLOB", "NULL")+`INSERT INTO all_lobs (owner, table_name, column_name, securefile)
				VALUES ('SALES', 'ORDERS', 'EXTRA', 'YES')
				; ALTER TABLE SALES.ORDERS ADD COLUMN EXTRA`, `ALTER TABLE "SALES"."ORDERS" MOVE LOB ("EXTRA") STORE AS BASICFILE;`),
		"no table": {
			needs: oracle.Needs{FullLoad: true}, broken: `DELETE FROM all_tables`,
			want: oracle.Finding{
				Assessment: "all-check-source-selection-rules", Severity: oracle.Failed, Table: "SALES.ORDERS",
				Fix: `GRANT SELECT ON "SALES"."ORDERS" TO DMS;`,
			},
		},
		"long name": {
			needs: oracle.Needs{FullLoad: true}, broken: `UPDATE all_tables SET table_name = '` + long + `'; UPDATE all_tab_privs SET table_name = '` + long + `'`,
			tables: []oracle.Table{{Schema: "SALES", Name: long}},
			want: oracle.Finding{
				Assessment: "oracle-check-object-30-bytes-limit", Severity: oracle.Failed, Table: "SALES." + long,
				Fix: `CREATE VIEW schema.name AS SELECT * FROM "SALES"."` + long + `"; and in the file {table: SCHEMA.NAME, view: true}`,
			},
			text: "31 bytes",
		},
		"long column name": {
			needs: oracle.Needs{FullLoad: true}, broken: `UPDATE all_tab_cols SET column_name = '` + long + `' WHERE column_name = 'NOTE'`,
			want: oracle.Finding{
				Assessment: "oracle-check-object-30-bytes-limit", Severity: oracle.Failed, Table: "SALES.ORDERS", Column: long,
				Fix: `CREATE VIEW schema.name AS SELECT columns FROM "SALES"."ORDERS"; and in the file {table: SCHEMA.NAME, view: true}`,
			},
		},
		"apostrophe": {
			needs: oracle.Needs{FullLoad: true}, broken: `UPDATE all_tables SET table_name = 'O''S'; UPDATE all_tab_privs SET table_name = 'O''S'`,
			tables: []oracle.Table{{Schema: "SALES", Name: "O'S"}},
			want: oracle.Finding{
				Assessment: "oracle-validate-names-with-apostrophes", Severity: oracle.Failed, Table: "SALES.O'S",
				Fix: `CREATE VIEW schema.name AS SELECT * FROM "SALES"."O'S"; and in the file {table: SCHEMA.NAME, view: true}`,
			},
		},
		"a view in a full load": {
			needs: oracle.Needs{FullLoad: true}, broken: ordersIsView,
			want: oracle.Finding{Assessment: "oralake-view", Severity: oracle.Failed, Table: "SALES.ORDERS", Fix: "view: true"},
		},
		"a view in a job that follows changes": {
			needs: following, broken: ordersIsView,
			want: oracle.Finding{
				Assessment: "oralake-view", Severity: oracle.Failed, Table: "SALES.ORDERS",
				Fix: "list the tables of the view, or move it to a full-load job and add view: true",
			},
		},
		"a table that is listed as a view": {
			needs: oracle.Needs{FullLoad: true}, broken: `UPDATE dual SET dummy = 'X'`,
			tables: []oracle.Table{{Schema: "SALES", Name: "ORDERS", View: true}},
			want:   oracle.Finding{Assessment: "oralake-view", Severity: oracle.Failed, Table: "SALES.ORDERS", Fix: "remove view: true"},
		},
		"a column of a view": {
			needs: oracle.Needs{FullLoad: true}, broken: ordersIsView + columnOf("BFILE", "NULL"),
			tables: []oracle.Table{{Schema: "SALES", Name: "ORDERS", View: true}},
			want: oracle.Finding{
				Assessment: "unsupported-data-types-in-source", Severity: oracle.Warning, Table: "SALES.ORDERS", Column: "EXTRA",
				Fix: "exclude: [EXTRA]",
			},
		},
		"dropped table": {
			needs: oracle.Needs{FullLoad: true}, broken: `UPDATE all_tables SET table_name = 'BIN$1'; UPDATE all_tab_privs SET table_name = 'BIN$1'`,
			tables: []oracle.Table{{Schema: "SALES", Name: "BIN$1"}},
			want: oracle.Finding{
				Assessment: "oralake-recycled-table", Severity: oracle.Failed, Table: "SALES.BIN$1",
				Fix: `FLASHBACK TABLE "SALES"."BIN$1" TO BEFORE DROP RENAME TO name;`,
			},
		},
		"text index": {
			needs: oracle.Needs{FullLoad: true}, broken: `UPDATE all_tables SET table_name = 'DR$1'; UPDATE all_tab_privs SET table_name = 'DR$1'`,
			tables: []oracle.Table{{Schema: "SALES", Name: "DR$1"}},
			want: oracle.Finding{
				Assessment: "oralake-text-index-table", Severity: oracle.Failed, Table: "SALES.DR$1",
				Fix: "remove it from the list of tables",
			},
		},
	})
}

// ordersIsView makes SALES.ORDERS a view.
const ordersIsView = `DELETE FROM all_tables; INSERT INTO all_objects (owner, object_name, object_type) VALUES ('SALES', 'ORDERS', 'VIEW');`

func columnTest(assessment, broken, fix string) readiness {
	return readiness{needs: oracle.Needs{FullLoad: true}, broken: broken, want: oracle.Finding{
		Assessment: assessment, Severity: oracle.Warning, Table: "SALES.ORDERS", Column: "EXTRA", Fix: fix,
	}}
}

func unreadType(broken, text string) readiness {
	r := columnTest("unsupported-data-types-in-source", broken, "exclude: [EXTRA]")
	r.text = text
	return r
}

// namedTest tests a name in the department file, such as an excluded column or a filter, on SALES.ORDERS.
func namedTest(named oracle.Table, want oracle.Finding) readiness {
	named.Schema, named.Name = orders.Schema, orders.Name
	want.Severity, want.Table = oracle.Failed, orders.String()
	return readiness{needs: oracle.Needs{FullLoad: true}, tables: []oracle.Table{named}, want: want}
}

// Columns that the department file names and that exist cause no finding.
func TestNamedColumns(t *testing.T) {
	table := orders
	table.Exclude = []string{"NOTE"}
	table.Filters = []oracle.Filter{
		{Column: "ID", Operator: "between", From: "-1.5", To: "10"},
		{Column: "PLACED", Operator: "gte", Value: "2024-01-01"},
		{Column: "PLACED", Operator: "lte", Value: "2024-01-31 23:59:59"},
		{Column: "NOTE", Operator: "notnull"},
	}
	if got := oracle.Check(t.Context(), ready(t), []oracle.Table{table}, oracle.Needs{FullLoad: true}).Findings; len(got) > 0 {
		t.Errorf("findings %+v, want none", got)
	}
}
