package replication

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
)

// Remover stops and deletes replication tasks.
type Remover interface {
	StopReplicationTask(context.Context, *dms.StopReplicationTaskInput, ...func(*dms.Options)) (*dms.StopReplicationTaskOutput, error)
	DeleteReplicationTask(context.Context, *dms.DeleteReplicationTaskInput, ...func(*dms.Options)) (*dms.DeleteReplicationTaskOutput, error)
}

// Delete does what can be done now to be rid of the tasks, and says whether they are gone. A running task is stopped
// first; one that is on its way to another state is left for the next call.
func Delete(ctx context.Context, api interface {
	Describer
	Remover
}, tasks []Task,
) (gone bool, err error) {
	found, err := Describe(ctx, api, tasks)
	if err != nil {
		return false, err
	}
	gone = true
	for _, d := range found {
		goneNow, err := remove(ctx, api, d)
		if err != nil {
			return false, err
		}
		gone = gone && goneNow
	}
	return gone, nil
}

// Remove is Delete for one task as it was just described.
func Remove(ctx context.Context, api Remover, d Description) error {
	_, err := remove(ctx, api, d)
	return err
}

func remove(ctx context.Context, api Remover, d Description) (gone bool, err error) {
	switch d.Status {
	case statusRunning:
		return false, stop(ctx, api, d)
	case statusCreating, statusDeleting, statusModifying, statusMoving, statusStarting, statusStopping, statusTesting:
		return false, nil
	default:
		_, err := api.DeleteReplicationTask(ctx, &dms.DeleteReplicationTaskInput{ReplicationTaskArn: aws.String(d.ARN)})
		if missing(err) {
			return true, nil
		}
		if err != nil && !wrongState(err) {
			return false, fmt.Errorf("delete replication task %s: %w", d.ID, err)
		}
		return false, nil
	}
}

func stop(ctx context.Context, api Remover, d Description) error {
	_, err := api.StopReplicationTask(ctx, &dms.StopReplicationTaskInput{ReplicationTaskArn: aws.String(d.ARN)})
	if err != nil && !missing(err) && !wrongState(err) {
		return fmt.Errorf("stop replication task %s: %w", d.ID, err)
	}
	return nil
}
