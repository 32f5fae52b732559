package workflow

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/replication"
)

// mostResumes is how many runs in a row resume a task before a person has to look at it.
const mostResumes = 3

// follow is the reconcile loop of a job that follows changes: one look at its task, and what can be done now to bring
// it closer to what the manifest says. Create calls it again as long as the run's phase is Missing.
func (c Create) follow(ctx context.Context, log *slog.Logger, run *Run) error {
	job, err := loadJob(ctx, c.Objects, run.Manifest, run.Request.whole())
	if err != nil {
		return err
	}
	state, err := history.FindState(ctx, c.Records, c.Table, job.Name)
	if err != nil {
		return err
	}
	f := &follower{Create: c, log: log, run: run, job: job, spec: c.specs(run, job)[0], state: state}
	loader := replication.Task{ID: c.backfillID(job)}
	found, err := replication.Describe(ctx, c.DMS, []replication.Task{run.Tasks[0], loader})
	if err != nil {
		return err
	}
	if _, left := found[loader.ID]; left && len(run.Tasks) == 1 {
		run.Leftovers = []replication.Task{loader} // A run that died was loading tables; this one may have none to load.
	}
	d, exists := found[f.spec.ID]
	f.run.Tasks[0] = replication.Task{ID: f.spec.ID}
	switch {
	case !exists:
		return f.make(ctx)
	case !d.AtWork() && !d.AtRest():
		return f.wait()
	}
	difference, why, err := replication.Compare(ctx, c.DMS, f.spec, d)
	if err != nil {
		return err
	}
	switch difference {
	case replication.Gone:
		return f.wait()
	case replication.Useless:
		return f.remove(ctx, d)
	case replication.Unchangeable:
		return f.replace(ctx, d, why)
	case replication.Changeable:
		return f.change(ctx, d)
	default:
		return f.keep(ctx, d)
	}
}

// follower is one look at the task of a job that follows changes.
type follower struct {
	Create
	log   *slog.Logger
	run   *Run
	job   manifest.Job
	spec  replication.Spec
	state history.State
}

// wait has the task looked at again later.
func (f *follower) wait() error {
	f.run.enter(replication.Pending, time.Now())
	return nil
}

// make creates the task. What the job remembers is about a task that is gone, but for what a cdc task does not mend: it
// loads nothing, so the lake has no more of its tables than before. If that task was not given up on purpose, because
// somebody deleted it, the new one goes on from where it was; one that loads in full needs no such thing.
func (f *follower) make(ctx context.Context) error {
	if f.job.Paused {
		f.run.Paused = true
		f.run.enter(replication.Finished, time.Now())
		return nil
	}
	if asked, err := f.check(ctx); asked || err != nil {
		return err
	}
	before := f.state
	f.state = history.State{Key: before.Key, Version: before.Version, Told: before.Told}
	if f.job.Type == department.CDC {
		f.state.Diverged, f.state.Backfill = before.Diverged, before.Backfill
		f.forget()
		if before.Checkpoint != "" {
			f.log.Warn("the task is gone: making one that goes on from its checkpoint", "task", f.spec.ID, "checkpoint", before.Checkpoint)
			f.state.Checkpoint, f.state.CheckpointAt = before.Checkpoint, before.CheckpointAt
			f.spec.StartFrom = before.Checkpoint
		}
	}
	if err := f.remember(ctx); err != nil {
		return err
	}
	if err := f.test(ctx); err != nil {
		return err
	}
	var err error
	if f.run.Tasks[0].Accepted, err = replication.Make(ctx, f.DMS, f.spec); err != nil {
		return err
	}
	f.log.Info("made", "task", f.spec.ID)
	return f.wait()
}

// replace throws the task away, if the file allows it. The next look makes a new one.
func (f *follower) replace(ctx context.Context, d replication.Description, why string) error {
	if f.job.OnReplace != department.Restart {
		return fmt.Errorf("replication task %s cannot become what the department's file says: %s. DMS does not change that in a "+
			"task, and a new task would begin without the place in the redo log that this one has reached (%s). "+
			"Restore the job, or allow it to begin anew with onReplace: restart", d.ID, why, d.Checkpoint)
	}
	f.log.Warn("replacing: "+why, "task", d.ID, "checkpoint", d.Checkpoint)
	f.state.Checkpoint = "" // The new task begins anew.
	if err := f.remember(ctx); err != nil {
		return err
	}
	return f.remove(ctx, d)
}

// remove stops and deletes the task.
func (f *follower) remove(ctx context.Context, d replication.Description) error {
	if err := replication.Remove(ctx, f.DMS, d); err != nil {
		return err
	}
	return f.wait()
}

