package run

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

// maxResumeAttempts is how many runs in a row resume a task before a person has to look at it.
const maxResumeAttempts = 3

// follow is the reconcile loop of a job that follows changes: one look at its task, and what can be done now to bring
// it closer to what the manifest says. Create calls it again as long as the run's phase is Missing.
func (c Create) follow(ctx context.Context, log *slog.Logger, run *Document) error {
	job, err := loadJob(ctx, c.Objects, run.Manifest, run.Request.whole())
	if err != nil {
		return err
	}
	state, err := records.FindJobState(ctx, c.Records, c.Table, job.Name)
	if err != nil {
		return err
	}
	f := &follower{Create: c, log: log, run: run, job: job, spec: c.specs(run, job)[0], state: state}
	loader := dms.Task{ID: c.backfillID(job)}
	found, err := dms.Describe(ctx, c.DMS, []dms.Task{run.Tasks[0], loader})
	if err != nil {
		return err
	}
	if _, left := found[loader.ID]; left && len(run.Tasks) == 1 {
		run.Leftovers = []dms.Task{loader} // A run that died was loading tables; this one may have none to load.
	}
	d, exists := found[f.spec.ID]
	f.run.Tasks[0] = dms.Task{ID: f.spec.ID}
	switch {
	case !exists:
		return f.createTask(ctx)
	case !d.IsRunning() && !d.IsStopped():
		return f.wait()
	}
	difference, why, err := dms.Compare(ctx, c.DMS, f.spec, d)
	if err != nil {
		return err
	}
	switch difference {
	case dms.Gone:
		return f.wait()
	case dms.NeverStarted:
		return f.remove(ctx, d)
	case dms.NeedsReplacement:
		return f.replace(ctx, d, why)
	case dms.Modifiable:
		return f.change(ctx, d)
	default:
		return f.keep(ctx, d)
	}
}

// follower is one look at the task of a job that follows changes.
type follower struct {
	Create
	log   *slog.Logger
	run   *Document
	job   manifest.Job
	spec  dms.Spec
	state records.JobState
}

// wait has the task looked at again later.
func (f *follower) wait() error {
	f.run.SetPhase(dms.Pending, time.Now())
	return nil
}

// createTask creates the task. What the job remembers is about a task that is gone, but for what a cdc task does not mend: it
// loads nothing, so the lake has no more of its tables than before. If that task was not given up on purpose, because
// somebody deleted it, the new one goes on from where it was; one that loads in full needs no such thing.
func (f *follower) createTask(ctx context.Context) error {
	if f.job.Paused {
		f.run.Paused = true
		f.run.SetPhase(dms.Finished, time.Now())
		return nil
	}
	if asked, err := f.check(ctx); asked || err != nil {
		return err
	}
	before := f.state
	f.state = records.JobState{Key: before.Key, Version: before.Version, LastAlert: before.LastAlert}
	if f.job.Type == department.CDC {
		f.state.Diverged, f.state.Backfill = before.Diverged, before.Backfill
		f.pruneTables()
		if before.Checkpoint != "" {
			f.log.Warn("the task is gone: making one that goes on from its checkpoint", "task", f.spec.ID, "checkpoint", before.Checkpoint)
			f.state.Checkpoint, f.state.CheckpointAt = before.Checkpoint, before.CheckpointAt
			f.spec.StartFrom = before.Checkpoint
		}
	}
	if err := f.writeState(ctx); err != nil {
		return err
	}
	if err := f.test(ctx); err != nil {
		return err
	}
	var err error
	if f.run.Tasks[0].Accepted, err = dms.CreateTask(ctx, f.DMS, f.spec); err != nil {
		return err
	}
	f.log.Info("made", "task", f.spec.ID)
	return f.wait()
}

// replace throws the task away, if the file allows it. The next look makes a new one.
func (f *follower) replace(ctx context.Context, d dms.Description, why string) error {
	if f.job.OnReplace != department.Restart {
		return fmt.Errorf("replication task %s cannot become what the department's file says: %s. DMS does not change that in a "+
			"task, and a new task would begin without the place in the redo log that this one has reached (%s). "+
			"Restore the job, or allow it to begin anew with onReplace: restart", d.ID, why, d.Checkpoint)
	}
	f.log.Warn("replacing: "+why, "task", d.ID, "checkpoint", d.Checkpoint)
	f.state.Checkpoint = "" // The new task begins anew.
	if err := f.writeState(ctx); err != nil {
		return err
	}
	return f.remove(ctx, d)
}

// remove stops and deletes the task.
func (f *follower) remove(ctx context.Context, d dms.Description) error {
	if err := dms.DeleteTask(ctx, f.DMS, d); err != nil {
		return err
	}
	return f.wait()
}

