package dms

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

// Creator creates tasks.
type Creator interface {
	CreateReplicationTask(context.Context, *awsdms.CreateReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.CreateReplicationTaskOutput, error)
}

// CreateTask creates a task. One that exists after all, because an earlier try took effect and its answer was lost, is not
// accepted: the next look at it finds out whose it is.
func CreateTask(ctx context.Context, api Creator, spec Spec) (accepted bool, err error) {
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
