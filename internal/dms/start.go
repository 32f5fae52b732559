package dms

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
)

// Starter starts replication tasks.
type Starter interface {
	Describer
	StartReplicationTask(context.Context, *awsdms.StartReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.StartReplicationTaskOutput, error)
}

// StartRefusedError is what DMS says when it does not start a task in its present state: its instance is being changed, say. It
// may start it later.
type StartRefusedError struct{ Message string }

func (r *StartRefusedError) Error() string { return r.Message }

// StartTasks starts every task that this run, which began at since, has not started yet. Its error is a *Refused when DMS
// did not take a start as things are.
func StartTasks(ctx context.Context, api Starter, tasks []Task, since time.Time) error {
	found, err := Describe(ctx, api, tasks)
	if err != nil {
		return err
	}
	var refused error
	for _, task := range tasks {
		d, ok := found[task.ID]
		if !ok || phaseOf(task, d, since) != Ready {
			continue // Started by an earlier try, or gone: Observe will tell.
		}
		_, err := api.StartReplicationTask(ctx, &awsdms.StartReplicationTaskInput{
			ReplicationTaskArn: aws.String(d.ARN), StartReplicationTaskType: startType(d),
		})
		switch {
		case wrongState(err):
			refused = &StartRefusedError{fmt.Sprintf("DMS does not start replication task %s: %v", task.ID, err)}
		case err != nil && !missing(err):
			return fmt.Errorf("start replication task %s: %w", task.ID, err)
		}
	}
	return refused
}

// startType chooses the only start that DMS takes and that loses nothing: start-replication is refused for a task that
// ran before, and reload-target would restart a CDC task from nothing (API_StartReplicationTask).
func startType(d Description) types.StartReplicationTaskTypeValue {
	switch {
	case d.StartedAt.IsZero():
		return types.StartReplicationTaskTypeValueStartReplication
	case d.Type.Continuous():
		return types.StartReplicationTaskTypeValueResumeProcessing
	default:
		return types.StartReplicationTaskTypeValueReloadTarget
	}
}
