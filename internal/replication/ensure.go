package replication

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
)

// Ensurer makes tasks, adopts those that are right and takes away those that are not.
type Ensurer interface {
	Describer
	Remover
	TagReader
	Creator
}

// Creator creates tasks.
type Creator interface {
	CreateReplicationTask(context.Context, *awsdms.CreateReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.CreateReplicationTaskOutput, error)
}

// Ensure does what can be done now to have every full-load task of specs as it should be, ready for a run that began at
// since: it creates what is missing, accepts what carries the same fingerprint, and stops or deletes what does not. Call
// it again as long as Observe reports Missing.
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
		if found, ok := existing[spec.ID]; ok {
			tasks[i].Accepted, err = adopt(ctx, api, spec, found, since)
		} else {
			tasks[i].Accepted, err = Make(ctx, api, spec)
		}
		if err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

// Make creates a task. One that exists after all, because an earlier try took effect and its answer was lost, is not
// accepted: the next look at it finds out whose it is.
func Make(ctx context.Context, api Creator, spec Spec) (accepted bool, err error) {
	position, at, err := spec.start()
	if err != nil {
		return false, err
	}
	_, err = api.CreateReplicationTask(ctx, &awsdms.CreateReplicationTaskInput{
		CdcStartPosition:          position,
		CdcStartTime:              at,
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
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("create replication task %s: %w", spec.ID, err)
	}
	return true, nil
}

// start is the SCN, the checkpoint or the time from which the task follows changes; neither means from now on.
func (s Spec) start() (position *string, at *time.Time, err error) {
	if s.StartFrom == "" {
		return nil, nil, nil
	}
	if _, err := strconv.ParseUint(s.StartFrom, 10, 64); err == nil || strings.HasPrefix(s.StartFrom, "checkpoint:") {
		return &s.StartFrom, nil, nil
	}
	t, err := time.Parse(time.RFC3339, s.StartFrom)
	if err != nil {
		return nil, nil, fmt.Errorf("replication task %s cannot start from %q: want an SCN, or a time such as %s", s.ID, s.StartFrom, time.RFC3339)
	}
	return nil, &t, nil
}

// adopt accepts an existing task of the same identifier if it is as it should be, and otherwise does what can be done
// now to be rid of it.
func adopt(ctx context.Context, api Ensurer, spec Spec, found Description, since time.Time) (accepted bool, err error) {
	tags, err := readTags(ctx, api, found)
	if err != nil {
		return false, err
	}
	if tags == nil {
		return false, nil // It went away just now: the next Ensure creates it.
	}
	if err := spec.owned(tags); err != nil {
		return false, err
	}
	neverRan := found.StartedAt.IsZero()
	same := tags[TagFingerprint] == spec.Fingerprint()
	switch {
	case neverRan && (found.Status == statusFailed || found.Status == statusStopped):
		// Its creation failed, perhaps also its deletion: nothing was loaded, so nothing is lost.
		return false, Remove(ctx, api, found)
	case same && stale(found, since):
		// A full load that an earlier run left behind: what it proves is not this run's.
		return true, stop(ctx, api, found)
	case same:
		return true, nil
	case found.Type.Continuous() && !neverRan:
		return false, fmt.Errorf("replication task %s follows changes, and job %s only loads: deleting the task would lose its "+
			"checkpoint, so it stays as it is; give the full load another name, or delete the task yourself", spec.ID, spec.Job)
	default:
		return false, Remove(ctx, api, found)
	}
}

// owned is the error of a task that belongs to somebody else.
func (s Spec) owned(tags map[string]string) error {
	if owner := tags[TagStack]; owner != s.Stack {
		return fmt.Errorf("replication task %s is not this stack's: its tag %s is %q, not %q; "+
			"delete that task or rename the job", s.ID, TagStack, owner, s.Stack)
	}
	return nil
}

// stale says that a full load is under way that began before the run did.
func stale(found Description, since time.Time) bool {
	underWay := found.Status == statusRunning || found.Status == statusStarting
	return !found.Type.Continuous() && underWay && !found.StartedAt.IsZero() && found.StartedAt.Before(since)
}
