package replication

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/department"
)

// Starter starts replication tasks.
type Starter interface {
	Describer
	StartReplicationTask(context.Context, *dms.StartReplicationTaskInput, ...func(*dms.Options)) (*dms.StartReplicationTaskOutput, error)
}

// Start starts every task that this run, which began at since, has not started yet.
func Start(ctx context.Context, api Starter, t department.Type, tasks []Task, since time.Time) error {
	found, err := Describe(ctx, api, tasks)
	if err != nil {
		return err
	}
	for _, task := range tasks {
		d, ok := found[task.ID]
		if !ok || observe(t, d, since) != Ready {
			continue // Started by an earlier try, or gone: Observe will tell.
		}
		_, err := api.StartReplicationTask(ctx, &dms.StartReplicationTaskInput{
			ReplicationTaskArn: aws.String(d.ARN), StartReplicationTaskType: startType(t, d),
		})
		if wrongState(err) || missing(err) {
			continue // It moved between the two calls: Observe will tell.
		}
		if err != nil {
			return fmt.Errorf("start replication task %s: %w", task.ID, err)
		}
	}
	return nil
}

// startType chooses the only start that DMS takes and that loses nothing: start-replication is refused for a task that
// ran before, and reload-target would restart a CDC task from nothing (API_StartReplicationTask).
func startType(t department.Type, d Description) types.StartReplicationTaskTypeValue {
	switch {
	case d.StartedAt.IsZero():
		return types.StartReplicationTaskTypeValueStartReplication
	case t.Continuous():
		return types.StartReplicationTaskTypeValueResumeProcessing
	default:
		return types.StartReplicationTaskTypeValueReloadTarget
	}
}
