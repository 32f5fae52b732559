package run

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// recover clears up after a run that was stopped or timed out: such an execution has no chance to do so itself. If the
// run still holds its job's lease, this one takes it over, judges and records what it came to, and deletes its tasks.
// If another one took the lease, that one recorded the run; here people are told of it, if they were not.
func (c Create) recover(ctx context.Context, log *slog.Logger, run *Document) error {
	now := time.Now()
	dead, err := describeAbandonedRun(ctx, c.Executions, run.Request.Recover)
	if err != nil {
		return err
	}
	if dead == nil || dead.request.Job == "" {
		run.SetPhase(Skipped, now) // It is at work again, or was no run of a job.
		return nil
	}
	if left := dead.recoveryDelay(now); left > 0 {
		run.SetPhase(dms.Pending, now)
		run.WaitSeconds = int(math.Ceil(left.Seconds()))
		return nil
	}
	var holder string
	for _, last := range dead.holders {
		holder, err = records.TakeOver(ctx, c.Leases, c.Table, dead.request.Job, run.Execution, last, now)
		if err != nil {
			return err
		}
		if holder == run.Execution {
			break
		}
	}
	run.Request.Job, run.Request.Tables = dead.request.Job, dead.request.Tables
	run.Recovering = &RecoveredRun{Execution: dead.execution, StartedAt: dead.startedAt}
	if holder != run.Execution {
		run.LeaseHolder = holder
		run.SetPhase(dms.Finished, now)
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
			run.Leftovers = []dms.Task{{ID: c.backfillID(job)}}
		}
	case !errors.Is(err, errNoJob):
		return err
	}
	// A job that is not in the manifest any more has no tasks: the deploy that removed it took them down.
	run.SetPhase(dms.Failed, now)
	return nil
}
