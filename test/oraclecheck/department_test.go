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
		fmt.Fprintf(&script, `INSERT INTO all_tables VALUES ('SALES', '%s', 'N', NULL, NULL, 'NO', NULL, 'NO', NULL, 1000, 100);
			INSERT INTO all_tab_privs VALUES ('DMS', 'SALES', '%[1]s', 'SELECT');
			INSERT INTO dba_segments VALUES ('SALES', '%[1]s', 'TABLE', %[2]d);
			INSERT INTO all_constraints VALUES ('SALES', '%[1]s', 'PK_%[1]s', 'P', 'ENABLED', 'SALES', 'PK_%[1]s');
			INSERT INTO all_indexes VALUES ('SALES', 'PK_%[1]s', 'SALES', '%[1]s', 'UNIQUE', 'NORMAL', 'VALID');
			INSERT INTO all_ind_columns VALUES ('SALES', 'PK_%[1]s', 'SALES', '%[1]s', 'C00', 1);`, name, size)
		for c := range 20 {
			kind := "NUMBER"
			if c == 19 && i%10 == 0 {
				kind = "CLOB"
				fmt.Fprintf(&script, "INSERT INTO all_lobs VALUES ('SALES', '%s', 'C19', 'NO');", name)
			}
			fmt.Fprintf(&script, "INSERT INTO all_tab_cols VALUES ('SALES', '%s', 'C%02d', %d, '%s', NULL, 10, 0, 'N', 5000, 'NO', 'NO', 22);",
				name, c, c, kind)
		}
	}
	script.WriteString("COMMIT")
	db.Run(t, script.String())
	return db, tables
}
