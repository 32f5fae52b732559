package deploy

import (
	"context"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// closedJobHoldTime is how long a deploy holds the lease of a job that it removes. CloudFormation waits an hour for the clean-up
// of the job and another hour for that of the stack. After that it deletes the state machine, and nobody can start runs.
const closedJobHoldTime = 3 * time.Hour

// CloseJob ends a job that a deploy removes. It holds the job's lease, so that runs that start from now on are skipped: people
// can start runs until the state machine is deleted. Then it deletes the tasks of earlier runs.
func (c Cleaner) CloseJob(ctx context.Context, job string) error {
	callsEndAt, err := c.holdLease(ctx, job)
	if err == nil {
		err = run.Wait(ctx, time.Until(callsEndAt))
	}
	if err != nil {
		return fmt.Errorf("close job %s: %w", job, err)
	}
	return c.DeleteTasks(ctx, func(j string) bool { return j == job })
}

// holdLease takes the lease of a job for the deploy, and stops the run that holds it. Until callsEndAt, a function that this run
// has called may still create tasks.
func (c Cleaner) holdLease(ctx context.Context, job string) (callsEndAt time.Time, err error) {
	for {
		held, calling, err := c.holdOrStopRun(ctx, job)
		if calling {
			callsEndAt = time.Now().Add(c.Real(contract.StepTimeout))
		}
		switch {
		case run.IsTransient(err):
			c.Log.Warn("trying again", "error", err)
		case err != nil || held:
			return callsEndAt, err
		}
		if err := run.Wait(ctx, c.Real(minPause)); err != nil {
			return time.Time{}, err
		}
	}
}

// holdOrStopRun holds the lease of a job if nobody or an abandoned run holds it. If a running run holds the lease, it stops that
// run; the next call finds the run abandoned. calling says that a function may still be running for the run that held the lease.
func (c Cleaner) holdOrStopRun(ctx context.Context, job string) (held, calling bool, err error) {
	now := time.Now()
	until := now.Add(closedJobHoldTime)
	holder, err := records.HoldForDeploy(ctx, c.Records, c.Table, job, until, now)
	if err != nil || holder.IsDeploy() {
		return err == nil, false, err
	}
	if holder.Execution == "" {
		return false, false, nil // The run has just released its lease.
	}
	why, err := run.RecordAbandonedRun(ctx, c.Environment, c.States, c.Records, job, holder.Execution)
	if err != nil {
		return false, false, err
	}
	if why == "" {
		calling, err = c.stopExecution(ctx, holder.Execution, job)
		return false, calling, err
	}
	if calling, err = c.wasCallingFunction(ctx, holder.Execution); err != nil {
		return false, calling, err
	}
	holder, err = records.HoldAfterRun(ctx, c.Records, c.Table, job, holder.Execution, until, now)
	return err == nil && holder.IsDeploy(), calling, err
}
