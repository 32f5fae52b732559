package reconcile

import (
	"context"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/run"
)

// writeMargin is added to the time that DMS may hold changes back before it writes them.
const writeMargin = time.Minute

// load does what can be done now to load tables while the task follows changes: those that the run was asked to reload, and
// those that joined a cdc job. A full-load-and-cdc task reloads them itself; a cdc task cannot, so a task of its own loads them
// into the same folders. First the run waits until earlier changes are in the lake: a load replaces the tables' files, and
// changes written after it would be applied to it.
func (f *follower) load(ctx context.Context, d dms.Description) error {
	if err := f.beginReload(ctx); err != nil {
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
		f.doc.SetPhase(dms.Running, now) // DMS does not reload a table that it is loading.
		return nil
	case f.job.Type == department.FullLoadAndCDC:
		return f.reloadTables(ctx, d, now)
	default:
		return f.backfill(ctx, now)
	}
}

// beginReload decides which tables the run loads, if it has not yet.
func (f *follower) beginReload(ctx context.Context) error {
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

// countDDL notes how many DDL statements the tables have had before the wait for earlier changes: the load comes after those.
// loading says that DMS is loading one of the tables now.
func (f *follower) countDDL(ctx context.Context, d dms.Description, reload *dms.TableReload) (loading bool, err error) {
	statistics, err := dms.Statistics(ctx, f.DMS, d.ARN)
	if err != nil {
		return false, err
	}
	counts := map[string]int64{}
	for _, s := range statistics {
		name := s.Schema + "." + s.Name
		if !slices.Contains(reload.Tables, name) {
			continue
		}
		counts[name] = s.DDLs
		loading = loading || !s.Idle() && !s.GivenUp()
	}
	if !reload.ChangesWritten {
		reload.DDLs = counts
	}
	return loading, nil
}

// reloadTables tells DMS to reload the tables within the running task.
func (f *follower) reloadTables(ctx context.Context, d dms.Description, now time.Time) error {
	reload := f.doc.Reload
	some, err := f.job.WithTables(reload.Tables)
	if err != nil {
		return err
	}
	reload.ReloadedAt = now
	f.log.Info("reloading", "task", d.ID, "tables", list(reload.Tables))
	f.doc.SetPhase(dms.Running, now)
	return dms.Reload(ctx, f.DMS, d, some.Tasks[0].Tables)
}

// backfill makes the task that loads the tables. First it only names the task in the document, so that a failure leaves no task
// that the run does not know.
func (f *follower) backfill(ctx context.Context, now time.Time) error {
	task, err := f.job.BackfillTask(f.doc.Reload.Tables)
	if err != nil {
		return err
	}
	if len(f.doc.Tasks) == 1 {
		f.doc.Tasks = append(f.doc.Tasks, dms.Task{ID: run.TaskID(f.Stack, task), Backfill: true})
		f.doc.Leftovers = nil // This run uses it.
		f.doc.SetPhase(run.Reconciling, now)
		return nil
	}
	spec := run.TaskSpec(f.Stack, f.doc, f.job.Name, department.FullLoad, task)
	made, err := dms.Ensure(ctx, f.DMS, []dms.Spec{spec}, f.doc.StartedAt)
	if err != nil {
		return err
	}
	made[0].Backfill = true
	f.doc.Tasks[1] = made[0]
	f.log.Info("ensured", "task", spec.ID, "accepted", made[0].Accepted, "tables", list(f.doc.Reload.Tables))
	return f.wait()
}
