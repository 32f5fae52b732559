package oraclecheck_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/test/oracletest"
)

// small are planning limits for the small tables of tests.
var small = oracle.Planning{LargeBytes: 1000, SegmentBytes: 1000, MaxSegments: 8, ExactRows: 1_000_000}

func planOf(t testing.TB, db *oracletest.Database, p oracle.Planning) (oracle.Parallel, oracle.Report) {
	t.Helper()
	table := orders
	table.Parallel = true
	report := oracle.Check(t.Context(), db, []oracle.Table{table}, oracle.Needs{FullLoad: true, Planning: p})
	if len(report.Parallel) != 1 {
		t.Fatalf("plans %+v, findings %+v; want one plan", report.Parallel, report.Findings)
	}
	return report.Parallel[0], report
}

// keyOfType gives the column ID of SALES.ORDERS another type.
func keyOfType(kind string) string {
	if kind == "NUMBER" {
		return ""
	}
	return `UPDATE all_tab_cols SET data_type = '` + kind + `', data_precision = NULL, data_scale = NULL WHERE column_name = 'ID';`
}

// fillOrders gives SALES.ORDERS rows with the keys -639 to 640.
func fillOrders(t testing.TB, db *oracletest.Database) {
	db.Run(t, `UPDATE dba_segments SET bytes = 8000;
		WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1280) INSERT INTO SALES.ORDERS (ID) SELECT i - 640 FROM n`)
}

func TestPlanByPrimaryKey(t *testing.T) {
	db := ready(t)
	fillOrders(t, db)
	got, report := planOf(t, db, small)
	want := oracle.Parallel{
		Table: "SALES.ORDERS", Type: oracle.Ranges, Columns: []string{"ID"}, Bytes: 8000,
		Boundaries: [][]string{{"-480"}, {"-320"}, {"-160"}, {"0"}, {"160"}, {"320"}, {"480"}},
		Rows:       []int64{160, 160, 160, 160, 160, 160, 160, 160},
		Why:        "it has 8 KB without partitions, and ID is indexed and never null",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s\n%+v", diff, report.Findings)
	}
	if report.Queries > 15 {
		t.Errorf("%d queries, want at most 15", report.Queries)
	}
}

func TestPlans(t *testing.T) {
	const noPrimary = `DELETE FROM all_constraints; DELETE FROM all_indexes; DELETE FROM all_ind_columns;`
	for name, test := range map[string]struct {
		change       string
		typ, by, why string
		finding      string
	}{
		"partitioned":               {change: `UPDATE all_tables SET partitioned = 'YES'`, typ: oracle.PartitionsAuto, why: "partitioned"},
		"a small partitioned table": {change: `UPDATE all_tables SET partitioned = 'YES'; UPDATE dba_segments SET bytes = 10`, typ: oracle.None, why: "only tables from"},
		"a partitioned table of unknown size": {
			change: `UPDATE all_tables SET partitioned = 'YES', num_rows = NULL; DELETE FROM dba_segments`, typ: oracle.PartitionsAuto,
			why: "its size is not known",
		},
		"too many partitions": {
			change: `UPDATE all_tables SET partitioned = 'YES';
				WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
				INSERT INTO dba_segments (owner, segment_name, segment_type, bytes) SELECT 'SALES', 'ORDERS', 'TABLE PARTITION', 100 FROM n`,
			typ: oracle.Ranges, by: "ID", why: "in 501 partitions, which are more than 500",
		},
		"small": {change: `UPDATE dba_segments SET bytes = 10`, typ: oracle.None, why: "only tables from"},
		"no statistics": {
			change: `DELETE FROM dba_segments; UPDATE all_tables SET num_rows = NULL`, typ: oracle.None, why: "no statistics",
			finding: "oralake-no-statistics",
		},
		"size by statistics": {change: `DELETE FROM dba_segments`, typ: oracle.Ranges, by: "ID"},
		"no index":           {change: noPrimary, typ: oracle.None, why: "it has no index", finding: "oralake-no-range-key"},
		"nullable": {
			change: noPrimary + secondIndex, typ: oracle.None, finding: "oralake-no-range-key",
			why: "PLACED may be null, and DMS does not load rows with a null in a range column",
		},
		"wrong type": {
			change: keyOfType("BINARY_DOUBLE"), typ: oracle.None,
			why: "ID is of type BINARY_DOUBLE", finding: "oralake-no-range-key",
		},
		"few values in the primary key": {
			change: secondIndex + `UPDATE all_tab_cols SET num_distinct = 3 WHERE column_name = 'ID';
				UPDATE all_tab_cols SET num_distinct = 90000, nullable = 'N' WHERE column_name = 'PLACED';
				UPDATE SALES.ORDERS SET PLACED = DATE('2020-01-01', ID || ' days')`, typ: oracle.Ranges, by: "PLACED",
		},
		"one value": {change: `UPDATE SALES.ORDERS SET ID = 7`, typ: oracle.None, why: "ranges of ID do not split it: it has too few values"},
		"no rows":   {change: `DELETE FROM SALES.ORDERS`, typ: oracle.None, why: "there are no rows"},
	} {
		t.Run(name, func(t *testing.T) {
			db := ready(t)
			fillOrders(t, db)
			db.Run(t, test.change)
			got, report := planOf(t, db, small)
			if got.Type != test.typ || strings.Join(got.Columns, ",") != test.by || !strings.Contains(got.Why, test.why) {
				t.Errorf("plan %+v, want %s by %q, because %q", got, test.typ, test.by, test.why)
			}
			found := slices.ContainsFunc(report.Findings, func(f oracle.Finding) bool { return f.Assessment == test.finding })
			if found != (test.finding != "") {
				t.Errorf("findings %+v, want %q", report.Findings, test.finding)
			}
		})
	}
}

