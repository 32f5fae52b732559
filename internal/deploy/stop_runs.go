package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/run"
)

// Executions lists, describes and stops executions of the state machine.
type Executions interface {
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
	StopExecution(context.Context, *sfn.StopExecutionInput, ...func(*sfn.Options)) (*sfn.StopExecutionOutput, error)
	GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
}

// stopExecutions stops the running executions of the selected jobs that were started before the clean-up. calling says that a
// function may still be running for one of them.
func (c Cleaner) stopExecutions(ctx context.Context, selected func(job string) bool) (calling bool, err error) {
	pages := sfn.NewListExecutionsPaginator(c.States, &sfn.ListExecutionsInput{
		StateMachineArn: aws.String(c.Machine), StatusFilter: types.ExecutionStatusRunning,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return calling, fmt.Errorf("list running executions: %w", err)
		}
		for _, e := range page.Executions {
			if aws.ToTime(e.StartDate).After(c.Since) {
				continue
			}
			job, err := run.JobOf(ctx, c.States, aws.ToString(e.ExecutionArn))
			if err != nil {
				return calling, err
			}
			if !selected(job) {
				continue
			}
			wasCalling, err := c.stopExecution(ctx, aws.ToString(e.ExecutionArn), job)
			calling = calling || wasCalling || err != nil
			if err != nil {
				return calling, err
			}
		}
	}
	return calling, nil
}

// stopExecution stops the execution of a run or of a recovery, and records the run, because a stopped execution cannot. calling
// says that the execution had called a function, which may still be running.
//
// If this call is interrupted after the stop, a repeated call does not find the execution among the running ones. The run is
// recorded anyway: it holds its job's lease, and whoever takes the lease of an abandoned run records it.
func (c Cleaner) stopExecution(ctx context.Context, execution, job string) (calling bool, err error) {
	c.Log.Info("stopping the run", "job", job, "run", execution)
	_, err = c.States.StopExecution(ctx, &sfn.StopExecutionInput{
		ExecutionArn: &execution, Error: aws.String("JobRemoved"),
		Cause: aws.String("job " + job + " is no longer in the department's file, or its stack is being deleted"),
	})
	if err != nil {
		return false, fmt.Errorf("stop execution %s: %w", execution, err)
	}
	if job != "" {
		if err := c.recordStopped(ctx, execution, job); err != nil {
			return true, err
		}
	}
	return c.wasCallingFunction(ctx, execution)
}

// stopVisible is how long a stopped execution may still be described as running: DescribeExecution is eventually consistent
// (API_DescribeExecution).
const stopVisible = 30 * time.Second

// recordStopped records a run whose execution was stopped.
func (c Cleaner) recordStopped(ctx context.Context, execution, job string) error {
	for began := time.Now(); ; {
		why, err := run.RecordAbandonedRun(ctx, c.Environment, c.States, c.Records, job, execution)
		if err != nil || why != "" || time.Since(began) > c.Real(stopVisible) {
			return err
		}
		if err := run.Wait(ctx, c.Real(minPause)); err != nil {
			return err
		}
	}
}

// wasCallingFunction says whether an execution was stopped while it called a function: then the event before its last one is
// about the call. It is false for an execution that Step Functions does not know any more.
func (c Cleaner) wasCallingFunction(ctx context.Context, execution string) (bool, error) {
	out, err := c.States.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{
		ExecutionArn: &execution, ReverseOrder: true, MaxResults: 2, IncludeExecutionData: aws.Bool(false),
	})
	var unknown *types.ExecutionDoesNotExist
	if errors.As(err, &unknown) {
		return false, nil
	}
	if err != nil {
		return true, fmt.Errorf("read the history of execution %s: %w", execution, err)
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
