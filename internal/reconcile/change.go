package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
)

// createTask creates the task, unless the job is paused. The job's state is mostly about an earlier task, so createTask resets
// it. It keeps what a new cdc task does not repair, because such a task loads nothing: which tables have diverged or need a load.
// If somebody has deleted the task of a cdc job, the new task starts from the old checkpoint. A full-load-and-cdc task loads all
// tables and needs no checkpoint.
func (f *follower) createTask(ctx context.Context) error {
	kept, err := f.noteTablesWithoutTask(ctx)
	if err != nil {
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
	if f.job.Type == department.CDC { // The load of a full-load-and-cdc task replaces the files in the folders.
		if done, err := f.prepareFirstStart(ctx); !done || err != nil {
			return err
		}
	}
	before := f.state
	f.state = before.ForNewTask()
	f.state.LastAlert = before.LastAlert
	if f.job.Type == department.FullLoadAndCDC {
		f.state.Diverged, f.state.DDLSeen, f.state.Backfill = nil, nil, nil
		f.state.Folders = nil
	} else {
		f.state.Checkpoint, f.state.CheckpointAt = before.Checkpoint, before.CheckpointAt
		f.state.Folders = f.listedFolders()
	}
	start := f.chooseStart(before, time.Now())
	f.state.Start, f.spec.StartFrom = &start, start.Position
	f.log.Info("chose where the task starts to read the redo log", "task", f.spec.ID, "position", start.Position,
		"origin", string(start.Origin), "reason", start.Text)
	if err := f.noteGap(ctx, before, start, kept); err != nil {
		return err
	}
	if err := f.writeState(ctx); err != nil {
		return err
	}
	if err := f.testConnections(ctx); err != nil {
		return err
	}
	if f.doc.Tasks[0].Accepted, err = dms.CreateTask(ctx, f.DMS, f.spec); err == nil {
		f.log.Info("created the task", "task", f.spec.ID)
	}
	return f.waitAfter(err)
}

// replaceTask deletes a task that DMS cannot modify as the department's file says, if the file allows that. The next call of
// Reconcile creates a new one.
func (f *follower) replaceTask(ctx context.Context, d dms.Description, why string) error {
	if f.job.OnReplace != department.Restart {
		return fmt.Errorf("replication task %s differs from the department's file: %s. DMS does not change that in a task, and a new task "+
			"would lose the place in the redo log that this one has reached (%s). Undo the change in the file, or let the job start again "+
			"with onReplace: restart", d.ID, why, d.Checkpoint)
	}
	f.log.Warn("replacing the task", "reason", why, "task", d.ID, "checkpoint", d.Checkpoint)
	if _, err := f.noteStatistics(ctx, d); err != nil {
		return err
	}
	f.state.Checkpoint, f.state.Start = "", nil // The new task starts from the beginning.
	if err := f.writeState(ctx); err != nil {
		return err
	}
	return f.deleteTask(ctx, d)
}

// deleteTask stops or deletes the task; the next call of Reconcile sees the result.
func (f *follower) deleteTask(ctx context.Context, d dms.Description) error {
	if err := dms.DeleteTask(ctx, f.DMS, d); err != nil {
		return err
	}
	return f.wait()
}

// modifyTask stops the task and gives it the job's tables and settings. The next call of Reconcile resumes it. A task that has
// tables with other filters, columns or names is made again instead: see changeTransformations. modifyTask notes
// added tables in the job's state before it modifies the task: after a failure between the two, the next run still knows which
// tables need a load.
func (f *follower) modifyTask(ctx context.Context, d dms.Description) error {
	changes, err := f.compareTables(ctx, d)
	if err != nil {
		return err
	}
	if err := f.mustSayBackfill(changes.added); err != nil {
		return err
	}
	if len(changes.changed) > 0 {
		return f.changeTransformations(ctx, d, changes)
	}
	if requested, err := f.requestCheck(ctx); requested || err != nil {
		return err
	}
	if d.IsRunning() {
		return f.stopTask(ctx, d)
	}
	// The counts of tables that leave the task are gone with the modification.
	if f.doc.CountsRead, err = f.noteStatistics(ctx, d); err != nil {
		return err
	}
	if err := f.noteTables(ctx, changes); err != nil {
		return err
	}
	f.state.ResumeAttempts, f.state.GivenUpReason = 0, ""
	if err := f.saveCheckpoint(ctx, d); err != nil {
		return err
	}
	if f.doc.Tasks[0].Accepted, err = dms.ModifyTask(ctx, f.DMS, f.spec, d); err != nil {
		return err
	}
	f.doc.Tasks[0].PreviousStart = d.StartedAt // DMS may call the modified task ready, stopped or failed: none of them is this run's end.
	f.log.Info("modified the task", "task", d.ID, "added", joinNames(changes.added), "checkpoint", d.Checkpoint)
	if err := f.testConnections(ctx); err != nil {
		return err
	}
	return f.wait()
}

// stopTimeout is how long a run waits for its task to stop before it fails. DMS takes minutes.
const stopTimeout = 2 * time.Hour

// stopTask stops the task. A later call of Reconcile finds it stopped and goes on.
func (f *follower) stopTask(ctx context.Context, d dms.Description) error {
	f.log.Info("stopping the task", "task", d.ID, "checkpoint", d.Checkpoint)
	if waited := time.Since(f.doc.Began()); waited > stopTimeout {
		return fmt.Errorf("replication task %s does not stop: its status is %s after %s; look at it in the DMS console, then run the job again",
			d.ID, d.Status, waited.Round(time.Minute))
	}
	if err := dms.StopTask(ctx, f.DMS, d); err != nil {
		return err
	}
	return f.wait()
}
