package run

import (
	"context"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/records"
)

// takeLease takes the job's lease for this run. It takes the lease also from an abandoned run, which it records first, and from a
// deploy whose hold has ended. It returns the holder of the lease after the call.
func (p Prepare) takeLease(ctx context.Context, log *slog.Logger, doc *Document, now time.Time) (records.Holder, error) {
	holder, err := records.Acquire(ctx, p.Leases, p.Table, doc.Request.Job, doc.Execution, now)
	if err != nil || holder.Execution == doc.Execution {
		return holder, err
	}
	if holder.IsDeploy() {
		if now.Before(holder.DeployHold) {
			return holder, nil
		}
		return p.takeOver(ctx, doc, holder, now)
	}
	why, err := RecordAbandonedRun(ctx, p.Environment, p.Executions, p.Leases, doc.Request.Job, holder.Execution)
	if err != nil || why == "" {
		return holder, err
	}
	log.Warn("taking over the lease of an abandoned run", "task", "", "holder", holder.Execution, "reason", why)
	return p.takeOver(ctx, doc, holder, now)
}

// takeOver takes the lease from a holder that does not need it any more. If the holder has just released it, takeOver acquires
// it.
func (p Prepare) takeOver(ctx context.Context, doc *Document, from records.Holder, now time.Time) (records.Holder, error) {
	holder, err := records.TakeOver(ctx, p.Leases, p.Table, doc.Request.Job, doc.Execution, from, now)
	if err == nil && holder == (records.Holder{}) {
		return records.Acquire(ctx, p.Leases, p.Table, doc.Request.Job, doc.Execution, now)
	}
	return holder, err
}
