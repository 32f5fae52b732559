package workflow

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/replication"
)

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
	why, err := c.Bury(ctx, c.Executions, c.Leases, run.Request.Job, holder)
	if err != nil || why == "" {
		return holder, err
	}
	log.Warn("taking over the lease of a run that died", "task", "", "holder", holder, "reason", why)
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

// sweep clears up after a run that was stopped or timed out: such an execution has no chance to do so itself. If the
// run still holds its job's lease, this one takes it over, judges and records what it came to, and deletes its tasks.
// If another one took the lease, that one recorded the run; here people are told of it, if they were not.
func (c Create) sweep(ctx context.Context, log *slog.Logger, run *Run) error {
	now := time.Now()
	dead, err := ended(ctx, c.Executions, run.Request.Sweep)
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
