package dms

import (
	"context"
	"fmt"

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

// StopTasks stops those of the tasks that belong to the stack and are running. stopped is false while a task has not stopped
// yet: call it again.
func StopTasks(ctx context.Context, api TaskCleaner, stack string, tasks []Task) (stopped bool, err error) {
	return forOwnTasks(ctx, api, stack, tasks, func(d Description) (bool, error) {
		switch d.Status {
		case StatusReady, StatusStopped, StatusFailed, StatusDeleting:
			return true, nil
		case StatusStarting, StatusStopping, StatusCreating, StatusModifying:
			return false, nil
		case StatusRunning:
			return false, StopTask(ctx, api, d)
		default:
			// The status is "running with errors", or DMS does not document it. DMS refuses to stop a task that is not running.
			_, err := api.StopReplicationTask(ctx, &awsdms.StopReplicationTaskInput{ReplicationTaskArn: aws.String(d.ARN)})
			if isNotFound(err) || isWrongState(err) {
				return true, nil
			}
			if err != nil {
				return false, fmt.Errorf("stop replication task %s: %w", d.ID, err)
			}
			return false, nil
		}
	})
}

// DeleteTasks deletes those of the tasks that belong to the stack. gone is false while one of them exists: call it again. A
// running task is stopped first. A task that changes its status now, such as "creating", is left for the next call.
func DeleteTasks(ctx context.Context, api TaskCleaner, stack string, tasks []Task) (gone bool, err error) {
	return forOwnTasks(ctx, api, stack, tasks, func(d Description) (bool, error) { return stopOrDelete(ctx, api, d) })
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

// stopOrDelete stops a running task and deletes a stopped one. It does nothing while the status of the task is changing.
func stopOrDelete(ctx context.Context, api Deleter, d Description) (gone bool, err error) {
	switch d.Status {
	case StatusRunning, StatusRunningWithErrors:
		return false, StopTask(ctx, api, d)
	case StatusCreating, StatusDeleting, StatusModifying, StatusMoving, StatusStarting, StatusStopping, StatusTesting:
		return false, nil
	default:
		_, err := api.DeleteReplicationTask(ctx, &awsdms.DeleteReplicationTaskInput{ReplicationTaskArn: aws.String(d.ARN)})
		if isNotFound(err) {
			return true, nil
		}
		if err != nil && !isWrongState(err) {
			return false, fmt.Errorf("delete replication task %s: %w", d.ID, err)
		}
		return false, nil
	}
}

// StopTask stops a running task and does not wait for its end. A task that is gone or is not running is no error.
func StopTask(ctx context.Context, api Deleter, d Description) error {
	_, err := api.StopReplicationTask(ctx, &awsdms.StopReplicationTaskInput{ReplicationTaskArn: aws.String(d.ARN)})
	if err != nil && !isNotFound(err) && !isWrongState(err) {
		return fmt.Errorf("stop replication task %s: %w", d.ID, err)
	}
	return nil
}
