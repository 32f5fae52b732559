package deploy

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// Cleaner stops the runs and deletes the replication tasks of one stack. It never touches those of another stack.
type Cleaner struct {
	contract.Environment
	Instance string // ARN of the replication instance whose tasks it deletes
	Machine  string // ARN of the stack's state machine
	Log      *slog.Logger
	DMS      dms.TaskCleaner
	States   Executions
	Records  records.LeaseStore
	// Since is when the clean-up started. It does not stop runs that start later: a deploy holds the leases of their jobs, so
	// they are skipped, or they use the instance that replaces this one.
	Since time.Time
}

// The pause between two descriptions of the tasks grows from minPause to maxPause. DMS takes minutes to delete a task, and allows
// an account eight calls a second (CHAP_Limits).
const (
	minPause = 2 * time.Second
	maxPause = 30 * time.Second
)

// DeleteTasks stops the executions of the selected jobs that were started before the clean-up. Then it stops and deletes the
// tasks of these jobs, and returns when none is left. A call that was interrupted may be repeated.
func (c Cleaner) DeleteTasks(ctx context.Context, selected func(job string) bool) error {
	var callsEndAt time.Time // until then, a function that a stopped execution has called may still create tasks
	known := dms.Tags{}
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		calling, err := c.stopExecutions(ctx, selected)
		if calling {
			callsEndAt = time.Now().Add(c.Real(contract.StepTimeout))
		}
		left := 0
		if err == nil {
			left, err = c.deleteTasksOnce(ctx, selected, known)
		}
		switch {
		case run.IsTransient(err):
			// The clean-ups of all jobs share the account's eight calls a second with all runs.
			c.Log.Warn("trying again", "error", err)
		case err != nil:
			return err
		case left == 0 && time.Now().After(callsEndAt):
			return nil
		}
		select {
		case <-time.After(c.Real(pause)):
		case <-ctx.Done():
			return fmt.Errorf("%d replication tasks of stack %s are not deleted yet: %w; run the same command again",
				left, c.Stack, ctx.Err())
		}
	}
}

// LeaveInstance deletes the stack's tasks on an instance that the stack replaces. It fails if one of them follows changes: such a
// task cannot move to another instance, and its checkpoint would be lost with it.
func (c Cleaner) LeaveInstance(ctx context.Context) error {
	tasks, err := dms.OwnedTasks(ctx, c.DMS, c.Instance, c.Stack, dms.Tags{})
	if err != nil {
		return err
	}
	for _, task := range tasks {
		if task.Type.Continuous() {
			return fmt.Errorf("replication task %s of job %s cannot move to another replication instance: its checkpoint would be lost; "+
				"take the job out of the department's file and deploy, then change the instance, then add the job again", task.ID, task.Job)
		}
	}
	return c.DeleteTasks(ctx, func(string) bool { return true })
}

// deleteTasksOnce stops or deletes every task of the selected jobs once, and returns how many there were.
func (c Cleaner) deleteTasksOnce(
	ctx context.Context, selected func(job string) bool, known dms.Tags,
) (left int, err error) {
	tasks, err := dms.OwnedTasks(ctx, c.DMS, c.Instance, c.Stack, known)
	if err != nil {
		return 0, err
	}
	for _, task := range tasks {
		if !selected(task.Job) {
			continue
		}
		left++
		c.Log.Info("deleting the task", "job", task.Job, "task", task.ID, "status", task.Status)
		if err := dms.DeleteTask(ctx, c.DMS, task.Description); err != nil {
			return 0, err
		}
	}
	return left, nil
}
