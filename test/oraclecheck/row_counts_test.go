package oraclecheck_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/test/oracletest"
)

func TestVerify(t *testing.T) {
	tooOld := errors.New("ORA-01555: snapshot too old: rollback segment number 9")
	for name, test := range map[string]struct {
		scn    int64
		loaded int64
		files  *int64
		broken func(*oracletest.Database)
		want   oracle.RowCount // for a table with 1280 rows, without Loaded and Files
		why    string
	}{
		"equal": {scn: 5000, loaded: 1280, want: oracle.RowCount{Status: oracle.Equal, Before: new(int64(1280))}},
		"rows are missing": {
			scn: 5000, loaded: 1279, want: oracle.RowCount{Status: oracle.Differing, Before: new(int64(1280)), After: new(int64(1280))},
			why: "the source has 1280 rows, now and before the load, and 1279 were loaded; no row changed meanwhile",
		},
		"as many rows come as go": {
			scn: 5000, loaded: 1279,
			broken: func(db *oracletest.Database) {
				const asked = `SELECT COUNT(*) FROM "SALES"."ORDERS" VERSIONS BETWEEN SCN 5000 AND MAXVALUE WHERE VERSIONS_OPERATION IS NOT NULL`
				db.Answer(asked, "SELECT 14")
			},
			want: oracle.RowCount{Status: oracle.Inconclusive, Before: new(int64(1280)), After: new(int64(1280))},
			why:  "14 versions of rows changed meanwhile",
		},
		"whether rows come and go is not known": {
			scn: 5000, loaded: 1279,
			broken: func(db *oracletest.Database) {
				db.FailWith("VERSIONS BETWEEN", errors.New("ORA-30052: invalid lower limit snapshot expression"))
			},
			want: oracle.RowCount{Status: oracle.Inconclusive, Before: new(int64(1280)), After: new(int64(1280))},
			why:  "whether rows were replaced meanwhile is not known: Oracle no longer has the undo data",
		},
		"a count that takes too long is not repeated": {
			scn: 5000, loaded: 1280, broken: func(db *oracletest.Database) { db.Stall("AS OF SCN") },
			want: oracle.RowCount{Status: oracle.Inconclusive}, why: "could not be counted in 100ms; they are not counted again",
		},
		"a very large table": {
			scn: 5000, loaded: 500_000_001, want: oracle.RowCount{Status: oracle.Inconclusive},
			why: "tables of more than 500000000 are not counted",
		},
		"files have another count": {
			scn: 5000, loaded: 1280, files: new(int64(1000)), want: oracle.RowCount{Status: oracle.Differing},
			why: "the files have 1000 rows, and DMS reports 1280 loaded rows",
		},
		"files agree": {
			scn: 5000, loaded: 1280, files: new(int64(1280)),
			want: oracle.RowCount{Status: oracle.Equal, Before: new(int64(1280))},
		},
		"no SCN, and equal": {loaded: 1280, want: oracle.RowCount{Status: oracle.Equal, After: new(int64(1280))}},
		"no SCN, and different": {
			loaded: 1000, want: oracle.RowCount{Status: oracle.Inconclusive, After: new(int64(1280))}, why: "the SCN before the load is not known",
		},
		"no undo, and equal": {
			scn: 5000, loaded: 1280, broken: func(db *oracletest.Database) { db.FailWith("AS OF SCN", tooOld) },
			want: oracle.RowCount{Status: oracle.Equal, After: new(int64(1280))},
		},
		"no undo, and different": {
			scn: 5000, loaded: 1000, broken: func(db *oracletest.Database) { db.FailWith("AS OF SCN", tooOld) },
			want: oracle.RowCount{Status: oracle.Inconclusive, After: new(int64(1280))}, why: "ORA-01555",
		},
		"SCN not known": {
			scn: 5000, loaded: 1000,
			broken: func(db *oracletest.Database) {
				db.FailWith("AS OF SCN", errors.New("ORA-08181: specified number is not a valid system change number"))
			},
			want: oracle.RowCount{Status: oracle.Inconclusive, After: new(int64(1280))}, why: "ORA-08181",
		},
		"cannot be counted": {
			scn: 5000, loaded: 1280,
			broken: func(db *oracletest.Database) {
				db.FailWith("COUNT(*)", errors.New("ORA-01031: insufficient privileges"))
			},
			want: oracle.RowCount{Status: oracle.Inconclusive}, why: "could not be counted: ORA-01031",
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			fillOrders(t, db)
			if test.broken != nil {
				test.broken(db)
			}
			limit := time.Minute
			if strings.Contains(name, "too long") {
				limit = 100 * time.Millisecond
			}
			loaded := oracle.LoadedTable{Table: orders, Loaded: test.loaded, Files: test.files}
			got := oracle.Verify(t.Context(), db, []oracle.LoadedTable{loaded}, test.scn, oracle.Needs{QueryTime: limit})
			test.want.Table, test.want.Loaded, test.want.Files = "SALES.ORDERS", test.loaded, test.files
			if diff := cmp.Diff([]oracle.RowCount{test.want}, got, cmpopts.IgnoreFields(oracle.RowCount{}, "Why")); diff != "" {
				t.Errorf("row counts (-want +got):\n%s", diff)
			}
			if !strings.Contains(got[0].Why, test.why) || (got[0].Why == "") != (test.want.Status == oracle.Equal) {
				t.Errorf("why %q, want it to contain %q", got[0].Why, test.why)
			}
		})
	}
}

