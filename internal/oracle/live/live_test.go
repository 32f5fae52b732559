// Package live tests every statement of package oracle with a real Oracle database. The environment variable
// ORACLE_TEST_DSN names the database as USER/PASSWORD@HOST:PORT/SERVICE. Without it the tests are skipped. The user needs
// CREATE TABLE and a quota. The tests create tables ORALAKE_TEST_... and drop them. The driver is go-ora with -tags goora,
// otherwise godror.
package live

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/driver"
)

var dsn = regexp.MustCompile(`^([^/]+)/(.+)@([^@:]+):(\d+)/(\S+)$`)

func connect(t *testing.T) *sql.DB {
	t.Helper()
	text := os.Getenv("ORACLE_TEST_DSN")
	if text == "" {
		t.Skip("ORACLE_TEST_DSN is not set: set it to USER/PASSWORD@HOST:PORT/SERVICE to run this against a real Oracle")
	}
	m := dsn.FindStringSubmatch(text)
	if m == nil {
		t.Fatal("ORACLE_TEST_DSN is not USER/PASSWORD@HOST:PORT/SERVICE")
	}
	port, err := strconv.Atoi(m[4])
	if err != nil {
		t.Fatal(err)
	}
	db, err := driver.Open(driver.Connection{User: m[1], Password: m[2], Host: m[3], Port: port, Service: m[5]})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// table creates a table with 20,000 rows and drops it after the test.
func table(t *testing.T, db *sql.DB, name, columns, values string) oracle.Table {
	t.Helper()
	var user string
	if err := db.QueryRowContext(t.Context(), "SELECT user FROM dual").Scan(&user); err != nil {
		t.Fatal(err)
	}
	run(t, db, "CREATE TABLE "+name+" ("+columns+")")
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), "DROP TABLE "+name+" PURGE"); err != nil {
			t.Error(err)
		}
	})
	run(t, db, "INSERT INTO "+name+" SELECT "+values+" FROM (SELECT LEVEL AS i FROM dual CONNECT BY LEVEL <= 20000)")
	run(t, db, "BEGIN DBMS_STATS.GATHER_TABLE_STATS(USER, '"+name+"'); END;")
	return oracle.Table{Schema: user, Name: name, Parallel: true}
}

var everything = oracle.Needs{
	FullLoad: true, CDC: true, Capture: oracle.LogMiner,
	Planning: oracle.Planning{LargeBytes: 1, SegmentBytes: 1 << 16, MaxSegments: 8},
}

// Oracle accepts every statement. Only a missing privilege may fail one.
func TestStatements(t *testing.T) {
	db := connect(t)
	for _, capture := range []string{oracle.LogMiner, oracle.BinaryReader} {
		needs := everything
		needs.Capture = capture
		table := table(t, db, "ORALAKE_TEST_ALL_"+strings.ToUpper(capture[:1]), `id NUMBER(10) PRIMARY KEY, at DATE, note CLOB, bytes BLOB`,
			`i, DATE '2020-01-01' + i, TO_CLOB('text'), UTL_RAW.CAST_TO_RAW('bytes')`)
		report := oracle.Check(t.Context(), db, []oracle.Table{table}, needs)
		t.Logf("%s: %d queries in %.1f s, %+v", capture, report.Queries, report.Seconds, report.Database)
		for _, f := range report.Findings {
			t.Logf("%s %s: %s (%s)", f.Severity, f.Assessment, f.Text, f.Fix)
			if f.Assessment == "oralake-not-checked" || f.Assessment == "oralake-connection" {
				t.Errorf("a statement failed: %s", f.Text)
			}
		}
		if len(report.LOBs) != 1 || report.LOBs[0].LongestBytes != 12 {
			t.Errorf("LOBs %+v, want 12 bytes: three times four characters", report.LOBs)
		}
	}
}