// change stops the task and gives it the job's tables and settings; the run resumes it then. Tables that join are
// written down first: whoever goes on after a failure still knows which ones have no history.
func (f *follower) change(ctx context.Context, d replication.Description) error {
	joined, reshaped, err := f.compare(ctx, d)
	if err != nil {
		return err
	}
	if f.job.Type == department.CDC && len(joined) > 0 && f.job.Backfill == nil {
		return fmt.Errorf("tables %s join job %s, which follows changes only: say in the department's file whether they are loaded "+
			"once (backfill: true) or begin with the changes from now on (backfill: false)", list(joined), f.job.Name)
	}
	if asked, err := f.check(ctx); asked || err != nil {
		return err
	}
	if d.AtWork() {
		return f.halt(ctx, d)
	}
	switch {
	case f.job.Type == department.FullLoadAndCDC:
		f.state.Loading = union(f.state.Loading, joined)
	case len(joined) > 0 && *f.job.Backfill:
		f.state.Backfill = union(f.state.Backfill, joined)
	}
	f.forget()
	for _, name := range reshaped {
		f.state.Diverge(name, "its filters, excluded columns or name in the lake were changed in the department's file, and what came "+
			"before is in the lake as it was")
	}
	f.state.Resumes, f.state.Broken = 0, ""
	if err := f.mark(ctx, d); err != nil {
		return err
	}
	if f.run.Tasks[0].Accepted, err = replication.Change(ctx, f.DMS, f.spec, d); err != nil {
		return err
	}
	f.log.Info("changed", "task", d.ID, "joined", list(joined), "checkpoint", d.Checkpoint)
	return f.wait()
}

// keep looks after a task that is as it should be.
func (f *follower) keep(ctx context.Context, d replication.Description) error {
	switch {
	case f.job.Paused && d.AtWork():
		return f.halt(ctx, d)
	case f.job.Paused:
		f.run.Paused = true
		f.run.enter(replication.Finished, time.Now())
		return f.mark(ctx, d)
	case d.AtWork():
		f.run.Tasks[0].Accepted, f.run.Tasks[0].Seen = true, &d
		return f.load(ctx, d)
	default:
		return f.resume(ctx, d)
	}
}

// haltPatience is how long a run tries to stop its task. DMS takes minutes.
const haltPatience = 2 * time.Hour

// halt stops the task; once it is at rest, the next look goes on.
func (f *follower) halt(ctx context.Context, d replication.Description) error {
	f.log.Info("stopping", "task", d.ID, "checkpoint", d.Checkpoint)
	if waited := time.Since(f.run.StartedAt); waited > haltPatience {
		return fmt.Errorf("replication task %s does not stop: it is %s after %s; look at it in the DMS console, then run the job again",
			d.ID, d.Status, waited.Round(time.Minute))
	}
	if err := replication.Halt(ctx, f.DMS, d); err != nil {
		return err
	}
	return f.wait()
}

// resume prepares a task at rest to be started, unless it was resumed in vain too often.
func (f *follower) resume(ctx context.Context, d replication.Description) error {
	f.run.Tasks[0].Accepted, f.run.Tasks[0].Before = true, d.StartedAt
	if d.Halted() || f.run.Request.Resume {
		f.state.Resumes = 0 // A person or a deploy stopped it, and until then it had kept running; or a person wants it tried.
	}
	if f.state.Resumes >= mostResumes {
		f.state.Broken = fmt.Sprintf("replication task %s was resumed %d times in a row and did not keep running: %s %s. "+
			`Mend the cause, then start the state machine with {"job": %q, "resume": true}; the task goes on from its checkpoint %s. `+
			"If the redo log from there on is gone for good, take the job out of the department's file, deploy, and put it back: it begins anew",
			d.ID, mostResumes, d.StopReason, d.FailureMessage, f.job.Name, d.Checkpoint)
		f.run.Error = &Error{Error: "Broken", Cause: f.state.Broken}
		f.run.enter(replication.Failed, time.Now())
		return f.mark(ctx, d)
	}
	f.state.Broken = ""
	f.log.Warn("resuming", "task", d.ID, "status", d.Status, "reason", d.StopReason+" "+d.FailureMessage)
	if err := f.mark(ctx, d); err != nil {
		return err
	}
	if err := f.test(ctx); err != nil {
		return err
	}
	return f.wait()
}

func (f *follower) test(ctx context.Context) error {
	return f.Create.test(ctx, f.run)
}

// mark writes down how far the task has come, before anything is done to it.
func (f *follower) mark(ctx context.Context, d replication.Description) error {
	if d.Checkpoint != "" {
		f.state.Checkpoint, f.state.CheckpointAt = d.Checkpoint, new(time.Now())
	}
	return f.remember(ctx)
}

func (f *follower) remember(ctx context.Context) error {
	return history.WriteState(ctx, f.Leases, f.Table, &f.state)
}
