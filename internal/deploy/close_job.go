package deploy

import (
	"context"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// closedFor is for how long a job that is taken down stays held: longer than CloudFormation gives the clean-ups of the jobs and
// of the stack, an hour each, to be done. Then the state machine goes.
const closedFor = 3 * time.Hour

// CloseJob ends a job: it takes its lease and holds it, so that a run which somebody starts from now on makes nothing, and
// takes down what earlier runs made. Until the state machine goes, nothing else keeps people from starting runs.
func (c Cleaner) CloseJob(ctx context.Context, job string) error {
	quiet, err := c.hold(ctx, job)
	if err == nil {
		err = Wait(ctx, time.Until(quiet))
	}
	if err != nil {
		return fmt.Errorf("end job %s: %w", job, err)
	}
	return c.DeleteTasks(ctx, func(j string) bool { return j == job })
}

// hold takes the lease of a job, and stops the run that has it. It says until when that run may still be making tasks.
func (c Cleaner) hold(ctx context.Context, job string) (quiet time.Time, err error) {
	for {
		held, calling, err := c.tryHold(ctx, job)
		if calling {
			quiet = time.Now().Add(c.Real(contract.StepTimeout))
		}
		switch {
		case run.IsTransient(err):
			c.Log.Warn("looking again later", "error", err)
		case err != nil || held:
			return quiet, err
		}
		if err := Wait(ctx, c.Real(firstPause)); err != nil {
			return time.Time{}, err
		}
	}
}

// tryHold holds the lease if nobody has it or who has it is dead. Otherwise it stops that run: it is dead when looked at
// again. It says whether a function may still be at work for the run that had the lease.
func (c Cleaner) tryHold(ctx context.Context, job string) (held, calling bool, err error) {
	now := time.Now()
	until := now.Add(closedFor)
	holder, err := records.HoldForDeploy(ctx, c.Records, c.Table, job, until, now)
	if err != nil || holder.IsDeploy() {
		return err == nil, false, err
	}
	if holder.Execution == "" {
		return false, false, nil // The run released its lease just now.
	}
	why, err := run.RecordAbandonedRun(ctx, c.Environment, c.States, c.Records, job, holder.Execution)
	if err != nil {
		return false, false, err
	}
	if why == "" {
		calling, err = c.stopExecution(ctx, holder.Execution, job)
		return false, calling, err
	}
	if calling, err = c.wasCalling(ctx, holder.Execution); err != nil {
		return false, calling, err
	}
	holder, err = records.HoldAfterRun(ctx, c.Records, c.Table, job, holder.Execution, until, now)
	return err == nil && holder.IsDeploy(), calling, err
}
