package dms

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/smithy-go"
)

// Starter starts replication tasks.
type Starter interface {
	Describer
	StartReplicationTask(context.Context, *awsdms.StartReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.StartReplicationTaskOutput, error)
}

// RefusedError says that DMS does not create, start or reload a task now, because of the state of the task, its instance or its
// endpoints: the instance may be in maintenance. A later call may succeed.
type RefusedError struct{ Message string }

func (r *RefusedError) Error() string { return r.Message }

// StartTasks starts every task that is Ready in a run that started at since: a task that never ran starts, a full load loads
// again, and a task that follows changes or whose full load was broken resumes. It returns a *RefusedError if DMS refused a start
// for now.
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
		err := startTask(ctx, api, task, d, since)
		var now *RefusedError
		switch {
		case errors.As(err, &now):
			refused = err
		case err != nil:
			return err
		}
	}
	return refused
}

// startTask starts one task, with the first of its start types that DMS accepts.
func startTask(ctx context.Context, api Starter, task Task, d Description, since time.Time) error {
	var refusal error
	for _, kind := range startTypes(task, d) {
		_, err := api.StartReplicationTask(ctx, &awsdms.StartReplicationTaskInput{
			ReplicationTaskArn: aws.String(d.ARN), StartReplicationTaskType: kind,
		})
		switch {
		case err == nil, isNotFound(err):
			return nil
		case isWrongState(err):
			return &RefusedError{fmt.Sprintf("DMS does not start replication task %s now: %v", task.ID, err)}
		case !isWrongStartType(err):
			return fmt.Errorf("start replication task %s: %w", task.ID, err)
		}
		refusal = err
		// Another call may have started the task since it was described, and its load may even have ended.
		found, err := Describe(ctx, api, []Task{task})
		if err != nil {
			return err
		}
		if again, ok := found[task.ID]; !ok || phaseOf(task, again, since) != Ready || !again.StartedAt.Equal(d.StartedAt) {
			return nil
		}
	}
	return fmt.Errorf("start replication task %s: %w", task.ID, refusal)
}

// startTypes are the start types of a task that lose nothing, the best one first. DMS refuses start-replication for a task that
// ran before. reload-target would start a CDC task from the beginning. resume-processing loads the tables of a full load that are
// not complete (API_StartReplicationTask); older copies of the documentation say that DMS refuses it for a full load.
func startTypes(task Task, d Description) []types.StartReplicationTaskTypeValue {
	const reload, resume = types.StartReplicationTaskTypeValueReloadTarget, types.StartReplicationTaskTypeValueResumeProcessing
	switch {
	case d.StartedAt.IsZero():
		return []types.StartReplicationTaskTypeValue{types.StartReplicationTaskTypeValueStartReplication}
	case d.Type.Continuous():
		return []types.StartReplicationTaskTypeValue{resume}
	case d.StartedAt.Equal(task.PreviousStart):
		return []types.StartReplicationTaskTypeValue{resume, reload}
	default:
		return []types.StartReplicationTaskTypeValue{reload}
	}
}

// isWrongStartType says that DMS does not accept the start type for the task (a fault that the API's model does not have).
func isWrongStartType(err error) bool {
	var fault smithy.APIError
	return errors.As(err, &fault) && fault.ErrorCode() == "InvalidParameterCombinationException"
}
