package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/records"
)

// Executions tells whether the holder of a lease is still alive, and how it ended.
type Executions interface {
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// RecordAbandonedRun records how the holder of a job's lease ended, since it can no longer do so itself, and says why it ended. It says
// nothing of one that is still running, whose lease is to be left alone. Whoever takes the lease of the dead does this
// first: nobody else will.
func (e Environment) RecordAbandonedRun(
	ctx context.Context, executions Executions, store records.Putter, job, holder string,
) (why string, err error) {
	dead, err := describeAbandonedRun(ctx, executions, holder)
	if err != nil || dead == nil {
		return "", err
	}
	// The holder may have been a sweep: then what died is the run that it cleared up after.
	if !dead.startedAt.IsZero() && !dead.succeeded {
		err = records.WriteIfAbsent(ctx, store, e.Table, dead.record(job, e.RecordDays))
	}
	return dead.why.Cause, err
}

// abandonedRun is an execution that is over.
type abandonedRun struct {
	execution string
	startedAt time.Time
	stoppedAt time.Time
	cutOff    bool // it did not end by itself: the function that it was calling may still be at work
	// succeeded says that it has nothing to be recorded: it did that itself, or was skipped, and a late call took the lease.
	succeeded bool
	request   Request
	why       Error
	// holders are who may hold the lease: the execution itself, and sweeps that cleared up after it and died, the last of
	// them at sweptAt.
	holders []string
	sweptAt time.Time
}

// describeAbandonedRun describes an execution that is over; nil for one that is running. For a sweep it describes the run that was to be
// cleared up after. An execution that Step Functions no longer knows (it forgets after 90 days) is over, too.
func describeAbandonedRun(ctx context.Context, api Executions, execution string) (*abandonedRun, error) {
	out, err := api.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	var unknown *types.ExecutionDoesNotExist
	if errors.As(err, &unknown) {
		return &abandonedRun{
			execution: execution, holders: []string{execution},
			why: Error{"Forgotten", "the execution is older than Step Functions remembers"},
		}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at execution %s: %w", execution, err)
	}
	if out.Status == types.ExecutionStatusRunning {
		return nil, nil
	}
	dead := &abandonedRun{
		execution: execution, holders: []string{execution}, startedAt: aws.ToTime(out.StartDate), stoppedAt: aws.ToTime(out.StopDate),
		cutOff:    out.Status == types.ExecutionStatusAborted || out.Status == types.ExecutionStatusTimedOut,
		succeeded: out.Status == types.ExecutionStatusSucceeded,
		why:       Error{Error: string(out.Status), Cause: "the execution ended before the run was done"},
	}
	if out.Status == types.ExecutionStatusAborted {
		dead.why.Cause = "the execution was stopped before the run was done"
	}
	if detail := aws.ToString(out.Cause); detail != "" {
		dead.why.Cause += ": " + detail
	}
	// An input that is no request belongs to no job.
	_ = json.Unmarshal([]byte(aws.ToString(out.Input)), &dead.request)
	if dead.request.Recover == "" {
		return dead, nil
	}
	swept, err := describeAbandonedRun(ctx, api, dead.request.Recover)
	if err != nil || swept == nil {
		return dead, err
	}
	swept.holders, swept.sweptAt = append(dead.holders, swept.holders...), dead.stoppedAt
	return swept, nil
}

// record is the run's record, which it could not write itself.
func (d abandonedRun) record(job string, days int) records.Run {
	return records.AbandonedRecord(job, d.execution, d.startedAt, d.stoppedAt, d.why.Error+": "+d.why.Cause, days)
}

// FunctionTimeout is how long a run that was stopped may still do things: stopping an execution does not stop the function that
// it was calling, and none of them is given more time.
const FunctionTimeout = 5 * time.Minute

// longestRecoveryDelay is the longest that a sweep waits because others before it failed.
const longestRecoveryDelay = 30 * time.Minute

// recoveryDelay is how long a sweep is to wait: for functions that a stop did not stop, and longer the more sweeps have failed
// before, since what they failed for may last, and each that fails starts the next.
func (d *abandonedRun) recoveryDelay(now time.Time) (left time.Duration) {
	if d.cutOff {
		left = FunctionTimeout - now.Sub(d.stoppedAt)
	}
	failed := time.Duration(len(d.holders) - 1)
	return max(left, min(failed*FunctionTimeout, longestRecoveryDelay)-now.Sub(d.sweptAt))
}
