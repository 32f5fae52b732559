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

// Cleaner takes down the work of one stack and never touches that of another.
type Cleaner struct {
	contract.Environment
	Instance string // ARN of the replication instance
	Machine  string // ARN of its state machine
	Log      *slog.Logger
	DMS      dms.TaskCleaner
	States   Executions
	Records  records.LeaseStore
	// Since is when the clean-up began. Runs that are started later are left alone: their jobs are held by then, so they
	// are skipped, or they work on the instance that comes after this one.
	Since time.Time
}

// A look at the tasks is followed by a pause that grows from first to last: tasks take minutes to go, and DMS gives an
// account eight calls a second.
const (
	firstPause = 2 * time.Second
	lastPause  = 30 * time.Second
)

// DeleteTasks stops the executions of every doomed job that run since before the clean-up, then stops and deletes its tasks,
// and returns when none is left. It may be called again after it was cut off, and finds what the first call left.
func (c Cleaner) DeleteTasks(ctx context.Context, doomed func(job string) bool) error {
	var busyUntil time.Time // a function that a stopped execution was calling may make tasks until then
	known := dms.Tags{}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		busy, err := c.stopExecutions(ctx, doomed)
		if busy {
			busyUntil = time.Now().Add(c.Real(contract.StepTimeout))
		}
		left := 0
		if err == nil {
			left, err = c.removeTasks(ctx, doomed, known)
		}
		switch {
		case run.IsTransient(err):
			// The clean-ups of all jobs share the account's eight calls a second with every run in it.
			c.Log.Warn("looking again later", "error", err)
		case err != nil:
			return err
		case left == 0 && time.Now().After(busyUntil):
			return nil
		}
		select {
		case <-time.After(c.Real(pause)):
		case <-ctx.Done():
			return fmt.Errorf("%d replication tasks of stack %s are still going away: %w; run the same command again",
				left, c.Stack, ctx.Err())
		}
	}
}

// LeaveInstance takes down everything on an instance that the stack gives up for another one. CDC tasks cannot move: their
// checkpoints would be lost with them, so they keep the stack where it is.
func (c Cleaner) LeaveInstance(ctx context.Context) error {
	tasks, err := dms.OwnedTasks(ctx, c.DMS, c.Instance, c.Stack, dms.Tags{})
	if err != nil {
		return err
	}
	for _, task := range tasks {
		if task.Type.Continuous() {
			return fmt.Errorf("replication task %s of CDC job %s cannot move to another instance: its checkpoint would be lost; "+
				"take the job out of the department's file and deploy, then move, then add the job again", task.ID, task.Job)
		}
	}
	return c.DeleteTasks(ctx, func(string) bool { return true })
}

func (c Cleaner) removeTasks(
	ctx context.Context, doomed func(job string) bool, known dms.Tags,
) (left int, err error) {
	tasks, err := dms.OwnedTasks(ctx, c.DMS, c.Instance, c.Stack, known)
	if err != nil {
		return 0, err
	}
	for _, task := range tasks {
		if !doomed(task.Job) {
			continue
		}
		left++
		c.Log.Info("taking down", "job", task.Job, "task", task.ID, "status", task.Status)
		if err := dms.DeleteTask(ctx, c.DMS, task.Description); err != nil {
			return 0, err
		}
	}
	return left, nil
}
