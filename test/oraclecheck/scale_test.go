//go:build !race

package oraclecheck_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/oracle"
)

// The check of a department with 1,000 tables takes at most 15 queries, 30 seconds and 128 MiB.
// The race detector makes both several times as much, so these tests are not built with it.
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
