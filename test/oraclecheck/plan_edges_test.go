package oraclecheck_test

import (
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/test/oracledictionary"
)

// The row count of a table that was never analyzed is not known. If its segments show that it is large, its keys are
// sampled and not all read.
func TestLargeTableWithoutStatistics(t *testing.T) {
	for name, rows := range map[string]string{"never analyzed": "NULL", "analyzed while empty": "0"} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			fillOrders(t, db)
			db.Run(t, `UPDATE all_tables SET avg_row_len = NULL, num_rows = `+rows+`; UPDATE dba_segments SET bytes = 600000000000`)
			got, _ := planOf(t, db, oracle.Planning{})
			last := db.Statements()[len(db.Statements())-1]
			if !got.Sampled || !strings.Contains(last, "SAMPLE BLOCK") {
				t.Errorf("plan %+v, want a sample of a table of 600 GB; statement %s", got, last)
			}
		})
	}
}

// A column that DMS does not load cannot split a table.
func TestKeysThatAreNotLoaded(t *testing.T) {
	for name, test := range map[string]struct{ change, why string }{
		"hidden":   {`UPDATE all_tab_cols SET hidden_column = 'YES' WHERE column_name = 'ID'`, "ID is invisible"},
		"virtual":  {`UPDATE all_tab_cols SET virtual_column = 'YES' WHERE column_name = 'ID'`, "ID is virtual"},
		"excluded": {``, "ID is excluded"},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			fillOrders(t, db)
			db.Run(t, test.change)
			table := orders
			if table.Parallel = true; name == "excluded" {
				table.Exclude = []string{"ID"}
			}
			got := oracle.Check(t.Context(), db, []oracle.Table{table}, oracle.Needs{FullLoad: true, Planning: small}).Parallel[0]
			if got.Type != oracle.None || !strings.Contains(got.Why, test.why) {
				t.Errorf("plan %+v, want none, because %s", got, test.why)
			}
		})
	}
}

// If a database sorts text by a language or ignores case, ranges in the order of bytes would overlap:
// DMS would read rows twice or not at all.
func TestTextThatIsNotComparedByItsBytes(t *testing.T) {
	for collation, typ := range map[string]string{"BINARY": oracle.Ranges, "NOCASE": oracle.None} {
		t.Run(collation, func(t *testing.T) {
			db := ready(t)
			db.Run(t, `DROP TABLE SALES.ORDERS; CREATE TABLE SALES.ORDERS (ID COLLATE `+collation+`);`+keyOfType("VARCHAR2")+`
				UPDATE dba_segments SET bytes = 8000`)
			db.Run(t, `WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
				INSERT INTO SALES.ORDERS SELECT CASE i % 2 WHEN 0 THEN 'a' ELSE 'B' END || PRINTF('%05d', i) FROM n`)
			got, _ := planOf(t, db, small)
			if got.Type != typ {
				t.Errorf("plan %+v, want %s", got, typ)
			}
			if typ == oracle.None && !strings.Contains(got.Why, "another order") {
				t.Errorf("why %q, want it to say that the sort order is another one", got.Why)
			}
		})
	}
}

// A null in a column of Oracle's dictionary that may be null never ends the check.
func TestNullsFromTheDictionary(t *testing.T) {
	for _, view := range oracledictionary.Views {
		for _, column := range view.Columns {
			if column.NotNull || view.Name == "DUAL" {
				continue
			}
			db := ready(t)
			fillOrders(t, db)
			db.Run(t, `INSERT INTO gv$transaction (start_scn) VALUES (4711); UPDATE `+view.Table()+" SET "+column.Spelled()+" = NULL")
			table := orders
			table.Parallel = true
			needs := following
			needs.Planning = small
			for _, f := range oracle.Check(t.Context(), db, []oracle.Table{table}, needs).Findings {
				if f.Assessment == "oralake-not-checked" {
					t.Errorf("%s.%s is null: %s", view.Name, column.Name, f.Text)
				}
			}
		}
	}
}
