package reconcile

import (
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/run"
)

// writeMargin is added to the job's batchSeconds, the time for which DMS may hold changes back before it writes them.
const writeMargin = time.Minute

// loadTables takes the next step to load tables while the task follows changes. It loads the tables that the request names and
// those that were added to a cdc job. A full-load-and-cdc task reloads tables itself. A cdc task cannot, so another task loads
// the tables into the same folders. Before the load, the run waits until DMS has written the changes that it has captured: a load
// replaces the tables' files, and earlier changes must not be written after it.
func (f *follower) loadTables(ctx context.Context, d dms.Description) error {
	if err := f.chooseTablesToLoad(ctx); err != nil {
		return err
	}
	now := time.Now()
	reload := f.doc.Reload
	if reload == nil || !reload.ReloadedAt.IsZero() {
		f.doc.SetPhase(dms.Finished, now)
		return nil
	}
	f.doc.Tasks[0].LastDescription = nil
	statistics, err := dms.Statistics(ctx, f.DMS, d.ARN)
	if err != nil {
		return err
	}
	written := reload.TaskStartedAt.Equal(d.StartedAt) // False before the wait, and after the task has started again.
	if !written {
		reload.DDLs = countDDL(statistics, reload.Tables)
	}
	switch {
	case !written:
		reload.TaskStartedAt = d.StartedAt
		f.doc.SetPhase(dms.Running, now)
		f.doc.WaitSeconds = f.job.BatchSeconds + int(writeMargin/time.Second)
		return f.keepReload(ctx)
	case isLoading(statistics, reload.Tables):
		f.doc.SetPhase(dms.Running, now) // DMS does not reload a table while it is loading it.
		return nil
	case f.job.Type == department.FullLoadAndCDC:
		return f.reloadTables(ctx, d, statistics, now)
	default:
		return f.backfillTables(ctx, now)
	}
}

// chooseTablesToLoad sets doc.Reload to the tables that the run loads, unless an earlier call has. doc.Reload stays nil if there
// are none.
func (f *follower) chooseTablesToLoad(ctx context.Context) error {
	requested := f.doc.Request.Reload
	switch {
	case f.doc.Reload != nil:
		return nil
	case len(requested) > 0 && f.job.Type == department.CDC:
		f.state.Backfill = union(f.state.Backfill, requested)
		if err := f.writeState(ctx); err != nil {
			return err
		}
	}
	if len(requested)+len(f.state.Backfill) > 0 {
		f.doc.Reload, f.state.Loads = &dms.TableReload{}, nil
		f.doc.FillReload(f.state)
	}
	return nil
}

// keepReload stores what doc.Reload says of each table in the job's state.
func (f *follower) keepReload(ctx context.Context) error {
	f.doc.KeepReload(&f.state)
	return f.writeState(ctx)
}

// countDDL returns how many DDL statements each of the tables (SCHEMA.TABLE) has had. It is called before the wait for captured
// changes: the load comes after that and includes their effect.
func countDDL(statistics []dms.TableStatistics, tables []string) map[string]int64 {
	counts := map[string]int64{}
	for _, s := range statistics {
		if slices.Contains(tables, s.String()) {
			counts[s.String()] = s.DDLs
		}
	}
	return counts
}

// isLoading says that DMS is loading one of the tables (SCHEMA.TABLE). It goes by the states of a load: which state a table has that
// a task only follows is not documented.
func isLoading(statistics []dms.TableStatistics, tables []string) bool {
	return slices.ContainsFunc(statistics, func(s dms.TableStatistics) bool {
		return s.Loading() && slices.Contains(tables, s.String())
	})
}

// reloadTables requests from DMS that the running task reloads the tables. DMS refuses that while a table waits for its first load.
func (f *follower) reloadTables(ctx context.Context, d dms.Description, statistics []dms.TableStatistics, now time.Time) error {
	reload := f.doc.Reload
	part, err := f.job.WithTables(reload.Tables)
	if err != nil {
		return err
	}
	err = dms.Reload(ctx, f.DMS, d, part.Tasks[0].Tables)
	if waiting, err := f.doc.AwaitRefusal(f.log, err, now); waiting || err != nil {
		return err
	}
	reload.Begin(statistics, now)
	f.log.Info("reloading tables", "task", d.ID, "tables", joinNames(reload.Tables))
	f.doc.SetPhase(dms.Running, now)
	return f.keepReload(ctx)
}

// backfillTables creates the task that loads the tables. The first call only writes the task's identifier into the document, so
// that Delete finds the task after a failure.
func (f *follower) backfillTables(ctx context.Context, now time.Time) error {
	task, err := f.job.BackfillTask(f.doc.Reload.Tables)
	if err != nil {
		return err
	}
	if len(f.doc.Tasks) == 1 {
		f.doc.Tasks = append(f.doc.Tasks, dms.Task{ID: run.TaskID(f.Stack, task), Backfill: true})
		f.doc.Leftovers = nil // This run uses the task, if an abandoned run has left it.
		f.doc.SetPhase(run.Reconciling, now)
		return nil
	}
	spec := run.BackfillSpec(f.Stack, f.doc, f.job, task)
	ensured, err := dms.Ensure(ctx, f.DMS, []dms.Spec{spec}, f.doc.Began())
	if err == nil {
		f.doc.Tasks[1].Accepted = ensured[0].Accepted
		f.log.Info("ensured the task", "task", spec.ID, "accepted", ensured[0].Accepted, "tables", joinNames(f.doc.Reload.Tables))
		err = f.testConnections(ctx) // The task has a target endpoint of its own.
	}
	return f.waitAfter(err)
}
