package dms

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// Creator creates tasks.
type Creator interface {
	CreateReplicationTask(context.Context, *awsdms.CreateReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.CreateReplicationTaskOutput, error)
}

// CreateTask creates a task. accepted is false if DMS has a task with this identifier already: an earlier call may have created
// it without getting the answer, or it belongs to somebody else. The caller finds out which when it describes the tasks again. It
// returns a *RefusedError if DMS refuses it for now.
func CreateTask(ctx context.Context, api Creator, spec Spec) (accepted bool, err error) {
	position, at, err := spec.cdcStart()
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
		ResourceIdentifier:        aws.String(resourceIdentifier(spec.Stack)),
		Tags:                      spec.tags(tag(contract.TagJob, spec.Job)),
	})
	var exists *types.ResourceAlreadyExistsFault
	if errors.As(err, &exists) {
		return false, nil
	}
	if isWrongState(err) {
		return false, &RefusedError{fmt.Sprintf("DMS does not create replication task %s now: %v", spec.ID, err)}
	}
	if err != nil {
		return false, fmt.Errorf("create replication task %s: %w", spec.ID, explainRefusedTags(err))
	}
	return true, nil
}

// resourceIdentifier returns the last part of the ARN of a new task. DMS takes at most 31 characters. It is new each time, because
// logs and metrics of a task have its name.
func resourceIdentifier(stack string) string {
	return contract.TaskPrefix(stack) + strings.ToLower(rand.Text()[:13])
}

// refusedTags finds the resource on which DMS wants the permission to add tags.
var refusedTags = regexp.MustCompile(`dms:AddTagsToResource on resource: (arn:\S+|\*)`)

// explainRefusedTags adds what to do to the refusal of the tags of a new task. AWS does not document on which resource DMS checks the
// permission to tag a task that it creates (docs/assumptions.md#a64).
func explainRefusedTags(err error) error {
	found := refusedTags.FindStringSubmatch(err.Error())
	if found == nil {
		return err
	}
	return fmt.Errorf("%w: DMS checks the permission to tag a new task on a resource that AWS does not document, and oralake's "+
		`policy does not name it; add {"Effect":"Allow","Action":"dms:AddTagsToResource","Resource":%q,"Condition":{"StringEquals":`+
		`{"aws:RequestTag/%s":"STACK"}}} with the name of the stack to the policies of the functions create and reconcile, and report `+
		"it (docs/assumptions.md#a64)", err, found[1], contract.TagStack)
}

// cdcStart returns StartFrom as CreateReplicationTask takes it: an SCN or a checkpoint as position, or a time. Both are nil if
// the task does not only follow changes: DMS takes no position for a full load. It is an error if a task that only follows changes
// has no position, because DMS would miss the transactions that are open when the task starts.
func (s Spec) cdcStart() (position *string, at *time.Time, err error) {
	switch {
	case s.Type != department.CDC:
		return nil, nil, nil
	case s.StartFrom == "":
		return nil, nil, fmt.Errorf("replication task %s follows changes and has no start position: transactions that are open when it "+
			"starts would be missed; this is a defect of oralake", s.ID)
	}
	if _, err := strconv.ParseUint(s.StartFrom, 10, 64); err == nil || strings.HasPrefix(s.StartFrom, "checkpoint:") {
		return &s.StartFrom, nil, nil
	}
	t, err := time.Parse(time.RFC3339, s.StartFrom)
	if err != nil {
		return nil, nil, fmt.Errorf("replication task %s cannot start from %q: it must be an SCN, or a time such as 2026-11-22T02:00:00Z; "+
			"correct startFrom of the job", s.ID, s.StartFrom)
	}
	return nil, new(t.UTC()), nil
}
