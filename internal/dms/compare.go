package dms

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
)

// Difference is how an existing task that follows changes differs from its spec.
type Difference int

// The differences.
const (
	Gone             Difference = iota // it went away just now
	Unchanged                          // it is as it should be
	Modifiable                         // its mappings or settings differ: Change
	NeedsReplacement                   // its type, endpoints or instance differ, which DMS cannot modify
	NeverStarted                       // it never ran and cannot: nothing is lost with it
)

// Compare tells how a task differs from its spec. For what cannot be modified, why says what it is. The error is that
// of a task which is not the stack's, or of AWS.
func Compare(ctx context.Context, api TagReader, spec Spec, found Description) (d Difference, why string, err error) {
	tags, err := readTags(ctx, api, found)
	if err != nil {
		return Unchanged, "", err
	}
	if tags == nil {
		return Gone, "", nil
	}
	if err := spec.owned(tags); err != nil {
		return Unchanged, "", err
	}
	neverRan := found.StartedAt.IsZero()
	switch {
	case !found.Type.Continuous(),
		// Its creation failed, perhaps also its deletion.
		neverRan && (found.Status == StatusFailed || found.Status == StatusStopped):
		return NeverStarted, "", nil
	case found.Type != spec.Type:
		why = fmt.Sprintf("its migration type is %s, not %s", found.Type, spec.Type)
	case found.SourceARN != spec.SourceARN:
		why = fmt.Sprintf("its source endpoint is %s, not %s", found.SourceARN, spec.SourceARN)
	case found.TargetARN != spec.TargetARN:
		why = fmt.Sprintf("its target endpoint is %s, not %s", found.TargetARN, spec.TargetARN)
	case found.InstanceARN != spec.InstanceARN:
		why = fmt.Sprintf("its replication instance is %s, not %s", found.InstanceARN, spec.InstanceARN)
	case tags[TagFingerprint] != spec.Fingerprint():
		return Modifiable, "", nil
	default:
		return Unchanged, "", nil
	}
	if neverRan {
		return NeverStarted, "", nil
	}
	return NeedsReplacement, why, nil
}

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
