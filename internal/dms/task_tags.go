package dms

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/contract"
)

// TagReader reads the tags of a task.
type TagReader interface {
	ListTagsForResource(context.Context, *awsdms.ListTagsForResourceInput, ...func(*awsdms.Options)) (*awsdms.ListTagsForResourceOutput, error)
}

// tags returns the tags of a task: those of its department, those by which oralake knows it, and more. Every request to tag a task has
// all of them: the IAM policy of the function allows none without the stack's, and the account may demand the department's.
func (s Spec) tags(more ...types.Tag) []types.Tag {
	all := append(more, tag(contract.TagStack, s.Stack), tag(contract.TagFingerprint, s.Fingerprint()))
	for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
		all = append(all, tag(key, s.Tags[key]))
	}
	return all
}

func tag(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }

// tagDelay is how long a task without the tag of a stack may be one whose tags DMS does not show yet. AWS does not document how
// soon it shows the tags that a create has given.
const tagDelay = 10 * time.Minute

// UntaggedError says that a new task has no tag of a stack: it may be this stack's, and DMS does not show its tags yet. A later
// call may read them. After tagDelay the task counts as somebody else's.
type UntaggedError struct {
	ID      string // of the task
	Created time.Time
}

func (e *UntaggedError) Error() string {
	return fmt.Sprintf("replication task %s, created at %s, has no tag %s yet: DMS may show the tags of a new task late; "+
		"oralake reads them again for %s and then takes the task for somebody else's", e.ID, e.Created.UTC().Format(time.RFC3339),
		contract.TagStack, tagDelay)
}

// isUntagged says that the tags of a new task are not shown yet: wait, and read them again.
func isUntagged(err error) bool {
	var untagged *UntaggedError
	return errors.As(err, &untagged)
}

// readTags reads the tags of a task; nil for a task that does not exist any more. The error is an *UntaggedError if DMS may not
// show the tags of the task yet.
func readTags(ctx context.Context, api TagReader, d Description) (map[string]string, error) {
	out, err := api.ListTagsForResource(ctx, &awsdms.ListTagsForResourceInput{ResourceArn: aws.String(d.ARN)})
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the tags of replication task %s: %w", d.ID, err)
	}
	tags := map[string]string{}
	for _, tag := range out.TagList {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	if tags[contract.TagStack] == "" && time.Since(d.CreatedAt) < tagDelay {
		return nil, &UntaggedError{ID: d.ID, Created: d.CreatedAt}
	}
	return tags, nil
}
