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

// StartRefusedError says that DMS does not start a task now, for example because its instance is being modified. A later start
// may succeed.
type StartRefusedError struct{ Message string }

func (r *StartRefusedError) Error() string { return r.Message }

// StartTasks starts every task that is Ready in a run that started at since: a task that never ran starts, a full load loads
// again, and a task that follows changes resumes. It returns a *StartRefusedError if DMS refused a start for now.
func StartTasks(ctx context.Context, api Starter, tasks []Task, since time.Time) error {
	found, err := Describe(ctx, api, tasks)
	if err != nil {
		return err
	}
	var refused error
	for _, task := range tasks {
		d, ok := found[task.ID]
		if !ok || phaseOf(task, d, since) != Ready {
			continue // An earlier call started the task, or it is gone. The run sees that when it describes the tasks next.
		}
		_, err := api.StartReplicationTask(ctx, &awsdms.StartReplicationTaskInput{
			ReplicationTaskArn: aws.String(d.ARN), StartReplicationTaskType: startType(d),
		})
		switch {
		case isWrongState(err):
			refused = &StartRefusedError{fmt.Sprintf("DMS does not start replication task %s now: %v", task.ID, err)}
		case err != nil && !isNotFound(err):
			return fmt.Errorf("start replication task %s: %w", task.ID, err)
		}
	}
	return refused
}

// startType chooses the one start type that DMS accepts and that loses nothing. DMS refuses start-replication for a task that
// ran before. reload-target would start a CDC task from the beginning (API_StartReplicationTask).
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
