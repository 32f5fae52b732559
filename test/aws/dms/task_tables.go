package dms

import (
	"cmp"
	"time"

	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/oracledb"
)

// resetTables resets the statistics for a run and returns the tables to load. The caller holds the lock.
func (s *Service) resetTables(t *task, selected []mapping.Selected, kind string) []pending {
	now := time.Now()
	if kind != resumeProcessing {
		t.stats.freshStart = now
	}
	t.stats.start, t.stats.stop = now, time.Time{}
	before := map[oracledb.Table]*tableStats{}
	for _, table := range t.tables {
		before[table.table] = table
		if s.countersRestart {
			table.captured, table.applied = changeCounts{}, changeCounts{}
		}
	}
	t.tables = nil
	var all []pending
	for _, m := range selected {
		old := before[m.Table]
		if kind == resumeProcessing && old != nil && old.state == tableCompleted && !m.Missing {
			old.kept, old.complete, old.target = old.kept || old.complete, false, ""
			t.tables = append(t.tables, old)
			continue
		}
		var fault TableFault
		if !m.Missing {
			fault = s.faults.Table(t.snapshot(), m.Table.Schema, m.Table.Name)
		}
		if fault.Kind == TableVanishes {
			continue
		}
		table := &tableStats{table: m.Table, reloaded: kind == reloadTarget}
		if old != nil {
			table.reloaded = table.reloaded || kind == resumeProcessing && old.reloaded
			table.captured, table.applied = old.captured, old.applied
		}
		t.tables = append(t.tables, table)
		switch {
		case m.Missing:
			table.set(tableMissing)
		case t.migrationType == cdc && fault.Kind != TableFine:
			table.set(cmp.Or(tableFault(fault.Kind).state(), tableBefore))
		case t.migrationType == cdc:
			table.set(tableCompleted)
		default:
			table.set(tableBefore)
			table.held = t.migrationType != fullLoad
			all = append(all, pending{m, table, fault, tableLoading})
		}
	}
	return all
}