// Every row is in exactly one range. The keys are numbers, dates and text.
func TestRanges(t *testing.T) {
	db := connect(t)
	for name, test := range map[string]struct{ kind, value, literal string }{
		"N": {"NUMBER", "(i - 10000) / 4", "TO_NUMBER('%s', '999999D99', 'NLS_NUMERIC_CHARACTERS=''.,''')"},
		"D": {"DATE", "DATE '2020-01-01' + i / 100", "TO_DATE('%s', 'YYYY-MM-DD HH24:MI:SS')"},
		"S": {"TIMESTAMP(3)", "TIMESTAMP '2020-01-01 00:00:00.5' + NUMTODSINTERVAL(i, 'MINUTE')", "TO_TIMESTAMP('%s', 'YYYY-MM-DD HH24:MI:SS')"},
		"V": {"VARCHAR2(20)", "CASE WHEN MOD(i, 2) = 0 THEN 'a' ELSE 'B' END || TO_CHAR(i)", "'%s'"},
	} {
		t.Run(test.kind, func(t *testing.T) {
			table := table(t, db, "ORALAKE_TEST_"+name, "k "+test.kind+" PRIMARY KEY, pad CHAR(100)", test.value+", 'x'")
			report := oracle.Check(t.Context(), db, []oracle.Table{table}, everything)
			if len(report.Parallel) != 1 || report.Parallel[0].Type != oracle.Ranges {
				t.Fatalf("plan %+v, want ranges; findings %+v", report.Parallel, report.Findings)
			}
			plan := report.Parallel[0]
			t.Logf("%+v", plan)
			sum, largest := 0, 0
			for i := range len(plan.Boundaries) + 1 {
				conditions := []string{"k IS NOT NULL"}
				if i > 0 {
					conditions = append(conditions, "k > "+fmt.Sprintf(test.literal, plan.Boundaries[i-1][0]))
				}
				if i < len(plan.Boundaries) {
					conditions = append(conditions, "k <= "+fmt.Sprintf(test.literal, plan.Boundaries[i][0]))
				}
				var n int
				query := "SELECT COUNT(*) FROM " + table.Name + " WHERE " + strings.Join(conditions, " AND ")
				if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
					t.Fatalf("%s: %v", query, err)
				}
				sum, largest = sum+n, max(largest, n)
			}
			if mean := 20000 / (len(plan.Boundaries) + 1); sum != 20000 || largest > 2*mean {
				t.Errorf("%d rows in the ranges, the largest %d; want 20000, and at most twice the mean of %d", sum, largest, mean)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	db := connect(t)
	table := table(t, db, "ORALAKE_TEST_C", "id NUMBER(10) PRIMARY KEY, at DATE, code CHAR(10)",
		"i, DATE '2020-01-01' + i, CASE WHEN i <= 7 THEN 'AB' ELSE 'CD' END")
	scn, err := oracle.CurrentSCN(t.Context(), db)
	if err != nil {
		t.Logf("no SCN: %v", err)
	}
	proofs := oracle.Verify(t.Context(), db, []oracle.LoadedTable{
		{Table: table, Loaded: 20000},
		{Table: filtered(table, []oracle.Filter{{Column: "ID", Operator: "between", From: "10", To: "20"}}), Loaded: 11},
		{Table: filtered(table, []oracle.Filter{{Column: "AT", Operator: "eq", Value: "2020-01-02"}}), Loaded: 1},
		{Table: filtered(table, []oracle.Filter{{Column: "CODE", Operator: "eq", Value: "AB"}}), Loaded: 7},
		{Table: table, Loaded: 19999},
	}, scn, oracle.Needs{})
	for i, p := range proofs {
		t.Logf("%+v", p)
		if equal := p.Status == oracle.Equal; equal != (i < 4) {
			t.Errorf("table %d: %s (%s)", i, p.Status, p.Why)
		}
	}
}

// filtered returns the table with a filter.
func filtered(table oracle.Table, filters []oracle.Filter) oracle.Table {
	table.Filters = filters
	return table
}
