//go:build !race

package oraclecheck_test

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/test/oracletest"
)

// The race detector makes time and memory several times as much, so these tests are not built with it.

// The check of a department with 1,000 tables takes at most 15 queries, 30 seconds and 128 MiB.
func TestThousandTables(t *testing.T) {
	db, tables := department(t, 1000)
	checkScale(t, db, tables, 30*time.Second, 128)
}

// That of a department with 10,000 tables takes as many queries, and at most 60 seconds and 256 MiB. One table that cannot be read and
// one statement that takes too long cost it the findings of that table and of that statement: all others are there.
func TestTenThousandTables(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds to make 20,000 tables")
	}
	db, tables := department(t, 10_000)
	checkScale(t, db, tables, time.Minute, 256)
	checkUnreadable(t, db, tables)
}

func checkScale(t *testing.T, db *oracletest.Database, tables []oracle.Table, longest time.Duration, mebibytes uint64) {
	t.Helper()
	n := len(tables)
	var report oracle.Report
	started := time.Now()
	used := memory(t, mebibytes, func() { report = oracle.Check(t.Context(), db, tables, following) })
	took := time.Since(started)
	t.Logf("%d queries, %s, %d MiB, %d findings", report.Queries, took, used, len(report.Findings))

	if report.Queries > 15 || report.Queries != len(db.Statements()) {
		t.Errorf("%d queries, %d of them reported; want at most 15", len(db.Statements()), report.Queries)
	}
	if took > longest {
		t.Errorf("took %s, want less than %s", took, longest)
	}
	if used > mebibytes {
		t.Errorf("%d MiB used, want at most %d", used, mebibytes)
	}
	// No table has supplemental logging; every tenth has a LOB; every twentieth is large.
	if got := report.Count(oracle.Failed); got != n {
		t.Errorf("%d findings that fail the job, want %d: one for each table", got, n)
	}
	measured := 0
	for _, l := range report.LOBs {
		if l.Why == "" {
			measured++
		}
	}
	if want := min(n/10, 400); len(report.LOBs) != n/10 || measured != want {
		t.Errorf("%d tables with LOBs, %d of them measured; want %d and %d", len(report.LOBs), measured, n/10, want)
	}
	if ranges := count(report, oracle.Ranges); len(report.Parallel) != n || ranges != n/20 {
		t.Errorf("%d plans, %d of them ranges; want %d and %d", len(report.Parallel), ranges, n, n/20)
	}
}

// count returns the number of plans of a type.
func count(report oracle.Report, kind string) int {
	n := 0
	for _, p := range report.Parallel {
		if p.Type == kind {
			n++
		}
	}
	return n
}

// memory returns the most memory, in MiB, that a function's data and garbage have at one time, with that of SQLite. The runtime collects
// garbage when it is told that there is no more memory than limit, as in a Lambda function of that size.
func memory(t *testing.T, limit uint64, do func()) uint64 {
	runtime.GC()
	heap := func() uint64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	before := heap()
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(before + limit<<20)))
	ended, most := make(chan struct{}), make(chan uint64)
	go func() {
		highest := heap()
		for {
			select {
			case <-ended:
				most <- max(highest, heap())
				return
			case <-time.After(time.Millisecond):
				highest = max(highest, heap())
			}
		}
	}()
	do()
	close(ended)
	return (max(<-most, before) - before) >> 20
}

func checkUnreadable(t *testing.T, db *oracletest.Database, tables []oracle.Table) {
	t.Helper()
	n := len(tables)
	db.Run(t, `DROP TABLE SALES.T00040; DELETE FROM all_tab_privs WHERE table_name = 'T00040'`)
	db.Stall("all_log_groups WHERE (")
	needs := following
	needs.QueryTime = 10 * time.Second
	report := oracle.Check(t.Context(), db, tables, needs)

	var failed []string
	for _, f := range report.Findings {
		if f.Severity == oracle.Failed {
			failed = append(failed, f.Table+" "+f.Text)
		}
	}
	if len(failed) != 2 || !slices.ContainsFunc(failed, func(s string) bool { return strings.HasPrefix(s, "SALES.T00040 user DMS may not read") }) ||
		!slices.ContainsFunc(failed, func(s string) bool { return strings.Contains(s, `the query "log groups" took longer`) }) {
		t.Errorf("%d findings fail the job, such as %q; want 2, of the unreadable table and of the slow statement", len(failed), failed[:min(len(failed), 3)])
	}
	if len(report.LOBs) != n/10-1 || len(report.Parallel) != n-1 || count(report, oracle.Ranges) != n/20-1 {
		t.Errorf("%d tables with LOBs, %d plans, %d of them ranges; want all but the unreadable table", len(report.LOBs), len(report.Parallel),
			count(report, oracle.Ranges))
	}
}
