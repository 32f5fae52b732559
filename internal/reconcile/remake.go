package reconcile

import (
	"context"
	"fmt"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
)

// changeTransformations gives a task other filters, columns or names of tables that it follows already. DMS does not apply these
// to a task that resumes (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Transformations): a column that is
// excluded later keeps arriving. So the task is made again.
func (f *follower) changeTransformations(ctx context.Context, d dms.Description, c tableChanges) error {
	why := "the filters, columns or names in the lake of " + joinNames(c.changed) + " change"
	if len(c.returned) > 0 {
		why += fmt.Sprintf(" (%s left the task and comes back before the task was started without it)", joinNames(c.returned))
	}
	if f.job.Type != department.CDC {
		return f.replaceTask(ctx, d, why) // A new task loads all tables.
	}
	if !d.IsRunning() {
		if err := f.noteTables(ctx, c); err != nil {
			return err
		}
	}
	return f.remakeTask(ctx, d, why)
}

// remakeTask stops and deletes a cdc task that DMS cannot modify as the department's file says. The next call of Reconcile creates
// the task again from its checkpoint, which is a start position of a new task (CHAP_Task.CDC), or from the start of the task if DMS
// reports no checkpoint yet. So no change is lost.
func (f *follower) remakeTask(ctx context.Context, d dms.Description, why string) error {
	if requested, err := f.requestCheck(ctx); requested || err != nil {
		return err
	}
	if d.IsRunning() {
		return f.stopTask(ctx, d)
	}
	if start := f.state.Start; d.Checkpoint+f.state.Checkpoint == "" && (start == nil || start.Position == "") {
		return f.replaceTask(ctx, d, fmt.Sprintf("%s, and it is not known from where a new task would have to start", why))
	}
	if _, err := f.noteStatistics(ctx, d); err != nil {
		return err
	}
	f.state.ResumeAttempts, f.state.GivenUpReason = 0, ""
	if start := f.state.Start; d.Checkpoint != "" && start != nil && start.Execution == f.doc.Execution {
		f.state.Start = nil // This run has created the task that it deletes now: createTask chooses again.
	}
	if err := f.saveCheckpoint(ctx, d); err != nil {
		return err
	}
	f.log.Info("making the task again from its checkpoint", "task", d.ID, "reason", why, "checkpoint", f.state.Checkpoint)
	return f.deleteTask(ctx, d)
}
