package workflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/replication"
)

// Load is a load of some tables of a job that follows changes, while it follows them.
type Load struct {
	Tables []string `json:"tables"` // SCHEMA.TABLE
	// Flushed says that the run has waited until what was captured before is in the lake: the load replaces the tables'
	// files, and changes that were written after it would be applied to it.
	Flushed bool `json:"flushed,omitempty"`
	// ReloadedAt is when DMS was told to reload the tables; zero before, and for tables that get a task of their own.
	ReloadedAt time.Time `json:"reloadedAt,omitzero"`
	// DDLs is how many DDL statements DMS had counted in each table before that wait: what came before those is in the lake
	// when the load begins. A TRUNCATE during the wait may have changes before it that are written after the load.
	DDLs map[string]int64 `json:"ddls,omitempty"`
}

// unfinished lists the tables that DMS is still to reload. A table in error is finished: the judge tells.
func (l *Load) unfinished(statistics []replication.TableStatistics) (names []string) {
	// The clocks of DMS and of the function that told it to reload may differ a little.
	const skew = time.Minute
	began := l.ReloadedAt.Add(-skew)
	for _, s := range statistics {
		name := s.Schema + "." + s.Name
		if slices.Contains(l.Tables, name) && !s.Broken() && (!s.Loaded() || s.LoadEndedAt.Before(began)) {
			names = append(names, name)
		}
	}
	return names
}

// flushMargin is added to the time that DMS may hold changes back before it writes them.
const flushMargin = time.Minute

// load does what can be done now to load tables anew, or for the first time, beside the running task: those that the
// run was asked to reload, and those that joined a cdc job. A full-load-and-cdc task reloads them itself; a cdc task
// cannot, so a task of its own loads them, into the same folders.
func (f *follower) load(ctx context.Context, d replication.Description) error {
	switch {
	case f.run.Load != nil:
	case len(f.run.Request.Reload) > 0 && f.job.Type == department.FullLoadAndCDC:
		f.run.Load = &Load{Tables: f.run.Request.Reload}
	case len(f.run.Request.Reload) > 0:
		f.state.Backfill = union(f.state.Backfill, f.run.Request.Reload)
		if err := f.remember(ctx); err != nil {
			return err
		}
		fallthrough
	case len(f.state.Backfill) > 0:
		f.run.Load = &Load{Tables: f.state.Backfill}
	}
	now := time.Now()
	l := f.run.Load
	if l == nil || !l.ReloadedAt.IsZero() {
		f.run.enter(replication.Finished, now)
		return nil
	}
	f.run.Tasks[0].Seen = nil
	busy, err := f.count(ctx, d, l)
	if err != nil {
		return err
	}
	if !l.Flushed {
		l.Flushed = true
		f.run.enter(replication.Running, now)
		f.run.WaitSeconds = f.job.BatchSeconds + int(flushMargin/time.Second)
		return nil
	}
	if busy {
		f.run.enter(replication.Running, now) // DMS does not reload a table that is being loaded.
		return nil
	}
	if f.job.Type == department.FullLoadAndCDC {
		tables, err := f.named(l.Tables)
		if err != nil {
			return err
		}
		l.ReloadedAt = now
		f.log.Info("reloading", "task", d.ID, "tables", list(l.Tables))
		f.run.enter(replication.Running, now)
		return replication.Reload(ctx, f.DMS, d, tables)
	}
	return f.backfill(ctx, now)
}

// backfill makes the task that loads the tables; first only names it in the document, so that a failure leaves none
// behind that the run does not know.
func (f *follower) backfill(ctx context.Context, now time.Time) error {
	task, err := f.job.BackfillTask(f.run.Load.Tables)
	if err != nil {
		return err
	}
	if len(f.run.Tasks) == 1 {
		f.run.Tasks = append(f.run.Tasks, replication.Task{ID: f.taskID(task), Load: true})
		f.run.Leftovers = nil // This run makes use of it.
		f.run.enter(replication.Missing, now)
		return nil
	}
	spec := f.Create.spec(f.run, f.job.Name, department.FullLoad, task)
	made, err := replication.Ensure(ctx, f.DMS, []replication.Spec{spec}, f.run.StartedAt)
	if err != nil {
		return err
	}
	made[0].Load = true
	f.run.Tasks[1] = made[0]
	f.log.Info("ensured", "task", spec.ID, "accepted", made[0].Accepted, "tables", list(f.run.Load.Tables))
	return f.wait()
}

// count notes how many DDL statements the tables have seen before the wait for what was captured; what the load brings is
// later than those. busy says that one of the tables is being loaded now.
func (f *follower) count(ctx context.Context, d replication.Description, l *Load) (busy bool, err error) {
	statistics, err := replication.Statistics(ctx, f.DMS, d.ARN)
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
		busy = busy || !s.Idle() && !s.Broken()
	}
	if !l.Flushed {
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
