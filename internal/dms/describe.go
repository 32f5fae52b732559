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

// The task statuses that DMS documents (CHAP_Tasks.html, "Task status"); more may exist, and every reader of a status
// must have an answer for one that it does not know.
const (
	StatusCreating  = "creating"
	StatusDeleting  = "deleting"
	StatusFailed    = "failed"
	StatusModifying = "modifying"
	StatusMoving    = "moving"
	StatusReady     = "ready"
	StatusRunning   = "running"
	StatusStarting  = "starting"
	StatusStopped   = "stopped"
	StatusStopping  = "stopping"
	StatusTesting   = "testing"
)

// StatusRunningWithErrors is in the User Guide, but not in the API's list of statuses.
const StatusRunningWithErrors = "running with errors"

// Description is the state of an existing task, as far as a run cares.
type Description struct {
	ID             string          `json:"id"`
	ARN            string          `json:"arn"`
	Type           department.Type `json:"type"`
	Status         string          `json:"status"`               // such as "running"
	StopReason     string          `json:"stopReason,omitempty"` // such as "Stop Reason FULL_LOAD_ONLY_FINISHED"
	FailureMessage string          `json:"failureMessage,omitempty"`
	StartedAt      time.Time       `json:"startedAt,omitzero"` // the latest start; zero when the task never ran
	Percent        int             `json:"percent,omitempty"`  // of the full load
	TablesErrored  int             `json:"tablesErrored,omitempty"`
	// Checkpoint is the place in the redo log from which a resume goes on (RecoveryCheckpoint).
	Checkpoint string `json:"checkpoint,omitempty"`
	// SourceARN, TargetARN and InstanceARN are what the task was made with.
	SourceARN   string `json:"sourceArn,omitempty"`
	TargetARN   string `json:"targetArn,omitempty"`
	InstanceARN string `json:"instanceArn,omitempty"`
	// SeenAt is when DMS was asked, by Describe.
	SeenAt time.Time `json:"seenAt,omitzero"`
}

// IsRunning says that the task is running, perhaps with tables in error.
func (d Description) IsRunning() bool {
	return d.Status == StatusRunning || d.Status == StatusRunningWithErrors
}

// IsStopped says that the task can be started, modified or deleted.
func (d Description) IsStopped() bool {
	return d.Status == StatusReady || d.Status == StatusStopped || d.Status == StatusFailed
}

// StoppedByUser says that somebody stopped the task: it did not stop by itself.
func (d Description) StoppedByUser() bool {
	return d.Status == StatusStopped && strings.Contains(d.StopReason, "NORMAL")
}

// Describer lists replication tasks.
type Describer interface {
	DescribeReplicationTasks(context.Context, *awsdms.DescribeReplicationTasksInput, ...func(*awsdms.Options)) (*awsdms.DescribeReplicationTasksOutput, error)
}

// pageSize is the most that DescribeReplicationTasks returns at once.
const pageSize = 100

// Describe returns those of the tasks that exist, by identifier: one call for every hundred of them.
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
			if missing(err) {
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
		Status:         strings.ToLower(aws.ToString(task.Status)),
		StopReason:     aws.ToString(task.StopReason),
		FailureMessage: Brief(aws.ToString(task.LastFailureMessage)),
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
		d.Percent = int(stats.FullLoadProgressPercent)
		d.TablesErrored = int(stats.TablesErrored)
	}
	return d
}

// longest is how much of a message travels in the run document, in bytes: Step Functions limits that to 256 KiB, and a
// run may have 200 tasks.
const longest = 600

// Brief cuts a long message at its end.
func Brief(message string) string {
	if len(message) <= longest {
		return message
	}
	return strings.ToValidUTF8(message[:longest], "") + " ..."
}

// missing says that DMS knows no such thing.
func missing(err error) bool {
	var fault *types.ResourceNotFoundFault
	return errors.As(err, &fault)
}

// wrongState says that a task is on its way to another state, so that the call came too early or too late.
func wrongState(err error) bool {
	var fault *types.InvalidResourceStateFault
	return errors.As(err, &fault)
}
