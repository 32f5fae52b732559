// Package replication drives the life of DMS replication tasks: ensure, start, observe, judge, delete.
//
// Every function may be called twice, at any point, and the second call finds what the first one did. None of them
// waits: a task takes minutes to be created or deleted, so each call does what can be done now and tells how far the
// tasks are.
package replication

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

// Task is what a run remembers of one of its replication tasks between two calls.
type Task struct {
	// ID is the replication task identifier, STACK-JOB-NUMBER; DMS keeps it unique in an account and region.
	ID string `json:"id"`
	// Accepted says that the task carries this stack's tag and the fingerprint that the run wants. Only such a task is
	// started.
	Accepted bool `json:"accepted,omitempty"`
	// Load says that the task loads tables once, beside the one of its job that follows changes.
	Load bool `json:"load,omitempty"`
	// Before is when a task that follows changes had been started last when the run found it at rest: a later start is the
	// run's own. Clocks do not tell that well enough, since the start before may be seconds old.
	Before time.Time `json:"before,omitzero"`
	// Seen is how the task was found at work, with nothing to be done: it need not be described again.
	Seen *Description `json:"seen,omitempty"`
}

// Spec is a replication task as it should be.
type Spec struct {
	ID       string
	Stack    string
	Job      string
	Type     department.Type
	Mappings string // DMS table mappings
	Settings string // DMS task settings
	// SourceARN, TargetARN and InstanceARN are the endpoints and the replication instance.
	SourceARN, TargetARN, InstanceARN string
	// StartFrom is where a task that only follows changes begins: empty for now, an SCN, a time (RFC 3339), or the
	// checkpoint of another task.
	StartFrom string
}

// Fingerprint tells a task that is as it should be from one that was made from other mappings or settings; for a full
// load also from other endpoints, type or instance. Those of a task that follows changes are compared one by one
// (Compare), since DMS can change the former and not the latter.
func (s Spec) Fingerprint() string {
	sum := sha256.New()
	parts := []string{s.Mappings, s.Settings}
	if !s.Type.Continuous() {
		parts = append(parts, string(s.Type), s.SourceARN, s.TargetARN, s.InstanceARN)
	}
	for _, part := range parts {
		// The length keeps neighbouring parts apart.
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))[:32]
}

// The tags of a replication task. TagStack is what IAM policies and the clean-up go by.
const (
	TagStack       = "oralake:stack"
	TagJob         = "oralake:job"
	TagFingerprint = "oralake:fingerprint"
)

// The task statuses that DMS documents (CHAP_Tasks.html, "Task status"); more may exist, and every reader of a status
// must have an answer for one that it does not know.
const (
	statusCreating  = "creating"
	statusDeleting  = "deleting"
	statusFailed    = "failed"
	statusModifying = "modifying"
	statusMoving    = "moving"
	statusReady     = "ready"
	statusRunning   = "running"
	statusStarting  = "starting"
	statusStopped   = "stopped"
	statusStopping  = "stopping"
	statusTesting   = "testing"
)

// statusRunningWithErrors is in the User Guide, but not in the API's list of statuses.
const statusRunningWithErrors = "running with errors"

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

// AtWork says that the task is running, perhaps with tables in error.
func (d Description) AtWork() bool {
	return d.Status == statusRunning || d.Status == statusRunningWithErrors
}

// AtRest says that the task can be started, modified or deleted.
func (d Description) AtRest() bool {
	return d.Status == statusReady || d.Status == statusStopped || d.Status == statusFailed
}

// Halted says that somebody stopped the task: it did not stop by itself.
func (d Description) Halted() bool {
	return d.Status == statusStopped && strings.Contains(d.StopReason, "NORMAL")
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
