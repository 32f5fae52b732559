// Package cleanup takes down what jobs made outside of CloudFormation's sight: replication tasks, and the executions
// that would make new ones. Without it DMS refuses to delete the endpoints and the instance of a stack
// (CHAP_ReplicationInstance.Deleting).
package cleanup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/replication"
	"github.com/oralake/oralake/internal/workflow"
)

// Cleaner takes down the work of one stack and never touches that of another.
type Cleaner struct {
	workflow.Environment
	Instance string // ARN of the replication instance
	Machine  string // ARN of its state machine
	Log      *slog.Logger
	DMS      replication.DescribingRemover
	States   Executions
	Records  history.LeaseStore
	// Since is when the clean-up began. Runs that are started later are left alone: their jobs are held by then, so they
	// are skipped, or they work on the instance that comes after this one.
	Since time.Time
}

// Executions finds and stops executions of the state machine.
type Executions interface {
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	StopExecution(context.Context, *sfn.StopExecutionInput, ...func(*sfn.Options)) (*sfn.StopExecutionOutput, error)
	GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
}

// A look at the tasks is followed by a pause that grows from first to last: tasks take minutes to go, and DMS gives an
// account eight calls a second.
const (
	firstPause = 2 * time.Second
	lastPause  = 30 * time.Second
)

// TakeDown stops the executions of every doomed job that run since before the clean-up, then stops and deletes its tasks,
// and returns when none is left. It may be called again after it was cut off, and finds what the first call left.
func (c Cleaner) TakeDown(ctx context.Context, doomed func(job string) bool) error {
	var busyUntil time.Time // a function that a stopped execution was calling may make tasks until then
	known := replication.Tags{}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		busy, err := c.stopExecutions(ctx, doomed)
		if busy {
			busyUntil = time.Now().Add(c.Real(workflow.LateWork))
		}
		left := 0
		if err == nil {
			left, err = c.removeTasks(ctx, doomed, known)
		}
		switch {
		case transient(err):
			// The clean-ups of all jobs share the account's eight calls a second with every run in it.
			c.Log.Warn("looking again later", "error", err)
		case err != nil:
			return err
		case left == 0 && time.Now().After(busyUntil):
			return nil
		}
		select {
		case <-time.After(c.Real(pause)):
		case <-ctx.Done():
			return fmt.Errorf("%d replication tasks of stack %s are still going away: %w; run the same command again",
				left, c.Stack, ctx.Err())
		}
	}
}

// transient says that an error may be gone in a moment.
func transient(err error) bool {
	return err != nil && retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}

// Leave takes down everything on an instance that the stack gives up for another one. CDC tasks cannot move: their
// checkpoints would be lost with them, so they keep the stack where it is.
func (c Cleaner) Leave(ctx context.Context) error {
	tasks, err := replication.Owned(ctx, c.DMS, c.Instance, c.Stack, replication.Tags{})
	if err != nil {
		return err
	}
	for _, task := range tasks {
		if task.Type.Continuous() {
			return fmt.Errorf("replication task %s of CDC job %s cannot move to another instance: its checkpoint would be lost; "+
				"take the job out of the department's file and deploy, then move, then add the job again", task.ID, task.Job)
		}
	}
	return c.TakeDown(ctx, func(string) bool { return true })
}

func (c Cleaner) removeTasks(
	ctx context.Context, doomed func(job string) bool, known replication.Tags,
) (left int, err error) {
	tasks, err := replication.Owned(ctx, c.DMS, c.Instance, c.Stack, known)
	if err != nil {
		return 0, err
	}
	for _, task := range tasks {
		if !doomed(task.Job) {
			continue
		}
		left++
		c.Log.Info("taking down", "job", task.Job, "task", task.ID, "status", task.Status)
		if err := replication.Remove(ctx, c.DMS, task.Description); err != nil {
			return 0, err
		}
	}
	return left, nil
}

// stopExecutions says whether a function is still at work for one of those that it stopped.
func (c Cleaner) stopExecutions(ctx context.Context, doomed func(job string) bool) (busy bool, err error) {
	pages := sfn.NewListExecutionsPaginator(c.States, &sfn.ListExecutionsInput{
		StateMachineArn: aws.String(c.Machine), StatusFilter: types.ExecutionStatusRunning,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return busy, fmt.Errorf("list running executions: %w", err)
		}
		for _, e := range page.Executions {
			if aws.ToTime(e.StartDate).After(c.Since) {
				continue
			}
			job, err := c.jobOf(ctx, aws.ToString(e.ExecutionArn))
			if err != nil {
				return busy, err
			}
			if !doomed(job) {
				continue
			}
			calling, err := c.stopExecution(ctx, aws.ToString(e.ExecutionArn), job)
			busy = busy || calling || err != nil
			if err != nil {
				return busy, err
			}
		}
	}
	return busy, nil
}

// stopExecution stops an execution, a run of a job or the sweep that clears up after one, and records the run, since it no
// longer can: one that ended by itself just before, or was skipped, has seen to that. It says whether the execution was
// calling a function, which that does not stop.
//
// Who is interrupted between the two does not find the execution among the running ones again. What matters is recorded
// all the same: a run at work has its job's lease, and whoever takes the lease of the dead records them.
func (c Cleaner) stopExecution(ctx context.Context, execution, job string) (calling bool, err error) {
	c.Log.Info("stopping", "job", job, "run", execution)
	_, err = c.States.StopExecution(ctx, &sfn.StopExecutionInput{
		ExecutionArn: &execution, Error: aws.String("JobRemoved"),
		Cause: aws.String("job " + job + " is no longer in the department's file, or its stack is being deleted"),
	})
	if err != nil {
		return false, fmt.Errorf("stop execution %s: %w", execution, err)
	}
	if job != "" {
		if _, err := c.Bury(ctx, c.States, c.Records, job, execution); err != nil {
			return true, err
		}
	}
	return c.wasCalling(ctx, execution)
}

// wasCalling says whether an execution was stopped while it called a function: then what came before its end is the call.
func (c Cleaner) wasCalling(ctx context.Context, execution string) (bool, error) {
	out, err := c.States.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{
		ExecutionArn: &execution, ReverseOrder: true, MaxResults: 2, IncludeExecutionData: aws.Bool(false),
	})
	var forgotten *types.ExecutionDoesNotExist
	if errors.As(err, &forgotten) {
		return false, nil
	}
	if err != nil {
		return true, fmt.Errorf("read history of execution %s: %w", execution, err)
	}
	for _, e := range out.Events {
		switch e.Type {
		case types.HistoryEventTypeTaskStateEntered, types.HistoryEventTypeLambdaFunctionScheduled,
			types.HistoryEventTypeLambdaFunctionStarted:
			return true, nil
		}
	}
	return false, nil
}

// jobOf is the job of an execution, or of the run that it clears up after; empty when its input names none.
func (c Cleaner) jobOf(ctx context.Context, execution string) (string, error) {
	out, err := c.States.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	var forgotten *types.ExecutionDoesNotExist
	if errors.As(err, &forgotten) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("describe execution %s: %w", execution, err)
	}
	var input workflow.Request
	// Of an input that is no request nothing is known: such an execution ends by itself, since Create refuses it.
	_ = json.Unmarshal([]byte(aws.ToString(out.Input)), &input)
	if input.Sweep != "" {
		return c.jobOf(ctx, input.Sweep)
	}
	return input.Job, nil
}
