package run

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/dms"
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

// leaseTimeout is how long the request of a person waits for the job's lease. Then it ends as not done: a person who asks for a load
// does not expect that it begins hours later.
const leaseTimeout = time.Hour

// meetLease decides about a run whose job's lease has another holder. A run that a schedule or a deploy has started is skipped: the
// holder does the same. What a person requests is done by no other run, so such a run waits for the lease. If it does not get the
// lease in time, it fails and names the holder.
func (d *Document) meetLease(log *slog.Logger, holder records.Holder, now time.Time) {
	d.LeaseHolder = cmp.Or(holder.String(), "a run that has just ended")
	if !d.Request.ByPerson() {
		d.SetPhase(Skipped, now)
		log.Warn("skipped: the job's lease has another holder", "task", "", "holder", d.LeaseHolder)
		return
	}
	d.SetPhase(dms.Pending, now)
	log.Info("waiting for the job's lease", "task", "", "holder", d.LeaseHolder)
	if now.Sub(d.PhaseSince) >= leaseTimeout {
		d.Fail(ErrorLeaseHeld, fmt.Sprintf("the request is not done, and nothing was changed: for %s the job's lease had another holder: %s; "+
			"when that has ended, start the request again", leaseTimeout, d.LeaseHolder), now)
	}
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
