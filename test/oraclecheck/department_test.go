package oraclecheck_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/test/oracletest"
)

// department makes a schema of n tables with 20 columns each. Every tenth table has a LOB and every twentieth is large.
// The database has as many tables again in other schemas.
func department(t testing.TB, n int) (*oracletest.Database, []oracle.Table) {
	db := oracletest.Open(t, []string{"SALES"}, oracletest.File(t, "testdata/dictionary.sql"))
	var script strings.Builder
	script.WriteString("BEGIN;")
	var tables []oracle.Table
	for i := range 2 * n {
		name := fmt.Sprintf("T%05d", i)
		if i < n {
			tables = append(tables, oracle.Table{Schema: "SALES", Name: name, Parallel: true})
		}
		size := 65536
		if i%20 == 0 {
			size = 4 << 30
			fmt.Fprintf(&script, `CREATE TABLE SALES.%s (C00, C19);
				WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO SALES.%[1]s SELECT i, NULL FROM n;`, name)
		} else if i%10 == 0 {
			fmt.Fprintf(&script, "CREATE TABLE SALES.%s (C00, C19);", name)
		}
		fmt.Fprintf(&script, `INSERT INTO all_tables (owner, table_name, num_rows, avg_row_len) VALUES ('SALES', '%s', 1000, 100);
			INSERT INTO all_tab_privs (grantee, table_schema, table_name, privilege) VALUES ('DMS', 'SALES', '%[1]s', 'SELECT');
			INSERT INTO dba_segments (owner, segment_name, bytes) VALUES ('SALES', '%[1]s', %[2]d);
			INSERT INTO all_constraints (owner, table_name, constraint_name, constraint_type, index_owner, index_name)
				VALUES ('SALES', '%[1]s', 'PK_%[1]s', 'P', 'SALES', 'PK_%[1]s');
			INSERT INTO all_indexes (owner, index_name, table_owner, table_name, uniqueness)
				VALUES ('SALES', 'PK_%[1]s', 'SALES', '%[1]s', 'UNIQUE');
			INSERT INTO all_ind_columns (index_owner, index_name, table_owner, table_name, column_name, column_position)
				VALUES ('SALES', 'PK_%[1]s', 'SALES', '%[1]s', 'C00', 1);`, name, size)
		script.WriteString(`INSERT INTO all_tab_cols (owner, table_name, column_name, internal_column_id, data_type, data_precision, data_scale,
			nullable, num_distinct) VALUES`)
		for c := range 19 {
			fmt.Fprintf(&script, " ('SALES', '%s', 'C%02d', %[2]d, 'NUMBER', 10, 0, 'N', 5000),", name, c)
		}
		if i%10 == 0 {
			fmt.Fprintf(&script, ` ('SALES', '%s', 'C19', 19, 'CLOB', NULL, NULL, 'N', 5000);
				INSERT INTO all_lobs (owner, table_name, column_name) VALUES ('SALES', '%[1]s', 'C19');`, name)
		} else {
			fmt.Fprintf(&script, " ('SALES', '%s', 'C19', 19, 'NUMBER', 10, 0, 'N', 5000);", name)
		}
	}
	script.WriteString("COMMIT")
	db.Run(t, script.String())
	return db, tables
}
