package replication

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/department"
)

// Ensurer makes tasks, adopts those that are right and takes away those that are not.
type Ensurer interface {
	Describer
	Remover
	TagReader
	CreateReplicationTask(context.Context, *dms.CreateReplicationTaskInput, ...func(*dms.Options)) (*dms.CreateReplicationTaskOutput, error)
}

// Ensure does what can be done now to have every task of specs as it should be, ready for a run that began at since:
// it creates what is missing, adopts what carries the same fingerprint, and stops or deletes what does not. Call it
// again as long as Observe reports Missing.
func Ensure(ctx context.Context, api Ensurer, specs []Spec, since time.Time) ([]Task, error) {
	tasks := make([]Task, len(specs))
	for i, spec := range specs {
		tasks[i].ID = spec.ID
	}
	existing, err := Describe(ctx, api, tasks)
	if err != nil {
		return nil, err
	}
	for i, spec := range specs {
		found, ok := existing[spec.ID]
		if !ok {
			tasks[i].ARN, err = create(ctx, api, spec)
		} else {
			tasks[i].ARN = found.ARN
			err = adopt(ctx, api, spec, found, since)
		}
		if err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

func create(ctx context.Context, api Ensurer, spec Spec) (arn string, err error) {
	out, err := api.CreateReplicationTask(ctx, &dms.CreateReplicationTaskInput{
		ReplicationTaskIdentifier: aws.String(spec.ID),
		MigrationType:             types.MigrationTypeValue(spec.Type),
		TableMappings:             aws.String(spec.Mappings),
		ReplicationTaskSettings:   aws.String(spec.Settings),
		SourceEndpointArn:         aws.String(spec.SourceARN),
		TargetEndpointArn:         aws.String(spec.TargetARN),
		ReplicationInstanceArn:    aws.String(spec.InstanceARN),
		Tags: []types.Tag{
			{Key: aws.String(TagStack), Value: aws.String(spec.Stack)},
			{Key: aws.String(TagJob), Value: aws.String(spec.Job)},
			{Key: aws.String(TagFingerprint), Value: aws.String(spec.Fingerprint())},
		},
	})
	var exists *types.ResourceAlreadyExistsFault
	if errors.As(err, &exists) {
		// An earlier try took effect and its answer was lost: the next Ensure adopts it.
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("create replication task %s: %w", spec.ID, err)
	}
	return aws.ToString(out.ReplicationTask.ReplicationTaskArn), nil
}

// adopt takes over an existing task of the same identifier, or begins to take it away.
func adopt(ctx context.Context, api Ensurer, spec Spec, found Description, since time.Time) error {
	tags, err := readTags(ctx, api, found)
	if err != nil {
		return err
	}
	if tags == nil {
		return nil // It went away just now: the next Ensure creates it.
	}
	if owner := tags[TagStack]; owner != spec.Stack {
		return fmt.Errorf("replication task %s is not this stack's: its tag %s is %q, not %q; "+
			"delete that task or rename the job", spec.ID, TagStack, owner, spec.Stack)
	}
	same := tags[TagFingerprint] == spec.Fingerprint()
	switch {
	case found.Status == statusFailed && found.StartedAt.IsZero():
		// Its creation failed: nothing was loaded, so nothing is lost.
		_, err := remove(ctx, api, found)
		return err
	case same && !stale(spec.Type, found, since):
		return nil
	case same:
		// A full load that an earlier run left behind: what it proves is not this run's.
		return stop(ctx, api, found)
	case spec.Type.Continuous():
		return fmt.Errorf("replication task %s of CDC job %s was made from other tables or settings: "+
			"deleting it would lose its checkpoint, so it stays as it is; stop and delete it yourself to begin anew, "+
			"or restore the job in the department's file", spec.ID, spec.Job)
	default:
		_, err := remove(ctx, api, found)
		return err
	}
}

// stale says that a full load is under way that began before the run did.
func stale(t department.Type, found Description, since time.Time) bool {
	underWay := found.Status == statusRunning || found.Status == statusStarting
	return !t.Continuous() && underWay && found.StartedAt.Before(since)
}
