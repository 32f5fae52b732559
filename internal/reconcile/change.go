package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// createTask creates the task. Most of the job's state is about a task that is gone; what stays is which tables a cdc task
// leaves incomplete, because such a task loads nothing. If somebody deleted the task, the new one starts from its checkpoint;
// one that loads in full needs none.
func (f *follower) createTask(ctx context.Context) error {
	if err := f.noteTablesWithoutTask(ctx); err != nil {
		return err
	}
	if f.job.Paused {
		f.doc.Paused = true
		f.doc.SetPhase(dms.Finished, time.Now())
		return f.writeState(ctx)
	}
	if requested, err := f.requestCheck(ctx); requested || err != nil {
		return err
	}
	before := f.state
	f.state = records.JobState{Key: before.Key, Version: before.Version, LastAlert: before.LastAlert, Manifest: before.Manifest}
	if f.job.Type == department.CDC {
		f.state.Diverged, f.state.Backfill = before.Diverged, before.Backfill
		if before.Checkpoint != "" {
			f.log.Warn("the task is gone: creating one that starts from its checkpoint", "task", f.spec.ID, "checkpoint", before.Checkpoint)
			f.state.Checkpoint, f.state.CheckpointAt = before.Checkpoint, before.CheckpointAt
			f.spec.StartFrom = before.Checkpoint
		}
	}
	if err := f.writeState(ctx); err != nil {
		return err
	}
	if err := f.testConnections(ctx); err != nil {
		return err
	}
	var err error
	if f.doc.Tasks[0].Accepted, err = dms.CreateTask(ctx, f.DMS, f.spec); err != nil {
		return err
	}
	f.log.Info("created", "task", f.spec.ID)
	return f.wait()
}

// replaceTask deletes a task that DMS cannot modify as the file says, if the file allows it. The next look creates a new one.
func (f *follower) replaceTask(ctx context.Context, d dms.Description, why string) error {
	if f.job.OnReplace != department.Restart {
		return fmt.Errorf("replication task %s cannot become what the department's file says: %s. DMS does not change that in a "+
			"task, and a new task would start without the place in the redo log that this one has reached (%s). "+
			"Restore the job, or allow it to start again with onReplace: restart", d.ID, why, d.Checkpoint)
	}
	f.log.Warn("replacing: "+why, "task", d.ID, "checkpoint", d.Checkpoint)
	f.state.Checkpoint = "" // The new task starts from the beginning.
	if err := f.writeState(ctx); err != nil {
		return err
	}
	return f.deleteTask(ctx, d)
}

func (f *follower) deleteTask(ctx context.Context, d dms.Description) error {
	if err := dms.DeleteTask(ctx, f.DMS, d); err != nil {
		return err
	}
	return f.wait()
}

// modifyTask stops the task and gives it the job's tables and settings; then the run resumes it. The job's state first gets the
// tables that join: whoever goes on after a failure still knows which ones have no history.
func (f *follower) modifyTask(ctx context.Context, d dms.Description) error {
	added, changed, err := f.compareTables(ctx, d)
	if err != nil {
		return err
	}
	if err := f.mustSayBackfill(added); err != nil {
		return err
	}
	if requested, err := f.requestCheck(ctx); requested || err != nil {
		return err
	}
	if d.IsRunning() {
		return f.stopTask(ctx, d)
	}
	f.noteTables(added, changed)
	f.state.ResumeAttempts, f.state.GivenUpReason = 0, ""
	if err := f.saveCheckpoint(ctx, d); err != nil {
		return err
	}
	if f.doc.Tasks[0].Accepted, err = dms.ModifyTask(ctx, f.DMS, f.spec, d); err != nil {
		return err
	}
	f.log.Info("modified", "task", d.ID, "added", list(added), "checkpoint", d.Checkpoint)
	return f.wait()
}

// stopTimeout is how long a run tries to stop its task. DMS takes minutes.
const stopTimeout = 2 * time.Hour

// stopTask stops the task; once it is stopped, the next look goes on.
func (f *follower) stopTask(ctx context.Context, d dms.Description) error {
	f.log.Info("stopping", "task", d.ID, "checkpoint", d.Checkpoint)
	if waited := time.Since(f.doc.StartedAt); waited > stopTimeout {
		return fmt.Errorf("replication task %s does not stop: it is %s after %s; look at it in the DMS console, then run the job again",
			d.ID, d.Status, waited.Round(time.Minute))
	}
	if err := dms.StopTask(ctx, f.DMS, d); err != nil {
		return err
	}
	return f.wait()
}
