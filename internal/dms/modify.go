package dms

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
)

// Modifier modifies tasks.
type Modifier interface {
	ModifyReplicationTask(context.Context, *awsdms.ModifyReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.ModifyReplicationTaskOutput, error)
	AddTagsToResource(context.Context, *awsdms.AddTagsToResourceInput, ...func(*awsdms.Options)) (*awsdms.AddTagsToResourceOutput, error)
}

// ModifyTask gives a stopped task the mappings and settings of its spec. The task keeps its checkpoint. The fingerprint tag is
// set last, so a run that is interrupted between the two calls modifies the task again. changed is false if the task is not
// stopped, or is gone.
func ModifyTask(ctx context.Context, api Modifier, spec Spec, found Description) (changed bool, err error) {
	_, err = api.ModifyReplicationTask(ctx, &awsdms.ModifyReplicationTaskInput{
		ReplicationTaskArn: aws.String(found.ARN),
		TableMappings:      aws.String(spec.Mappings), ReplicationTaskSettings: aws.String(spec.Settings),
	})
	if isNotFound(err) || isWrongState(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("modify replication task %s: %w", found.ID, err)
	}
	_, err = api.AddTagsToResource(ctx, &awsdms.AddTagsToResourceInput{
		ResourceArn: aws.String(found.ARN),
		Tags:        spec.tags(),
	})
	if isNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("tag replication task %s: %w", found.ID, err)
	}
	return true, nil
}
