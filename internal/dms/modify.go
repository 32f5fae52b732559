package dms

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
)

// Modifier modifies tasks.
type Modifier interface {
	ModifyReplicationTask(context.Context, *awsdms.ModifyReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.ModifyReplicationTaskOutput, error)
	AddTagsToResource(context.Context, *awsdms.AddTagsToResourceInput, ...func(*awsdms.Options)) (*awsdms.AddTagsToResourceOutput, error)
}

// ModifyTask gives a task at rest the mappings and settings of its spec; its checkpoint stays. The tag comes last: who is
// interrupted between the two changes the task once more. changed is false when the task is not at rest after all.
func ModifyTask(ctx context.Context, api Modifier, spec Spec, found Description) (changed bool, err error) {
	_, err = api.ModifyReplicationTask(ctx, &awsdms.ModifyReplicationTaskInput{
		ReplicationTaskArn: aws.String(found.ARN),
		TableMappings:      aws.String(spec.Mappings), ReplicationTaskSettings: aws.String(spec.Settings),
	})
	if missing(err) || wrongState(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("modify replication task %s: %w", found.ID, err)
	}
	_, err = api.AddTagsToResource(ctx, &awsdms.AddTagsToResourceInput{
		ResourceArn: aws.String(found.ARN),
		Tags: []types.Tag{
			{Key: aws.String(TagStack), Value: aws.String(spec.Stack)}, // The policy lets no tags be set without it.
			{Key: aws.String(TagFingerprint), Value: aws.String(spec.Fingerprint())},
		},
	})
	if missing(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("tag replication task %s: %w", found.ID, err)
	}
	return true, nil
}
