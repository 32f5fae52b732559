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

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/records"
)

// Executions tells whether the holder of a lease is still running, and how it ended.
type Executions interface {
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// RecordAbandonedRun records how the execution that holds a job's lease ended, and returns why it ended. It returns no reason
// for one that is still running, whose lease must stay. Call it before taking over the lease of an abandoned run: no other
// code records that run.
func RecordAbandonedRun(
	ctx context.Context, env contract.Environment, executions Executions, store records.Putter, job, execution string,
) (why string, err error) {
	abandoned, err := describeAbandonedRun(ctx, executions, execution)
	if err != nil || abandoned == nil {
		return "", err
	}
	// The execution may have been a recovery: then the abandoned run is the one that it was to recover.
	if !abandoned.startedAt.IsZero() && !abandoned.succeeded {
		err = records.WriteIfAbsent(ctx, store, env.Table, abandoned.record(job, env.RecordDays))
	}
	return abandoned.why.Cause, err
}

// abandonedRun is an execution that is over.
type abandonedRun struct {
	execution string
	startedAt time.Time
	stoppedAt time.Time
	cutOff    bool // it was stopped or timed out: the function that it was calling may still be running
	// succeeded says that nothing is to be recorded: the run recorded itself, or was skipped and a late call took the lease.
	succeeded bool
	request   Request
	why       Error
	// holders are the executions that may hold the lease: the run's own, and those of its recoveries that failed, the last
	// of which ended at recoveryFailedAt.
	holders          []string
	recoveryFailedAt time.Time
}

// describeAbandonedRun describes an execution that is over; nil for one that is running. For a recovery it describes the run
// that was to be recovered. An execution that Step Functions does not know is over, too: it forgets after 90 days.
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
		return nil, fmt.Errorf("describe execution %s: %w", execution, err)
	}
	if out.Status == types.ExecutionStatusRunning {
		return nil, nil
	}
	abandoned := &abandonedRun{
		execution: execution, holders: []string{execution}, startedAt: aws.ToTime(out.StartDate), stoppedAt: aws.ToTime(out.StopDate),
		cutOff:    out.Status == types.ExecutionStatusAborted || out.Status == types.ExecutionStatusTimedOut,
		succeeded: out.Status == types.ExecutionStatusSucceeded,
		why:       Error{Error: string(out.Status), Cause: "the execution ended before the run was done"},
	}
	if out.Status == types.ExecutionStatusAborted {
		abandoned.why.Cause = "the execution was stopped before the run was done"
	}
	if detail := aws.ToString(out.Cause); detail != "" {
		abandoned.why.Cause += ": " + detail
	}
	// An input that is no request belongs to no job.
	_ = json.Unmarshal([]byte(aws.ToString(out.Input)), &abandoned.request)
	if abandoned.request.Recover == "" {
		return abandoned, nil
	}
	recovered, err := describeAbandonedRun(ctx, api, abandoned.request.Recover)
	if err != nil || recovered == nil {
		return abandoned, err
	}
	recovered.holders, recovered.recoveryFailedAt = append(abandoned.holders, recovered.holders...), abandoned.stoppedAt
	return recovered, nil
}

// record is the record that the run could not write.
func (a abandonedRun) record(job string, days int) records.Run {
	return records.AbandonedRecord(job, a.execution, a.startedAt, a.stoppedAt, a.why.Error, a.why.Cause, days)
}

// longestRecoveryDelay is the longest that a recovery waits because earlier recoveries failed.
const longestRecoveryDelay = 30 * time.Minute

// recoveryDelay is how long a recovery has to wait: until no function of the stopped execution can be running, and longer the
// more recoveries have failed, because what they failed for may last, and each that fails starts the next.
func (a *abandonedRun) recoveryDelay(now time.Time) (left time.Duration) {
	if a.cutOff {
		left = contract.StepTimeout - now.Sub(a.stoppedAt)
	}
	failed := time.Duration(len(a.holders) - 1)
	return max(left, min(failed*contract.StepTimeout, longestRecoveryDelay)-now.Sub(a.recoveryFailedAt))
}
