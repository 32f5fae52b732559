package oraclecheck_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/oracle"
)

// A check of a job that follows changes says for how many tables the redo log has whole rows, and what adds the others.
func TestWholeRows(t *testing.T) {
	const (
		minimal = "ALTER SESSION SET CONTAINER = CDB$ROOT; ALTER DATABASE ADD SUPPLEMENTAL LOG DATA;"
		table   = `ALTER TABLE "SALES"."ORDERS" ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS;`
	)
	lacking := []string{"SALES.ORDERS"}
	for name, test := range map[string]struct {
		needs  oracle.Needs
		script string
		want   *oracle.WholeRows
	}{
		"all columns of the table": {following, ``, &oracle.WholeRows{Tables: 1}},
		"all columns of the database": {
			following, `DELETE FROM all_log_groups; UPDATE v$database SET supplemental_log_data_all = 'YES'`, &oracle.WholeRows{Tables: 1},
		},
		"only the key": {
			following, `UPDATE all_log_groups SET log_group_type = 'PRIMARY KEY LOGGING'`,
			&oracle.WholeRows{Tables: 1, Lacking: lacking, Statements: []string{table}},
		},
		"nothing": {
			following, `DELETE FROM all_log_groups; UPDATE v$database SET supplemental_log_data_min = 'NO'`,
			&oracle.WholeRows{Tables: 1, Lacking: lacking, Statements: []string{minimal, table}},
		},
		"all columns, and nothing in the database": {
			following, `UPDATE v$database SET supplemental_log_data_min = 'NO'`,
			&oracle.WholeRows{Tables: 1, Lacking: lacking, Statements: []string{minimal}},
		},
		"no table":    {following, `DELETE FROM all_tables`, nil},
		"a full load": {oracle.Needs{FullLoad: true}, ``, nil},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			if test.script != "" {
				db.Run(t, test.script)
			}
			if diff := cmp.Diff(test.want, oracle.Check(t.Context(), db, []oracle.Table{orders}, test.needs).WholeRows); diff != "" {
				t.Errorf("whole rows (-want +got):\n%s", diff)
			}
		})
	}
}

// A TIMESTAMP with more digits than the files of the lake is a note, and a warning if it is in the key of a followed table.
func TestTimestampsFinerThanTheLake(t *testing.T) {
	parquet, csv := following, following
	parquet.FractionDigits, csv.FractionDigits = 3, 6
	loading := oracle.Needs{FullLoad: true, FractionDigits: 3}
	const inKey = `INSERT INTO all_ind_columns (index_owner, index_name, table_owner, table_name, column_name, column_position)
		VALUES ('SALES', 'PK_ORDERS', 'SALES', 'ORDERS', 'EXTRA', 2)`
	for name, test := range map[string]struct {
		needs  oracle.Needs
		script string
		want   []string // SEVERITY ASSESSMENT COLUMN
	}{
		"finer than milliseconds":       {parquet, columnOf("TIMESTAMP(6)", "NULL"), []string{"note oralake-timestamp-digits EXTRA"}},
		"milliseconds":                  {parquet, columnOf("TIMESTAMP(3)", "NULL"), nil},
		"text":                          {parquet, columnOf("TIMESTAMP(6) WITH TIME ZONE", "NULL"), nil},
		"microseconds in CSV":           {csv, columnOf("TIMESTAMP(6)", "NULL"), nil},
		"finer than microseconds":       {csv, columnOf("TIMESTAMP(9)", "NULL"), []string{"note oralake-timestamp-digits EXTRA"}},
		"a format that is not known":    {following, columnOf("TIMESTAMP(6)", "NULL"), nil},
		"in the key":                    {parquet, columnOf("TIMESTAMP(6)", "NULL") + inKey, []string{"warning oralake-timestamp-key EXTRA", "note oralake-timestamp-digits EXTRA"}},
		"in the key, without following": {loading, columnOf("TIMESTAMP(6)", "NULL") + inKey, []string{"note oralake-timestamp-digits EXTRA"}},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			db.Run(t, test.script)
			var got []string
			for _, f := range oracle.Check(t.Context(), db, []oracle.Table{orders}, test.needs).Findings {
				got = append(got, string(f.Severity)+" "+f.Assessment+" "+f.Column)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