func TestLargeTableIsSampled(t *testing.T) {
	db := ready(t)
	fillOrders(t, db)
	db.Run(t, `UPDATE all_tables SET num_rows = 4000000; UPDATE dba_segments SET blocks = 10240`)
	got, _ := planOf(t, db, oracle.Planning{LargeBytes: 1000, SegmentBytes: 1000, MaxSegments: 4, ExactRows: 1_000_000})
	if !got.Sampled {
		t.Error("the plan does not say that it comes from a sample")
	}
	last := db.Statements()[len(db.Statements())-1]
	if !strings.Contains(last, `SELECT /*+ FULL("ORDERS") */ "ID" AS k FROM "SALES"."ORDERS" SAMPLE BLOCK (2.5000)`) {
		t.Errorf("statement %s, want a sample of 2.5 percent", last)
	}
}

func TestKeysThatCannotBeRead(t *testing.T) {
	db := ready(t)
	fillOrders(t, db)
	db.FailWith("NTILE", errors.New("ORA-01652: unable to extend temp segment by 128 in tablespace TEMP"))
	got, report := planOf(t, db, small)
	if got.Type != oracle.None || !strings.HasPrefix(got.Why, "the values of its key could not be read: ORA-01652") {
		t.Errorf("plan %+v, want none", got)
	}
	if len(report.Findings) != 1 || !strings.Contains(report.Findings[0].Text, "ORA-01652") {
		t.Errorf("findings %+v, want one that gives the reason", report.Findings)
	}
}

