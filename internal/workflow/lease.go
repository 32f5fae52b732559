package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/replication"
)

// Executions tells whether the holder of a lease is still alive, and how it ended.
type Executions interface {
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// lease takes the job's lease, also from a holder that is no longer running: at once, and writing down how that one
// ended, since it can no longer do so itself. It returns who holds the lease then.
func (c Create) lease(ctx context.Context, log *slog.Logger, run *Run, now time.Time) (holder string, err error) {
	holder, err = history.Acquire(ctx, c.Leases, c.Table, run.Request.Job, run.Execution, now)
	if err != nil || holder == run.Execution {
		return holder, err
	}
	if until, held := history.HeldUntil(holder); held {
		if now.Before(until) {
			return holder, nil
		}
		return c.takeOver(ctx, run, holder, now)
	}
	dead, err := c.ended(ctx, holder)
	if err != nil || dead == nil {
		return holder, err
	}
	log.Warn("taking over the lease of a run that died", "task", "", "holder", holder, "reason", dead.why.Cause)
	if !dead.startedAt.IsZero() && !dead.succeeded {
		// The holder may have been a sweep: then what died is the run that it cleared up after.
		if err := history.WriteOnce(ctx, c.Leases, c.Table, dead.record(run.Request.Job, c.RecordDays)); err != nil {
			return "", err
		}
	}
	return c.takeOver(ctx, run, holder, now)
}

// takeOver takes the lease from a holder that is no more, or takes it afresh if it was given back just now.
func (c Create) takeOver(ctx context.Context, run *Run, dead string, now time.Time) (holder string, err error) {
	holder, err = history.TakeOver(ctx, c.Leases, c.Table, run.Request.Job, run.Execution, dead, now)
	if err == nil && holder == "" {
		return history.Acquire(ctx, c.Leases, c.Table, run.Request.Job, run.Execution, now)
	}
	return holder, err
}

// LateWork is how long a run that was stopped may still do things: stopping an execution does not stop the function that
// it was calling, and none of them is given more time.
const LateWork = 5 * time.Minute

// sweep clears up after a run that was stopped or timed out: such an execution has no chance to do so itself. If the
// run still holds its job's lease, this one takes it over, judges and records what it came to, and deletes its tasks.
// If another one took the lease, that one recorded the run; here people are told of it, if they were not.
func (c Create) sweep(ctx context.Context, log *slog.Logger, run *Run) error {
	now := time.Now()
	dead, err := c.ended(ctx, run.Request.Sweep)
	if err != nil {
		return err
	}
	if dead == nil || dead.request.Job == "" {
		run.enter(replication.Skipped, now) // It is at work again, or was no run of a job.
		return nil
	}
	if left := dead.rest(now); left > 0 {
		run.enter(replication.Pending, now)
		run.WaitSeconds = int(math.Ceil(left.Seconds()))
		return nil
	}
	var holder string
	for _, last := range dead.holders {
		holder, err = history.TakeOver(ctx, c.Leases, c.Table, dead.request.Job, run.Execution, last, now)
		if err != nil {
			return err
		}
		if holder == run.Execution {
			break
		}
	}
	run.Request.Job, run.Request.Tables = dead.request.Job, dead.request.Tables
	run.Swept = &Swept{Execution: dead.execution, StartedAt: dead.startedAt}
	if holder != run.Execution {
		run.LeaseHolder = holder
		run.enter(replication.Finished, now)
		return nil
	}
	log.Warn("clearing up after a run that did not end by itself", "task", "", "swept", dead.execution)
	run.Error = &dead.why
	run.Manifest = c.Manifest
	job, err := loadJob(ctx, c.Objects, run.Manifest, Request{Job: run.Request.Job})
	switch {
	case err == nil:
		c.assign(run, job)
		if job.Type == department.CDC {
			// The run may have been loading tables.
			run.Leftovers = []replication.Task{{ID: c.backfillID(job)}}
		}
	case !errors.Is(err, errNoJob):
		return err
	}
	// A job that is not in the manifest any more has no tasks: the deploy that removed it took them down.
	run.enter(replication.Failed, now)
	return nil
}

// endedRun is an execution that is over.
type endedRun struct {
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

// mostRest is the longest that a sweep waits because others before it failed.
const mostRest = 30 * time.Minute

// rest is how long a sweep is to wait: for functions that a stop did not stop, and longer the more sweeps have failed
// before, since what they failed for may last, and each that fails starts the next.
func (d *endedRun) rest(now time.Time) (left time.Duration) {
	if d.cutOff {
		left = LateWork - now.Sub(d.stoppedAt)
	}
	failed := time.Duration(len(d.holders) - 1)
	return max(left, min(failed*LateWork, mostRest)-now.Sub(d.sweptAt))
}

// ended describes an execution that is over; nil for one that is running. For a sweep it describes the run that was to be
// cleared up after. An execution that Step Functions no longer knows (it forgets after 90 days) is over, too.
func (c Create) ended(ctx context.Context, execution string) (*endedRun, error) {
	out, err := c.Executions.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &execution})
	var unknown *types.ExecutionDoesNotExist
	if errors.As(err, &unknown) {
		return &endedRun{
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
	dead := &endedRun{
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
	if dead.request.Sweep == "" {
		return dead, nil
	}
	swept, err := c.ended(ctx, dead.request.Sweep)
	if err != nil || swept == nil {
		return dead, err
	}
	swept.holders, swept.sweptAt = append(dead.holders, swept.holders...), dead.stoppedAt
	return swept, nil
}

// record is the run's record, which it could not write itself.
func (d endedRun) record(job string, days int) history.Run {
	return history.Unfinished(job, d.execution, d.startedAt, d.stoppedAt, d.why.Error+": "+d.why.Cause, days)
}
