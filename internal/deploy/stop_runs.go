package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/run"
)

// Executions finds and stops executions of the state machine.
type Executions interface {
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	StopExecution(context.Context, *sfn.StopExecutionInput, ...func(*sfn.Options)) (*sfn.StopExecutionOutput, error)
	GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
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
		if _, err := run.RecordAbandonedRun(ctx, c.Environment, c.States, c.Records, job, execution); err != nil {
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
	var input run.Request
	// Of an input that is no request nothing is known: such an execution ends by itself, since Create refuses it.
	_ = json.Unmarshal([]byte(aws.ToString(out.Input)), &input)
	if input.Recover != "" {
		return c.jobOf(ctx, input.Recover)
	}
	return input.Job, nil
}
