package replication

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/manifest"
)

// Difference is how an existing task that follows changes differs from its spec.
type Difference int

// The differences.
const (
	Gone         Difference = iota // it went away just now
	Same                           // it is as it should be
	Changeable                     // its mappings or settings differ: Change
	Unchangeable                   // its type, endpoints or instance differ, which DMS cannot modify
	Useless                        // it never ran and cannot: nothing is lost with it
)

// Compare tells how a task differs from its spec. For what cannot be modified, why says what it is. The error is that
// of a task which is not the stack's, or of AWS.
func Compare(ctx context.Context, api TagReader, spec Spec, found Description) (d Difference, why string, err error) {
	tags, err := readTags(ctx, api, found)
	if err != nil {
		return Same, "", err
	}
	if tags == nil {
		return Gone, "", nil
	}
	if err := spec.owned(tags); err != nil {
		return Same, "", err
	}
	neverRan := found.StartedAt.IsZero()
	switch {
	case !found.Type.Continuous(),
		// Its creation failed, perhaps also its deletion.
		neverRan && (found.Status == statusFailed || found.Status == statusStopped):
		return Useless, "", nil
	case found.Type != spec.Type:
		why = fmt.Sprintf("its migration type is %s, not %s", found.Type, spec.Type)
	case found.SourceARN != spec.SourceARN:
		why = fmt.Sprintf("its source endpoint is %s, not %s", found.SourceARN, spec.SourceARN)
	case found.TargetARN != spec.TargetARN:
		why = fmt.Sprintf("its target endpoint is %s, not %s", found.TargetARN, spec.TargetARN)
	case found.InstanceARN != spec.InstanceARN:
		why = fmt.Sprintf("its replication instance is %s, not %s", found.InstanceARN, spec.InstanceARN)
	case tags[TagFingerprint] != spec.Fingerprint():
		return Changeable, "", nil
	default:
		return Same, "", nil
	}
	if neverRan {
		return Useless, "", nil
	}
	return Unchangeable, why, nil
}

// Changer modifies tasks.
type Changer interface {
	ModifyReplicationTask(context.Context, *awsdms.ModifyReplicationTaskInput, ...func(*awsdms.Options)) (*awsdms.ModifyReplicationTaskOutput, error)
	AddTagsToResource(context.Context, *awsdms.AddTagsToResourceInput, ...func(*awsdms.Options)) (*awsdms.AddTagsToResourceOutput, error)
}

// Change gives a task at rest the mappings and settings of its spec; its checkpoint stays. The tag comes last: who is
// interrupted between the two changes the task once more. changed is false when the task is not at rest after all.
func Change(ctx context.Context, api Changer, spec Spec, found Description) (changed bool, err error) {
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

// Halt stops a task that is at work.
func Halt(ctx context.Context, api Remover, found Description) error { return stop(ctx, api, found) }

// Mappings are the table mappings that an existing task has: what DMS really follows, whatever anyone remembers.
func Mappings(ctx context.Context, api Describer, found Description) ([]byte, error) {
	out, err := api.DescribeReplicationTasks(ctx, &awsdms.DescribeReplicationTasksInput{
		Filters: []types.Filter{{Name: aws.String("replication-task-id"), Values: []string{found.ID}}},
	})
	if err != nil {
		return nil, fmt.Errorf("describe replication task %s: %w", found.ID, err)
	}
	if len(out.ReplicationTasks) == 0 {
		return nil, fmt.Errorf("describe replication task %s: it is gone", found.ID)
	}
	return []byte(aws.ToString(out.ReplicationTasks[0].TableMappings)), nil
}

// Reloader loads tables of a running task anew.
type Reloader interface {
	ReloadTables(context.Context, *awsdms.ReloadTablesInput, ...func(*awsdms.Options)) (*awsdms.ReloadTablesOutput, error)
}

// reloadSize is the most tables that ReloadTables takes at once.
const reloadSize = 10

// Reload has a running task load some of its tables anew, while it follows the others.
func Reload(ctx context.Context, api Reloader, found Description, tables []manifest.Table) error {
	for some := range slices.Chunk(tables, reloadSize) {
		in := &awsdms.ReloadTablesInput{ReplicationTaskArn: aws.String(found.ARN), ReloadOption: types.ReloadOptionValueDataReload}
		for _, t := range some {
			in.TablesToReload = append(in.TablesToReload, types.TableToReload{
				SchemaName: aws.String(t.Schema), TableName: aws.String(t.Name),
			})
		}
		if _, err := api.ReloadTables(ctx, in); err != nil {
			return fmt.Errorf("reload %d tables of replication task %s: %w", len(some), found.ID, err)
		}
	}
	return nil
}
