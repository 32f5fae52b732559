package oraclecheck_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

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

// The check of a department with 1,000 tables takes at most 15 queries, 30 seconds and 128 MiB.
func TestThousandTables(t *testing.T) {
	db, tables := department(t, 1000)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	started := time.Now()
	report := oracle.Check(t.Context(), db, tables, following)
	took := time.Since(started)
	runtime.ReadMemStats(&after)

	if report.Queries > 15 || report.Queries != len(db.Statements()) {
		t.Errorf("%d queries, %d of them reported; want at most 15", len(db.Statements()), report.Queries)
	}
	if took > 30*time.Second {
		t.Errorf("took %s, want less than 30 s", took)
	}
	// TotalAlloc counts all allocations, so it is more than the memory in use at any time. It includes SQLite's memory.
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 128<<20 {
		t.Errorf("%d MiB allocated, want less than 128", allocated>>20)
	}
	t.Logf("%d queries, %s, %d MiB allocated, %d findings", report.Queries, took, (after.TotalAlloc-before.TotalAlloc)>>20,
		len(report.Findings))
	ranges := 0
	for _, p := range report.Parallel {
		if p.Type == oracle.Ranges {
			ranges++
		}
	}
	// No table has supplemental logging; a hundred tables have a LOB; fifty are large.
	if got := report.Count(oracle.Failed); got != 1000 {
		t.Errorf("%d findings that fail the job, want 1000: one for each table", got)
	}
	if len(report.LOBs) != 100 || ranges != 50 || len(report.Parallel) != 1000 {
		t.Errorf("%d tables with LOBs, %d plans, %d of them ranges; want 100, 1000, 50",
			len(report.LOBs), len(report.Parallel), ranges)
	}
}
