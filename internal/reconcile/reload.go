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
	loading, err := f.countDDL(ctx, d, reload)
	if err != nil {
		return err
	}
	switch {
	case !reload.ChangesWritten:
		reload.ChangesWritten = true
		f.doc.SetPhase(dms.Running, now)
		f.doc.WaitSeconds = f.job.BatchSeconds + int(writeMargin/time.Second)
		return nil
	case loading:
		f.doc.SetPhase(dms.Running, now) // DMS does not reload a table while it is loading it.
		return nil
	case f.job.Type == department.FullLoadAndCDC:
		return f.reloadTables(ctx, d, now)
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
	case len(requested) > 0 && f.job.Type == department.FullLoadAndCDC:
		f.doc.Reload = &dms.TableReload{Tables: requested}
		return nil
	case len(requested) > 0:
		f.state.Backfill = union(f.state.Backfill, requested)
		if err := f.writeState(ctx); err != nil {
			return err
		}
	}
	if len(f.state.Backfill) > 0 {
		f.doc.Reload = &dms.TableReload{Tables: f.state.Backfill}
	}
	return nil
}

// countDDL notes in reload how many DDL statements each table has had, until the wait for captured changes begins. The load comes
// after that and includes their effect. loading says that DMS is loading one of the tables now.
func (f *follower) countDDL(ctx context.Context, d dms.Description, reload *dms.TableReload) (loading bool, err error) {
	statistics, err := dms.Statistics(ctx, f.DMS, d.ARN)
	if err != nil {
		return false, err
	}
	counts := map[string]int64{}
	for _, s := range statistics {
		name := s.String()
		if !slices.Contains(reload.Tables, name) {
			continue
		}
		counts[name] = s.DDLs
		loading = loading || !s.Idle() && !s.GivenUp()
	}
	if !reload.ChangesWritten {
		reload.DDLs, reload.TaskStartedAt = counts, d.StartedAt
	}
	return loading, nil
}

// reloadTables requests from DMS that the running task reloads the tables.
func (f *follower) reloadTables(ctx context.Context, d dms.Description, now time.Time) error {
	reload := f.doc.Reload
	part, err := f.job.WithTables(reload.Tables)
	if err != nil {
		return err
	}
	reload.ReloadedAt = now
	f.log.Info("reloading tables", "task", d.ID, "tables", joinNames(reload.Tables))
	f.doc.SetPhase(dms.Running, now)
	return dms.Reload(ctx, f.DMS, d, part.Tasks[0].Tables)
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
	spec := run.TaskSpec(f.Stack, f.doc, f.job.Name, department.FullLoad, task)
	ensured, err := dms.Ensure(ctx, f.DMS, []dms.Spec{spec}, f.doc.Began())
	if err != nil {
		return err
	}
	ensured[0].Backfill = true
	f.doc.Tasks[1] = ensured[0]
	f.log.Info("ensured the task", "task", spec.ID, "accepted", ensured[0].Accepted, "tables", joinNames(f.doc.Reload.Tables))
	return f.wait()
}
