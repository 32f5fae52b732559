package run

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
)

// flushMargin is added to the time that DMS may hold changes back before it writes them.
const flushMargin = time.Minute

// load does what can be done now to load tables anew, or for the first time, beside the running task: those that the
// run was asked to reload, and those that joined a cdc job. A full-load-and-cdc task reloads them itself; a cdc task
// cannot, so a task of its own loads them, into the same folders.
func (f *follower) load(ctx context.Context, d dms.Description) error {
	switch {
	case f.run.Reload != nil:
	case len(f.run.Request.Reload) > 0 && f.job.Type == department.FullLoadAndCDC:
		f.run.Reload = &dms.TableReload{Tables: f.run.Request.Reload}
	case len(f.run.Request.Reload) > 0:
		f.state.Backfill = union(f.state.Backfill, f.run.Request.Reload)
		if err := f.writeState(ctx); err != nil {
			return err
		}
		fallthrough
	case len(f.state.Backfill) > 0:
		f.run.Reload = &dms.TableReload{Tables: f.state.Backfill}
	}
	now := time.Now()
	l := f.run.Reload
	if l == nil || !l.ReloadedAt.IsZero() {
		f.run.SetPhase(dms.Finished, now)
		return nil
	}
	f.run.Tasks[0].LastDescription = nil
	busy, err := f.count(ctx, d, l)
	if err != nil {
		return err
	}
	if !l.ChangesWritten {
		l.ChangesWritten = true
		f.run.SetPhase(dms.Running, now)
		f.run.WaitSeconds = f.job.BatchSeconds + int(flushMargin/time.Second)
		return nil
	}
	if busy {
		f.run.SetPhase(dms.Running, now) // DMS does not reload a table that is being loaded.
		return nil
	}
	if f.job.Type == department.FullLoadAndCDC {
		tables, err := f.named(l.Tables)
		if err != nil {
			return err
		}
		l.ReloadedAt = now
		f.log.Info("reloading", "task", d.ID, "tables", list(l.Tables))
		f.run.SetPhase(dms.Running, now)
		return dms.Reload(ctx, f.DMS, d, tables)
	}
	return f.backfill(ctx, now)
}

// backfill makes the task that loads the tables; first only names it in the document, so that a failure leaves none
// behind that the run does not know.
func (f *follower) backfill(ctx context.Context, now time.Time) error {
	task, err := f.job.BackfillTask(f.run.Reload.Tables)
	if err != nil {
		return err
	}
	if len(f.run.Tasks) == 1 {
		f.run.Tasks = append(f.run.Tasks, dms.Task{ID: f.taskID(task), Backfill: true})
		f.run.Leftovers = nil // This run makes use of it.
		f.run.SetPhase(dms.Missing, now)
		return nil
	}
	spec := f.Create.spec(f.run, f.job.Name, department.FullLoad, task)
	made, err := dms.Ensure(ctx, f.DMS, []dms.Spec{spec}, f.run.StartedAt)
	if err != nil {
		return err
	}
	made[0].Backfill = true
	f.run.Tasks[1] = made[0]
	f.log.Info("ensured", "task", spec.ID, "accepted", made[0].Accepted, "tables", list(f.run.Reload.Tables))
	return f.wait()
}

// count notes how many DDL statements the tables have seen before the wait for what was captured; what the load brings is
// later than those. busy says that one of the tables is being loaded now.
func (f *follower) count(ctx context.Context, d dms.Description, l *dms.TableReload) (busy bool, err error) {
	statistics, err := dms.Statistics(ctx, f.DMS, d.ARN)
	if err != nil {
		return false, err
	}
	counts := map[string]int64{}
	for _, s := range statistics {
		name := s.Schema + "." + s.Name
		if !slices.Contains(l.Tables, name) {
			continue
		}
		counts[name] = s.DDLs
		busy = busy || !s.Idle() && !s.GivenUp()
	}
	if !l.ChangesWritten {
		l.DDLs = counts
	}
	return busy, nil
}

// named finds tables of the job by their names.
func (f *follower) named(names []string) ([]manifest.Table, error) {
	some, err := f.job.Only(names)
	if err != nil {
		return nil, err
	}
	return some.Tasks[0].Tables, nil
}

// list names tables in a sentence, but not hundreds of them.
func list(names []string) string {
	const most = 10
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}