// change stops the task and gives it the job's tables and settings; the run resumes it then. Tables that join are
// written down first: whoever goes on after a failure still knows which ones have no history.
func (f *follower) change(ctx context.Context, d dms.Description) error {
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
	if d.IsRunning() {
		return f.stopTask(ctx, d)
	}
	switch {
	case f.job.Type == department.FullLoadAndCDC:
		f.state.AwaitingLoad = union(f.state.AwaitingLoad, joined)
	case len(joined) > 0 && *f.job.Backfill:
		f.state.Backfill = union(f.state.Backfill, joined)
	}
	f.pruneTables()
	for _, name := range reshaped {
		f.state.Diverge(name, "its filters, excluded columns or name in the lake were changed in the department's file, and what came "+
			"before is in the lake as it was")
	}
	f.state.ResumeAttempts, f.state.GivenUpReason = 0, ""
	if err := f.saveCheckpoint(ctx, d); err != nil {
		return err
	}
	if f.run.Tasks[0].Accepted, err = dms.ModifyTask(ctx, f.DMS, f.spec, d); err != nil {
		return err
	}
	f.log.Info("changed", "task", d.ID, "joined", list(joined), "checkpoint", d.Checkpoint)
	return f.wait()
}

// keep looks after a task that is as it should be.
func (f *follower) keep(ctx context.Context, d dms.Description) error {
	switch {
	case f.job.Paused && d.IsRunning():
		return f.stopTask(ctx, d)
	case f.job.Paused:
		f.run.Paused = true
		f.run.SetPhase(dms.Finished, time.Now())
		return f.saveCheckpoint(ctx, d)
	case d.IsRunning():
		f.run.Tasks[0].Accepted, f.run.Tasks[0].LastDescription = true, &d
		return f.load(ctx, d)
	default:
		return f.resume(ctx, d)
	}
}

// stopTimeout is how long a run tries to stop its task. DMS takes minutes.
const stopTimeout = 2 * time.Hour

// stopTask stops the task; once it is at rest, the next look goes on.
func (f *follower) stopTask(ctx context.Context, d dms.Description) error {
	f.log.Info("stopping", "task", d.ID, "checkpoint", d.Checkpoint)
	if waited := time.Since(f.run.StartedAt); waited > stopTimeout {
		return fmt.Errorf("replication task %s does not stop: it is %s after %s; look at it in the DMS console, then run the job again",
			d.ID, d.Status, waited.Round(time.Minute))
	}
	if err := dms.StopTask(ctx, f.DMS, d); err != nil {
		return err
	}
	return f.wait()
}

// resume prepares a task at rest to be started, unless it was resumed in vain too often.
func (f *follower) resume(ctx context.Context, d dms.Description) error {
	f.run.Tasks[0].Accepted, f.run.Tasks[0].PreviousStart = true, d.StartedAt
	if d.StoppedByUser() || f.run.Request.Resume {
		f.state.ResumeAttempts = 0 // A person or a deploy stopped it, and until then it had kept running; or a person wants it tried.
	}
	if f.state.ResumeAttempts >= maxResumeAttempts {
		f.state.GivenUpReason = fmt.Sprintf("replication task %s was resumed %d times in a row and did not keep running: %s %s. "+
			`Mend the cause, then start the state machine with {"job": %q, "resume": true}; the task goes on from its checkpoint %s. `+
			"If the redo log from there on is gone for good, take the job out of the department's file, deploy, and put it back: it begins anew",
			d.ID, maxResumeAttempts, d.StopReason, d.FailureMessage, f.job.Name, d.Checkpoint)
		f.run.Error = &Error{Error: "Broken", Cause: f.state.GivenUpReason}
		f.run.SetPhase(dms.Failed, time.Now())
		return f.saveCheckpoint(ctx, d)
	}
	f.state.GivenUpReason = ""
	f.log.Warn("resuming", "task", d.ID, "status", d.Status, "reason", d.StopReason+" "+d.FailureMessage)
	if err := f.saveCheckpoint(ctx, d); err != nil {
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

// saveCheckpoint writes down how far the task has come, before anything is done to it.
func (f *follower) saveCheckpoint(ctx context.Context, d dms.Description) error {
	if d.Checkpoint != "" {
		f.state.Checkpoint, f.state.CheckpointAt = d.Checkpoint, new(time.Now())
	}
	return f.writeState(ctx)
}

func (f *follower) writeState(ctx context.Context) error {
	return records.WriteJobState(ctx, f.Leases, f.Table, &f.state)
}
