package dms

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"

	"github.com/oralake/oralake/internal/contract"
)

// Deleter stops and deletes replication tasks.
type Deleter interface {
	StopReplicationTask(context.Context, *awsdms.StopReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.StopReplicationTaskOutput, error)
	DeleteReplicationTask(context.Context, *awsdms.DeleteReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.DeleteReplicationTaskOutput, error)
}

// TaskCleaner describes, stops and deletes replication tasks.
type TaskCleaner interface {
	Describer
	TagReader
	Deleter
}

// StopTasks stops those of the tasks that belong to the stack and are not stopped. stopped is false while a task has not stopped
// yet: call it again. A task in a status that DMS does not document never counts as stopped.
func StopTasks(ctx context.Context, api TaskCleaner, stack string, tasks []Task) (stopped bool, err error) {
	return forOwnTasks(ctx, api, stack, tasks, func(d Description) (bool, error) { return ensureStopped(ctx, api, d) })
}

// ensureStopped stops a task that works, or may work. stopped is false while it has not stopped yet.
func ensureStopped(ctx context.Context, api Deleter, d Description) (stopped bool, err error) {
	if d.WillRestart(time.Now()) {
		return false, nil // DMS refuses a stop now, and starts the task again soon.
	}
	if d.IsStopped() && !d.MayWork() || d.Status == StatusDeleting {
		return true, nil
	}
	stopping, err := stop(ctx, api, d)
	return err == nil && !stopping && d.IsStopped(), err
}

// DeleteTasks deletes those of the tasks that belong to the stack. gone is false while one of them exists: call it again. A
// running task is stopped first. A task that changes its status now, such as "creating", is left for the next call.
func DeleteTasks(ctx context.Context, api TaskCleaner, stack string, tasks []Task) (gone bool, err error) {
	return forOwnTasks(ctx, api, stack, tasks, func(d Description) (bool, error) { return stopOrDelete(ctx, api, d) })
}

// DeleteLeftovers does the same as DeleteTasks for tasks that other runs have left. It keeps a task that has followed changes: since
// it was named, it may have become the task of a job, and it has a checkpoint.
func DeleteLeftovers(ctx context.Context, api TaskCleaner, stack string, tasks []Task) (gone bool, err error) {
	return forOwnTasks(ctx, api, stack, tasks, func(d Description) (bool, error) {
		if d.Type.Continuous() && !d.StartedAt.IsZero() {
			return true, nil
		}
		return stopOrDelete(ctx, api, d)
	})
}

// forOwnTasks calls act for every task that exists and belongs to the stack. It reads the tags of a task that the run did not
// accept, because somebody else's task may have the same identifier. done is true if act was done with every task.
func forOwnTasks(ctx context.Context, api TaskCleaner, stack string, tasks []Task,
	act func(Description) (done bool, err error),
) (done bool, err error) {
	found, err := Describe(ctx, api, tasks)
	if err != nil {
		return false, err
	}
	done = true
	for _, task := range tasks {
		d, ok := found[task.ID]
		if !ok {
			continue
		}
		if !task.Accepted {
			tags, err := readTags(ctx, api, d)
			if isUntagged(err) {
				done = false // The next call reads the tags again.
				continue
			}
			if err != nil {
				return false, err
			}
			if tags[contract.TagStack] != stack {
				continue
			}
		}
		doneNow, err := act(d)
		if err != nil {
			return false, err
		}
		done = done && doneNow
	}
	return done, nil
}

// DeleteTask does for one described task what DeleteTasks does for several. The caller describes the task again to see whether
// it is gone.
func DeleteTask(ctx context.Context, api Deleter, d Description) error {
	_, err := stopOrDelete(ctx, api, d)
	return err
}

// stopOrDelete stops a task that works, or may work, and deletes a stopped one. While the status of the task is changing, it only
// asks DMS for a stop: a task that is starting, or that is assessed before its start, will be running.
func stopOrDelete(ctx context.Context, api Deleter, d Description) (gone bool, err error) {
	switch {
	case d.Status == StatusDeleting:
		return false, nil
	case !d.IsStopped() || d.MayWork():
		if stopping, err := stop(ctx, api, d); err != nil || stopping || !d.MayWork() {
			return false, err
		}
		// DMS refuses to stop a task that is not running, so a task in this status may be deleted.
	}
	_, err = api.DeleteReplicationTask(ctx, &awsdms.DeleteReplicationTaskInput{ReplicationTaskArn: aws.String(d.ARN)})
	if isNotFound(err) {
		return true, nil
	}
	if err != nil && !isWrongState(err) {
		return false, fmt.Errorf("delete replication task %s: %w", d.ID, err)
	}
	return false, nil
}

// StopTask stops a running task and does not wait for its end. A task that is gone or is not running is no error.
func StopTask(ctx context.Context, api Deleter, d Description) error {
	_, err := stop(ctx, api, d)
	return err
}

// stop asks DMS to stop a task. stopping is false if the task is gone, or DMS refuses because the task is not running.
func stop(ctx context.Context, api Deleter, d Description) (stopping bool, err error) {
	_, err = api.StopReplicationTask(ctx, &awsdms.StopReplicationTaskInput{ReplicationTaskArn: aws.String(d.ARN)})
	if isNotFound(err) || isWrongState(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("stop replication task %s: %w", d.ID, err)
	}
	return true, nil
}