// The row count of a table that changes during the load is inconclusive.
func TestTableThatChanges(t *testing.T) {
	db := ready(t)
	fillOrders(t, db)
	db.Past(`"SALES"."ORDERS"`, `(SELECT * FROM SALES.ORDERS LIMIT 1000)`)
	got := oracle.Verify(t.Context(), db, []oracle.LoadedTable{{Table: orders, Loaded: 1100}}, 5000, oracle.Needs{})
	want := []oracle.RowCount{{
		Table: "SALES.ORDERS", Status: oracle.Inconclusive, Before: new(int64(1000)), After: new(int64(1280)), Loaded: 1100,
		Why: "the table changed during the load: it had 1000 rows before and has 1280 now, and 1100 were loaded",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("row counts (-want +got):\n%s", diff)
	}
}

// Filters are counted as DMS applies them.
func TestVerifyWithFilters(t *testing.T) {
	for name, test := range map[string]struct {
		filters []oracle.Filter
		want    int64
		where   string
	}{
		"number": {
			[]oracle.Filter{{Column: "ID", Operator: "gte", Value: "-10"}, {Column: "ID", Operator: "eq", Value: "-600"}},
			652, `WHERE ("ID" >= TO_NUMBER(:v1, '99', 'NLS_NUMERIC_CHARACTERS=''.,''') OR "ID" = TO_NUMBER(:v2, '999', ` +
				`'NLS_NUMERIC_CHARACTERS=''.,'''))`,
		},
		"fraction": {
			[]oracle.Filter{{Column: "ID", Operator: "lte", Value: "-638.5"}},
			1, `WHERE ("ID" <= TO_NUMBER(:v1, '999D9', 'NLS_NUMERIC_CHARACTERS=''.,'''))`,
		},
		"columns together": {
			[]oracle.Filter{
				{Column: "ID", Operator: "between", From: "1", To: "100"},
				{Column: "NOTE", Operator: "notnull"},
				{Column: "NOTE", Operator: "eq", Value: "gift"},
			},
			50, `WHERE ("ID" BETWEEN TO_NUMBER(:v1, '9', 'NLS_NUMERIC_CHARACTERS=''.,''') AND TO_NUMBER(:v2, '999', ` +
				`'NLS_NUMERIC_CHARACTERS=''.,''')) AND ("NOTE" IS NOT NULL OR "NOTE" = :v3)`,
		},
		"date": {
			[]oracle.Filter{{Column: "PLACED", Operator: "gte", Value: "2020-01-02"}},
			2, `WHERE ("PLACED" >= TO_DATE(:v1, 'YYYY-MM-DD'))`,
		},
		"moment": {
			[]oracle.Filter{{Column: "PLACED", Operator: "notbetween", From: "2020-01-01T00:00", To: "2020-01-02 12:00:00"}},
			1, `WHERE ("PLACED" NOT BETWEEN TO_DATE(:v1, 'YYYY-MM-DD"T"HH24:MI') AND TO_DATE(:v2, 'YYYY-MM-DD HH24:MI:SS'))`,
		},
		"a fraction of a second": {
			[]oracle.Filter{{Column: "PLACED", Operator: "gte", Value: "2020-01-02 00:00:00.5"}},
			1,
			`WHERE ("PLACED" >= TO_TIMESTAMP(:v1, 'YYYY-MM-DD HH24:MI:SS.FF'))`,
		},
		"empty": {[]oracle.Filter{{Column: "NOTE", Operator: "null"}}, 1230, `WHERE ("NOTE" IS NULL)`},
		"other": {[]oracle.Filter{{Column: "ID", Operator: "noteq", Value: "5"}}, 1279, `WHERE ("ID" <> TO_NUMBER(:v1, '9', ` +
			`'NLS_NUMERIC_CHARACTERS=''.,'''))`},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			fillOrders(t, db)
			db.Run(t, `UPDATE SALES.ORDERS SET NOTE = 'gift' WHERE ID BETWEEN 1 AND 50;
				UPDATE SALES.ORDERS SET PLACED = '2020-01-0' || ID WHERE ID BETWEEN 1 AND 3`)
			loaded := oracle.LoadedTable{Table: filtered(test.filters), Loaded: test.want}
			got := oracle.Verify(t.Context(), db, []oracle.LoadedTable{loaded}, 5000, oracle.Needs{})
			if len(got) != 1 || got[0].Status != oracle.Equal {
				t.Errorf("row count %+v, want equal", got)
			}
			statements := db.Statements()
			want := `SELECT COUNT(*) FROM "SALES"."ORDERS" AS OF SCN 5000 ` + test.where
			if diff := cmp.Diff(want, statements[len(statements)-1]); diff != "" {
				t.Errorf("statement (-want +got):\n%s", diff)
			}
		})
	}
	db := ready(t)
	db.Run(t, columnOf("CHAR", "NULL")+`ALTER TABLE SALES.ORDERS ADD COLUMN EXTRA; INSERT INTO SALES.ORDERS (EXTRA) VALUES ('AB')`)
	// Oracle ignores trailing spaces only between two CHARs. A bound text is not a CHAR.
	eq := []oracle.Filter{{Column: "EXTRA", Operator: "eq", Value: "AB"}}
	for loaded, want := range map[int64]string{1: oracle.Equal, 0: oracle.Inconclusive} {
		got := oracle.Verify(t.Context(), db, []oracle.LoadedTable{{Table: filtered(eq), Loaded: loaded}}, 5000, oracle.Needs{})
		if got[0].Status != want {
			t.Errorf("row count %+v, want %s", got, want)
		}
	}
	statements := db.Statements()
	if last := statements[len(statements)-1]; !strings.HasSuffix(last, `WHERE ("EXTRA" = CAST(:v1 AS CHAR(2000)))`) {
		t.Errorf("statement %s, want a comparison with a CHAR", last)
	}

	// The moment that a date means for a time with a zone depends on the session's time zone, and the session of DMS
	// may have another zone.
	db = ready(t)
	db.Run(t, columnOf("TIMESTAMP(6) WITH TIME ZONE", "NULL")+`ALTER TABLE SALES.ORDERS ADD COLUMN EXTRA;
		INSERT INTO SALES.ORDERS (EXTRA) VALUES ('2020-01-01')`)
	eq = []oracle.Filter{{Column: "EXTRA", Operator: "gte", Value: "2020-01-01"}}
	for loaded, want := range map[int64]string{1: oracle.Equal, 0: oracle.Inconclusive} {
		got := oracle.Verify(t.Context(), db, []oracle.LoadedTable{{Table: filtered(eq), Loaded: loaded}}, 5000, oracle.Needs{})
		if got[0].Status != want || want != oracle.Equal && !strings.Contains(got[0].Why, "time zone") {
			t.Errorf("row count %+v, want %s", got, want)
		}
	}

	db = ready(t)
	gone := filtered([]oracle.Filter{{Column: "GONE", Operator: "null"}})
	got := oracle.Verify(t.Context(), db, []oracle.LoadedTable{{Table: gone}}, 0, oracle.Needs{})
	if got[0].Status != oracle.Inconclusive || !strings.Contains(got[0].Why, "no column GONE") {
		t.Errorf("row count %+v, want a reason that says that the column does not exist", got)
	}
}

func TestCurrentSCN(t *testing.T) {
	db := ready(t)
	got, err := oracle.CurrentSCN(t.Context(), db)
	if err != nil || got != 5000 {
		t.Errorf("CurrentSCN = %d, %v, want 5000", got, err)
	}
	db.FailWith("current_scn", errors.New("ORA-00942: table or view does not exist"))
	if _, err := oracle.CurrentSCN(t.Context(), db); err == nil || !strings.Contains(err.Error(), "ORA-00942") {
		t.Errorf("error %v, want one with ORA-00942", err)
	}
}

// filtered is SALES.ORDERS with filters.
func filtered(filters []oracle.Filter) oracle.Table {
	table := orders
	table.Filters = filters
	return table
}
