package oraclecheck_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/test/oracletest"
)

// department makes a schema of n tables with 20 columns each, of which the job has all, and of as many tables again, of which the job has
// none. Every tenth table has a LOB and every twentieth is large.
func department(t testing.TB, n int) (*oracletest.Database, []oracle.Table) {
	db := oracletest.Open(t, []string{"SALES"}, oracletest.File(t, "testdata/dictionary.sql"))
	tables := make([]oracle.Table, n)
	for i := range tables {
		tables[i] = oracle.Table{Schema: "SALES", Name: fmt.Sprintf("T%05d", i), Parallel: true}
	}
	made := func(every, columns, values string) string {
		return fmt.Sprintf(`WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d), t AS (SELECT i, PRINTF('T%%05d', i) AS name FROM n %s),
			c(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM c WHERE value < 19) INSERT INTO %s SELECT %s;`, 2*n-1, every, columns, values)
	}
	const all, tenth = "", "WHERE i % 10 = 0"
	var script strings.Builder
	script.WriteString("BEGIN;")
	for _, statement := range []string{
		made(all, "all_tables (owner, table_name, num_rows, avg_row_len)", "'SALES', name, 1000, 100 FROM t"),
		made(all, "all_tab_privs (grantee, table_schema, table_name, privilege)", "'DMS', 'SALES', name, 'SELECT' FROM t"),
		made(all, "dba_segments (owner, segment_name, bytes)", "'SALES', name, CASE i % 20 WHEN 0 THEN 4294967296 ELSE 65536 END FROM t"),
		made(all, "all_constraints (owner, table_name, constraint_name, constraint_type, index_owner, index_name)",
			"'SALES', name, 'PK_' || name, 'P', 'SALES', 'PK_' || name FROM t"),
		made(all, "all_indexes (owner, index_name, table_owner, table_name, uniqueness)", "'SALES', 'PK_' || name, 'SALES', name, 'UNIQUE' FROM t"),
		made(all, "all_ind_columns (index_owner, index_name, table_owner, table_name, column_name, column_position)",
			"'SALES', 'PK_' || name, 'SALES', name, 'C00', 1 FROM t"),
		made(all, "all_tab_cols (owner, table_name, column_name, internal_column_id, data_type, data_precision, data_scale, nullable, num_distinct)",
			`'SALES', name, PRINTF('C%02d', value), value, CASE WHEN value = 19 AND i % 10 = 0 THEN 'CLOB' ELSE 'NUMBER' END,
			CASE WHEN value < 19 OR i % 10 > 0 THEN 10 END, CASE WHEN value < 19 OR i % 10 > 0 THEN 0 END, 'N', 5000
			FROM t, c`),
		made(tenth, "all_lobs (owner, table_name, column_name)", "'SALES', name, 'C19' FROM t"),
	} {
		script.WriteString(statement)
	}
	for i := 0; i < n; i += 10 {
		fmt.Fprintf(&script, "CREATE TABLE SALES.%s (C00, C19);", tables[i].Name)
		if i%20 == 0 {
			fmt.Fprintf(&script, "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO SALES.%s (C00) SELECT i FROM n;", tables[i].Name)
		}
	}
	script.WriteString("COMMIT")
	db.Run(t, script.String())
	return db, tables
}
