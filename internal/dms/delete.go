package dms

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
)

// StopTask stops a task that is at work.
func StopTask(ctx context.Context, api Deleter, found Description) error {
	return stop(ctx, api, found)
}

// Deleter stops and deletes replication tasks.
type Deleter interface {
	StopReplicationTask(context.Context, *awsdms.StopReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.StopReplicationTaskOutput, error)
	DeleteReplicationTask(context.Context, *awsdms.DeleteReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.DeleteReplicationTaskOutput, error)
}

// TaskCleaner sees tasks and takes them down.
type TaskCleaner interface {
	Describer
	TagReader
	Deleter
}

// StopTasks does what can be done now to have none of the stack's tasks at work, and says whether none is.
func StopTasks(ctx context.Context, api TaskCleaner, stack string, tasks []Task) (stopped bool, err error) {
	return each(ctx, api, stack, tasks, func(d Description) (bool, error) {
		switch d.Status {
		case StatusReady, StatusStopped, StatusFailed, StatusDeleting:
			return true, nil
		case StatusStarting, StatusStopping, StatusCreating, StatusModifying:
			return false, nil
		case StatusRunning:
			return false, stop(ctx, api, d)
		default:
			// "Running with errors", or something that nobody documented: DMS refuses to stop what is at rest.
			_, err := api.StopReplicationTask(ctx, &awsdms.StopReplicationTaskInput{ReplicationTaskArn: aws.String(d.ARN)})
			if missing(err) || wrongState(err) {
				return true, nil
			}
			if err != nil {
				return false, fmt.Errorf("stop replication task %s: %w", d.ID, err)
			}
			return false, nil
		}
	})
}

// DeleteTasks does what can be done now to be rid of the stack's tasks, and says whether they are gone. A running task is
// stopped first; one that is on its way to another state is left for the next call.
func DeleteTasks(ctx context.Context, api TaskCleaner, stack string, tasks []Task) (gone bool, err error) {
	return each(ctx, api, stack, tasks, func(d Description) (bool, error) { return remove(ctx, api, d) })
}

// each acts on every task that exists and is the stack's: one that the run did not accept is asked for its tags first,
// since somebody else's may have the same identifier.
func each(ctx context.Context, api TaskCleaner, stack string, tasks []Task,
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
			if err != nil {
				return false, err
			}
			if tags[TagStack] != stack {
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

// DeleteTask is Delete for one task as it was just described.
func DeleteTask(ctx context.Context, api Deleter, d Description) error {
	_, err := remove(ctx, api, d)
	return err
}

func remove(ctx context.Context, api Deleter, d Description) (gone bool, err error) {
	switch d.Status {
	case StatusRunning:
		return false, stop(ctx, api, d)
	case StatusCreating, StatusDeleting, StatusModifying, StatusMoving, StatusStarting, StatusStopping, StatusTesting:
		return false, nil
	default:
		_, err := api.DeleteReplicationTask(ctx, &awsdms.DeleteReplicationTaskInput{ReplicationTaskArn: aws.String(d.ARN)})
		if missing(err) {
			return true, nil
		}
		if err != nil && !wrongState(err) {
			return false, fmt.Errorf("delete replication task %s: %w", d.ID, err)
		}
		return false, nil
	}
}

func stop(ctx context.Context, api Deleter, d Description) error {
	_, err := api.StopReplicationTask(ctx, &awsdms.StopReplicationTaskInput{ReplicationTaskArn: aws.String(d.ARN)})
	if err != nil && !missing(err) && !wrongState(err) {
		return fmt.Errorf("stop replication task %s: %w", d.ID, err)
	}
	return nil
}
