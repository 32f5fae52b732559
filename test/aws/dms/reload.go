package dms

import (
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/oracledb"
)

// maxReload is the largest number of tables in one call of ReloadTables.
const maxReload = 10

// reloadTables loads tables of a running task again while the capture of changes continues. Changes that were captured
// before and are not written yet are written after the load.
func (s *Service) reloadTables(_ context.Context, in struct {
	ReplicationTaskArn string
	TablesToReload     []struct{ SchemaName, TableName string }
	ReloadOption       string
},
) (taskRef, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.task(in.ReplicationTaskArn)
	if err != nil {
		return taskRef{}, err
	}
	switch {
	case in.ReloadOption != "" && in.ReloadOption != "data-reload":
		return taskRef{}, gateway.NotImplemented("ReloadOption " + in.ReloadOption)
	case len(in.TablesToReload) == 0 || len(in.TablesToReload) > maxReload:
		return taskRef{}, invalidValue("TablesToReload has %d tables: want 1 to %d", len(in.TablesToReload), maxReload)
	case t.status != statusRunning || t.load == nil || t.load.ended:
		return taskRef{}, invalidState("Replication Task %s is currently not running", t.arn)
	case t.load.capture == nil || t.migrationType == cdc:
		return taskRef{}, gateway.NotImplemented("ReloadTables of a task of migration type " + t.migrationType)
	}
	var all []*capturedTable
	for _, name := range in.TablesToReload {
		table := oracledb.Table{Schema: name.SchemaName, Name: name.TableName}
		f := t.load.capture.byName[table]
		if f == nil {
			return taskRef{}, invalidValue("Table %s is not one of replication task %s", table, t.arn)
		}
		if f.stats.held || slices.Contains(all, f) {
			return taskRef{}, invalidState("Table %s is being loaded", table)
		}
		all = append(all, f)
	}
	t.load.reload(all)
	return taskRef{t.arn}, nil
}

// reload starts to load tables again. The caller holds the lock of the service.
func (l *load) reload(tables []*capturedTable) {
	var again []pending
	for _, f := range tables {
		table := f.selected.Table
		fault := l.s.faults.Table(l.task.snapshot(), table.Schema, table.Name)
		if fault.Kind == TableVanishes {
			fault.Kind = TableFine // a table that is in the statistics already cannot vanish
		}
		f.stats.held, f.stats.reloaded, f.stats.complete, f.stats.kept, f.stats.lost = true, true, false, false, false
		if l.s.unknowns.KeepsLoadTimes && f.stats.firstEnd.IsZero() {
			f.stats.firstStart, f.stats.firstEnd = f.stats.start, f.stats.end
		}
		f.stats.rows, f.stats.start, f.stats.end = 0, time.Time{}, time.Time{}
		f.stats.set(tableReloading)
		again = append(again, pending{f.selected, f.stats, fault, tableReloading})
		l.s.write(l.task, taskManager, infoLevel, "Reloading table '%s'.'%s'.", table.Schema, table.Name)
	}
	l.reloads.Go(func() {
		if err := l.loadTables(l.ctx, again); err != nil {
			l.fail(err)
		}
	})
}
