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
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
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
}

// Fingerprint tells a task that is as it should be from one that was made from other mappings, settings or endpoints.
func (s Spec) Fingerprint() string {
	sum := sha256.New()
	for _, part := range []string{
		string(s.Type), s.Mappings, s.Settings, s.SourceARN, s.TargetARN, s.InstanceARN,
	} {
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

// Description is the state of an existing task, as far as a run cares.
type Description struct {
	ID             string
	ARN            string
	Type           department.Type
	Status         string // such as "running"
	StopReason     string // such as "Stop Reason FULL_LOAD_ONLY_FINISHED"
	FailureMessage string
	StartedAt      time.Time // the latest start; zero when the task never ran
	Percent        int       // of the full load
	TablesErrored  int
}

// Describer lists replication tasks.
type Describer interface {
	DescribeReplicationTasks(context.Context, *dms.DescribeReplicationTasksInput, ...func(*dms.Options)) (*dms.DescribeReplicationTasksOutput, error)
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
		pages := dms.NewDescribeReplicationTasksPaginator(api, &dms.DescribeReplicationTasksInput{
			Filters: []types.Filter{filter}, MaxRecords: aws.Int32(pageSize), WithoutSettings: aws.Bool(true),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if missing(err) {
				break // DMS answers "not found" when none of the filter's values exists.
			}
			if err != nil {
				return nil, fmt.Errorf("describe replication tasks: %w", err)
			}
			for _, task := range page.ReplicationTasks {
				d := describe(task)
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
		FailureMessage: brief(aws.ToString(task.LastFailureMessage)),
		StartedAt:      aws.ToTime(task.ReplicationTaskStartDate),
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

// brief cuts a long message at its end.
func brief(message string) string {
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
