package dms

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/contract"
)

// OwnedTask is a task that carries the tag of a stack.
type OwnedTask struct {
	Description
	Job string // the job that its tag names
}

// Tags maps the ARN of a task to its tags.
type Tags map[string]map[string]string

// OwnedTasks lists the tasks of a replication instance that carry the stack's tag. An empty instanceARN means all instances.
// Reading the tags of a task takes a call, and DMS limits the calls of an account (CHAP_Limits). So it reads the tags only of
// tasks whose identifier begins with the stack's name. It reads no tags that are in known, and adds to known those that it reads.
// The error is an *UntaggedError if DMS does not show yet whose task a new one is.
func OwnedTasks(ctx context.Context, api interface {
	Describer
	TagReader
}, instanceARN, stack string, known Tags,
) ([]OwnedTask, error) {
	in := &awsdms.DescribeReplicationTasksInput{MaxRecords: aws.Int32(pageSize), WithoutSettings: aws.Bool(true)}
	if instanceARN != "" {
		in.Filters = []types.Filter{{Name: aws.String("replication-instance-arn"), Values: []string{instanceARN}}}
	}
	pages := awsdms.NewDescribeReplicationTasksPaginator(api, in)
	var owned []OwnedTask
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isNotFound(err) {
			break // The instance has no tasks, or does not exist.
		}
		if err != nil {
			return nil, fmt.Errorf("list the replication tasks of stack %s: %w", stack, err)
		}
		for _, task := range page.ReplicationTasks {
			d := describe(task)
			if !strings.HasPrefix(d.ID, strings.ToLower(stack)+"-") {
				continue
			}
			tags, read := known[d.ARN]
			if !read {
				if tags, err = readTags(ctx, api, d); err != nil {
					return nil, err
				}
				known[d.ARN] = tags
			}
			if tags[contract.TagStack] == stack {
				owned = append(owned, OwnedTask{Description: d, Job: tags[contract.TagJob]})
			}
		}
	}
	return owned, nil
}
