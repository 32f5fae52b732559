// Package cleanup takes down what jobs made outside of CloudFormation's sight: replication tasks, and the executions
// that would make new ones. Without it DMS refuses to delete the endpoints and the instance of a stack
// (CHAP_ReplicationInstance.Deleting).
package cleanup

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/replication"
)

// Cleaner takes down the work of one stack and never touches that of another.
type Cleaner struct {
	Stack    string // the stack's name, which its tasks carry as a tag
	Instance string // ARN of its replication instance
	Machine  string // ARN of its state machine
	Log      *slog.Logger
	DMS      interface {
		replication.Describer
		replication.TagReader
		replication.Remover
	}
	States Executions
}

// Executions finds and stops executions of the state machine.
type Executions interface {
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	StopExecution(context.Context, *sfn.StopExecutionInput, ...func(*sfn.Options)) (*sfn.StopExecutionOutput, error)
}

// A look at the tasks is followed by a pause that grows from first to last: tasks take minutes to go, and DMS gives an
// account eight calls a second.
const (
	firstPause = 2 * time.Second
	lastPause  = 30 * time.Second
)

// TakeDown stops the running executions of every doomed job, then stops and deletes its tasks, and returns when none
// is left. It may be called again after it was cut off, and finds what the first call left.
func (c Cleaner) TakeDown(ctx context.Context, doomed func(job string) bool) error {
	if err := c.stopExecutions(ctx, doomed); err != nil {
		return err
	}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		left, err := c.removeTasks(ctx, doomed)
		if err != nil {
			return err
		}
		if left == 0 {
			return nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("%d replication tasks of stack %s are still going away: %w; run the same command again",
				left, c.Stack, ctx.Err())
		}
	}
}

func (c Cleaner) removeTasks(ctx context.Context, doomed func(job string) bool) (left int, err error) {
	tasks, err := replication.Owned(ctx, c.DMS, c.Instance, c.Stack)
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

func (c Cleaner) stopExecutions(ctx context.Context, doomed func(job string) bool) error {
	pages := sfn.NewListExecutionsPaginator(c.States, &sfn.ListExecutionsInput{
		StateMachineArn: aws.String(c.Machine), StatusFilter: types.ExecutionStatusRunning,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list running executions: %w", err)
		}
		for _, e := range page.Executions {
			job, err := c.jobOf(ctx, e)
			if err != nil {
				return err
			}
			if !doomed(job) {
				continue
			}
			c.Log.Info("stopping", "job", job, "run", aws.ToString(e.ExecutionArn))
			_, err = c.States.StopExecution(ctx, &sfn.StopExecutionInput{
				ExecutionArn: e.ExecutionArn, Error: aws.String("JobRemoved"),
				Cause: aws.String("the department's file no longer has job " + job + ", or its stack is being deleted"),
			})
			if err != nil {
				return fmt.Errorf("stop execution %s: %w", aws.ToString(e.Name), err)
			}
		}
	}
	return nil
}

// jobOf is the job that an execution was started for; empty when its input names none.
func (c Cleaner) jobOf(ctx context.Context, e types.ExecutionListItem) (string, error) {
	out, err := c.States.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: e.ExecutionArn})
	if err != nil {
		return "", fmt.Errorf("describe execution %s: %w", aws.ToString(e.Name), err)
	}
	var input struct {
		Job string `json:"job"`
	}
	if err := json.Unmarshal([]byte(aws.ToString(out.Input)), &input); err != nil {
		return "", nil // An execution with such an input ends by itself: Create refuses it.
	}
	return input.Job, nil
}