// A missing privilege on DBA_SEGMENTS gives only a note, because statistics give the same sizes less exactly.
func TestSegmentsNotReadable(t *testing.T) {
	db := ready(t)
	fillOrders(t, db)
	db.FailWith("dba_segments", errors.New("ORA-00942: table or view does not exist"))
	got, report := planOf(t, db, small)
	if got.Type != oracle.Ranges {
		t.Errorf("plan %+v, want ranges", got)
	}
	want := []string{"note GRANT SELECT ON SYS.DBA_SEGMENTS TO DMS;"}
	var have []string
	for _, f := range report.Findings {
		have = append(have, string(f.Severity)+" "+f.Fix)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// keys are the keys of a table with a given distribution, as SQLite stores them.
func keys(t *rapid.T, kind string) []any {
	n := rapid.IntRange(1, 400).Draw(t, "rows")
	base := rapid.IntRange(-1000, 1000).Draw(t, "base")
	numbers := make([]int, n)
	switch rapid.SampledFrom([]string{"even", "skewed", "heavy", "few", "wild"}).Draw(t, "distribution") {
	case "even":
		for i := range numbers {
			numbers[i] = base + i
		}
	case "skewed":
		for i := range numbers {
			numbers[i] = base + i*i*i/1000
		}
	case "heavy":
		heavy := rapid.IntRange(0, n).Draw(t, "heavy")
		for i := range numbers {
			numbers[i] = base + max(0, i-heavy)
		}
	case "few":
		values := rapid.IntRange(1, 5).Draw(t, "values")
		for i := range numbers {
			numbers[i] = base + i%values
		}
	case "wild":
		numbers = rapid.SliceOfN(rapid.IntRange(-300, 300), n, n).Draw(t, "numbers")
	}
	out := make([]any, n)
	for i, v := range numbers {
		switch kind {
		case "NUMBER":
			if out[i] = v; v%7 == 0 {
				out[i] = float64(v) + 0.25
			}
		case "DATE":
			out[i] = fmt.Sprintf("%04d-%02d-%02d %02d:30:00", 2000+(v+2000)/672, (v+2000)/56%12+1, (v+2000)/2%28+1, v&1)
		case "VARCHAR2":
			out[i] = fmt.Sprintf("K%05d", v+5000)
			if v%11 == 0 {
				out[i] = fmt.Sprintf("K%05d'\u00e9", v+5000) // DMS cannot take it as a range boundary
			}
		}
	}
	return out
}

// Every row is in exactly one range. No range has more than twice the mean number of rows, unless a single value has.
func TestRangesProperty(t *testing.T) {
	for _, kind := range []string{"NUMBER", "DATE", "VARCHAR2"} {
		t.Run(kind, func(t *testing.T) {
			db := ready(t)
			db.Run(t, keyOfType(kind)+`UPDATE dba_segments SET bytes = 8000`)
			rapid.Check(t, func(r *rapid.T) {
				all := keys(r, kind)
				db.Run(t, `DELETE FROM SALES.ORDERS`)
				for chunk := range slices.Chunk(all, 200) {
					marks := strings.TrimSuffix(strings.Repeat("(?),", len(chunk)), ",")
					if _, err := db.Exec(`INSERT INTO SALES.ORDERS (ID) VALUES `+marks, chunk...); err != nil {
						r.Fatal(err)
					}
				}
				p := small
				p.MaxSegments = rapid.IntRange(2, 8).Draw(r, "segments")
				plan, _ := planOf(t, db, p)
				checkRanges(r, db, plan, p.MaxSegments)
			})
		})
	}
}

// checkRanges counts the rows of each range with the conditions that DMS uses.
func checkRanges(t *rapid.T, db *oracletest.Database, plan oracle.Parallel, segments int) {
	var total, distinct, heaviest int64
	row := db.QueryRow(`SELECT COUNT(*), COUNT(DISTINCT ID), (SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM SALES.ORDERS
		GROUP BY ID)) FROM SALES.ORDERS`)
	if err := row.Scan(&total, &distinct, &heaviest); err != nil {
		t.Fatal(err)
	}
	if plan.Type != oracle.Ranges {
		if distinct > 40 && heaviest*4 < total {
			t.Fatalf("no ranges for %d values in %d rows: %s", distinct, total, plan.Why)
		}
		return
	}
	if len(plan.Boundaries)+1 > segments {
		t.Fatalf("%d ranges, want at most %d", len(plan.Boundaries)+1, segments)
	}
	var sum, largest int64
	var rows []int64
	for i := range len(plan.Boundaries) + 1 {
		condition, args := "ID IS NOT NULL", []any{}
		if i > 0 {
			condition, args = condition+" AND ID > "+cast(plan.Boundaries[i-1][0]), append(args, plan.Boundaries[i-1][0])
		}
		if i < len(plan.Boundaries) {
			condition, args = condition+" AND ID <= "+cast(plan.Boundaries[i][0]), append(args, plan.Boundaries[i][0])
		}
		var n int64
		if err := db.QueryRow(`SELECT COUNT(*) FROM SALES.ORDERS WHERE `+condition, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			t.Errorf("range %d of %v is empty", i+1, plan.Boundaries)
		}
		rows, sum, largest = append(rows, n), sum+n, max(largest, n)
	}
	if sum != total {
		t.Errorf("%d rows in the ranges %v, want %d", sum, plan.Boundaries, total)
	}
	if diff := cmp.Diff(rows, plan.Rows); diff != "" {
		t.Errorf("rows of the ranges (-counted +planned):\n%s", diff)
	}
	if mean := float64(total) / float64(len(rows)); float64(largest) > 2*mean && float64(heaviest) <= 2*mean {
		t.Errorf("the largest range of %v has %d rows, more than twice the mean of %.1f, and no value has more than %d",
			rows, largest, mean, heaviest)
	}
}

// cast makes SQLite compare a number with a number.
func cast(bound string) string {
	if strings.HasPrefix(bound, "K") || strings.Contains(bound, ":") {
		return "?"
	}
	return "CAST(? AS NUMERIC)"
}
