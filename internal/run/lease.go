package run

import (
	"context"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/records"
)

// lease takes the job's lease, also from a holder that is no longer running: at once, and writing down how that one
// ended, since it can no longer do so itself. It returns who holds the lease then.
func (c Create) lease(ctx context.Context, log *slog.Logger, run *Document, now time.Time) (holder string, err error) {
	holder, err = records.Acquire(ctx, c.Leases, c.Table, run.Request.Job, run.Execution, now)
	if err != nil || holder == run.Execution {
		return holder, err
	}
	if until, held := records.DeployHoldEnd(holder); held {
		if now.Before(until) {
			return holder, nil
		}
		return c.takeOver(ctx, run, holder, now)
	}
	why, err := c.RecordAbandonedRun(ctx, c.Executions, c.Leases, run.Request.Job, holder)
	if err != nil || why == "" {
		return holder, err
	}
	log.Warn("taking over the lease of a run that died", "task", "", "holder", holder, "reason", why)
	return c.takeOver(ctx, run, holder, now)
}

// takeOver takes the lease from a holder that is no more, or takes it afresh if it was given back just now.
func (c Create) takeOver(ctx context.Context, run *Document, dead string, now time.Time) (holder string, err error) {
	holder, err = records.TakeOver(ctx, c.Leases, c.Table, run.Request.Job, run.Execution, dead, now)
	if err == nil && holder == "" {
		return records.Acquire(ctx, c.Leases, c.Table, run.Request.Job, run.Execution, now)
	}
	return holder, err
}
