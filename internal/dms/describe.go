package dms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/department"
)

// Description is the part of an existing task's state that a run uses.
type Description struct {
	ID             string          `json:"id"`
	ARN            string          `json:"arn"`
	Type           department.Type `json:"type"`
	Status         string          `json:"status"`               // such as "running"
	StopReason     string          `json:"stopReason,omitempty"` // such as "Stop Reason FULL_LOAD_ONLY_FINISHED"
	FailureMessage string          `json:"failureMessage,omitempty"`
	CreatedAt      time.Time       `json:"-"`                       // not kept in run documents
	StartedAt      time.Time       `json:"startedAt,omitzero"`      // the latest start; zero when the task never ran
	StoppedAt      time.Time       `json:"stoppedAt,omitzero"`      // the latest end; zero while the task runs, and when it never ran
	Percent        int             `json:"percent,omitempty"`       // progress of the full load, 0 to 100
	TablesErrored  int             `json:"tablesErrored,omitempty"` // number of tables in error
	// Checkpoint is the place in the redo log from which the task resumes (API_ReplicationTask, RecoveryCheckpoint).
	Checkpoint string `json:"checkpoint,omitempty"`
	// SourceARN, TargetARN and InstanceARN are the endpoints and the replication instance that the task uses.
	SourceARN   string `json:"sourceArn,omitempty"`
	TargetARN   string `json:"targetArn,omitempty"`
	InstanceARN string `json:"instanceArn,omitempty"`
	// SeenAt is when Describe called DMS.
	SeenAt time.Time `json:"seenAt,omitzero"`
}

// Describer lists replication tasks.
type Describer interface {
	DescribeReplicationTasks(context.Context, *awsdms.DescribeReplicationTasksInput, ...func(*awsdms.Options)) (*awsdms.DescribeReplicationTasksOutput, error)
}

// pageSize is the most that DescribeReplicationTasks returns at once.
const pageSize = 100

// Describe describes those of the tasks that exist. The map is by identifier. One call describes up to a hundred tasks.
func Describe(ctx context.Context, api Describer, tasks []Task) (map[string]Description, error) {
	found := map[string]Description{}
	for ids := range slices.Chunk(tasks, pageSize) {
		filter := types.Filter{Name: aws.String("replication-task-id")}
		for _, task := range ids {
			filter.Values = append(filter.Values, task.ID)
		}
		pages := awsdms.NewDescribeReplicationTasksPaginator(api, &awsdms.DescribeReplicationTasksInput{
			Filters: []types.Filter{filter}, MaxRecords: aws.Int32(pageSize), WithoutSettings: aws.Bool(true),
		})
		for pages.HasMorePages() {
			asked := time.Now()
			page, err := pages.NextPage(ctx)
			if isNotFound(err) {
				break // DMS answers "not found" when none of the filter's values exists.
			}
			if err != nil {
				return nil, fmt.Errorf("describe replication tasks: %w", err)
			}
			for _, task := range page.ReplicationTasks {
				d := describe(task)
				d.SeenAt = asked
				found[d.ID] = d
			}
		}
	}
	return found, nil
}

func describe(task types.ReplicationTask) Description {
	d := Description{
		ID:             aws.ToString(task.ReplicationTaskIdentifier),
		ARN:            aws.ToString(task.ReplicationTaskArn),
		Type:           department.Type(task.MigrationType),
		Status:         normalStatus(aws.ToString(task.Status)),
		StopReason:     aws.ToString(task.StopReason),
		FailureMessage: shorten(aws.ToString(task.LastFailureMessage), ": the task's log has all of it"),
		CreatedAt:      aws.ToTime(task.ReplicationTaskCreationDate),
		StartedAt:      aws.ToTime(task.ReplicationTaskStartDate),
		Checkpoint:     aws.ToString(task.RecoveryCheckpoint),
		SourceARN:      aws.ToString(task.SourceEndpointArn),
		TargetARN:      aws.ToString(task.TargetEndpointArn),
		InstanceARN:    aws.ToString(task.ReplicationInstanceArn),
	}
	if stats := task.ReplicationTaskStats; stats != nil {
		for _, start := range []*time.Time{stats.StartDate, stats.FreshStartDate} {
			if at := aws.ToTime(start); at.After(d.StartedAt) {
				d.StartedAt = at
			}
		}
		d.StoppedAt = aws.ToTime(stats.StopDate)
		d.Percent = int(stats.FullLoadProgressPercent)
		d.TablesErrored = int(stats.TablesErrored)
	}
	return d
}

// maxMessageBytes is the most that a run document keeps of one message. Step Functions limits the document to 256 KiB, and a
// run may have 200 tasks.
const maxMessageBytes = 600

// Brief shortens a message to about maxMessageBytes. It says how much is left out.
func Brief(message string) string { return shorten(message, "") }

// shorten does the same as Brief, and says where the whole message stands.
func shorten(message, where string) string {
	if len(message) <= maxMessageBytes {
		return message
	}
	kept := strings.ToValidUTF8(message[:maxMessageBytes], "")
	return fmt.Sprintf("%s ... (%d more bytes%s)", kept, len(message)-len(kept), where)
}

// isNotFound says that DMS does not know the resource that a call names.
func isNotFound(err error) bool {
	var fault *types.ResourceNotFoundFault
	return errors.As(err, &fault)
}

// isWrongState says that DMS refuses a call because of the present status of the task or the endpoint.
func isWrongState(err error) bool {
	var fault *types.InvalidResourceStateFault
	return errors.As(err, &fault)
}
