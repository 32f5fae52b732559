package dms

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/contract"
)

// Difference says how an existing task of a job that follows changes differs from its spec.
type Difference int

// The differences.
const (
	Gone             Difference = iota // the task was deleted after it was described
	Untagged                           // the task is new, and DMS does not show its tags yet: compare again later
	Unchanged                          // the task matches its spec
	Modifiable                         // only its mappings or settings differ: call ModifyTask
	NeedsReplacement                   // its type, source or instance differ, which DMS does not modify
	OtherTarget                        // only its target endpoint differs, which DMS does not modify
	NeverStarted                       // the task never followed changes and does not match: deleting it loses no checkpoint
)

// Compare says how a task differs from its spec. For NeedsReplacement and OtherTarget, why says what differs. Compare fails if the task
// carries the tag of another stack, or if AWS fails.
func Compare(ctx context.Context, api TagReader, spec Spec, found Description) (d Difference, why string, err error) {
	tags, err := readTags(ctx, api, found)
	if isUntagged(err) {
		return Untagged, "", nil
	}
	if err != nil {
		return Unchanged, "", err
	}
	if tags == nil {
		return Gone, "", nil
	}
	if err := spec.checkOwner(tags); err != nil {
		return Unchanged, "", err
	}
	neverRan := found.StartedAt.IsZero()
	d = NeedsReplacement
	switch {
	case !found.Type.Continuous(),
		// DMS could not create the task, and perhaps could not delete it.
		neverRan && found.HasEnded():
		return NeverStarted, "", nil
	case found.Type != spec.Type:
		why = fmt.Sprintf("its migration type is %s, not %s", found.Type, spec.Type)
	case found.SourceARN != spec.SourceARN:
		why = fmt.Sprintf("its source endpoint is %s, not %s", found.SourceARN, spec.SourceARN)
	case found.InstanceARN != spec.InstanceARN:
		why = fmt.Sprintf("its replication instance is %s, not %s", found.InstanceARN, spec.InstanceARN)
	case found.TargetARN != spec.TargetARN:
		d, why = OtherTarget, fmt.Sprintf("its target endpoint is %s, not %s", found.TargetARN, spec.TargetARN)
	case tags[contract.TagFingerprint] != spec.Fingerprint():
		return Modifiable, "", nil
	default:
		return Unchanged, "", nil
	}
	if neverRan {
		return NeverStarted, "", nil
	}
	return d, why, nil
}

// Mappings reads the table mappings of an existing task, as JSON. They say which tables DMS follows; the job's state in the
// records may be older.
func Mappings(ctx context.Context, api Describer, found Description) ([]byte, error) {
	out, err := api.DescribeReplicationTasks(ctx, &awsdms.DescribeReplicationTasksInput{
		Filters: []types.Filter{{Name: aws.String("replication-task-id"), Values: []string{found.ID}}},
	})
	if err != nil {
		return nil, fmt.Errorf("describe replication task %s: %w", found.ID, err)
	}
	if len(out.ReplicationTasks) == 0 {
		return nil, fmt.Errorf("read the mappings of replication task %s: DMS does not know the task any more; run the job again", found.ID)
	}
	return []byte(aws.ToString(out.ReplicationTasks[0].TableMappings)), nil
}
