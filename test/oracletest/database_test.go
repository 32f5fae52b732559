package oracletest

import (
	"strings"
	"testing"
)

// A statement may name only views and columns that package oracledictionary describes, with and without quotes.
func TestUndescribedNames(t *testing.T) {
	db := Open(t, []string{"SALES"})
	for statement, want := range map[string]string{
		"SELECT table_name FROM all_tables":                "",
		"SELECT engine FROM all_tables":                    "ORA-00904",
		`SELECT "ENGINE" FROM all_tables`:                  "ORA-00904",
		"SELECT 1 FROM all_tables WHERE engine = 'InnoDB'": "ORA-00904",
		"SELECT 1 FROM v$nothing":                          "ORA-00942",
		"SELECT thread# FROM v$thread":                     "",
	} {
		rows, err := db.QueryContext(t.Context(), statement)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", statement, err, want)
		}
		if err == nil {
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
