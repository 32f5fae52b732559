package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// takeLeaseOrMeet takes the job's lease for this run. If the lease has another holder, the run waits or is skipped: see meetLease.
func (p Prepare) takeLeaseOrMeet(ctx context.Context, log *slog.Logger, doc *Document, now time.Time) (leased bool, err error) {
	holder, err := p.takeLease(ctx, log, doc, now)
	if err != nil {
		return false, err
	}
	if holder.Execution != doc.Execution {
		doc.meetLease(log, holder, now)
		return false, nil
	}
	if err := p.giveBackIfOver(ctx, doc); err != nil {
		return false, err
	}
	if doc.LeaseHolder != "" {
		doc.LeaseHolder, doc.LeasedAt = "", now
	}
	doc.Leased = true
	return true, nil
}

// giveBackIfOver fails if the execution has ended before this call took the lease. Nobody waits for such a call. If the execution has
// succeeded, nobody else releases the lease, so the call releases it. Any other end starts a recovery, which takes the lease over.
func (p Prepare) giveBackIfOver(ctx context.Context, doc *Document) error {
	out, err := p.Executions.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &doc.Execution})
	var unknown *types.ExecutionDoesNotExist
	switch {
	case errors.As(err, &unknown):
		return nil // DescribeExecution is eventually consistent: it may not know a new execution yet.
	case err != nil:
		return fmt.Errorf("describe execution %s: %w", doc.Execution, err)
	case out.Status == types.ExecutionStatusRunning:
		return nil
	case out.Status == types.ExecutionStatusSucceeded:
		err = records.Release(ctx, p.Leases, p.Table, doc.Request.Job, doc.Execution)
	}
	return errors.Join(fmt.Errorf("job %s: the execution has ended (%s) before this call took its lease; this call changes nothing",
		doc.Request.Job, out.Status), err)
}

// takeLease takes the job's lease for this run. It takes the lease also from an abandoned run, which it records first and alerts to,
// and from a deploy whose hold has ended. It returns the holder of the lease after the call.
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
	abandoned, err := recordAbandonedRun(ctx, p.Environment, p.Executions, p.Leases, doc.Request.Job, holder.Execution)
	if err != nil || abandoned == nil {
		return holder, err
	}
	log.Warn("taking over the lease of an abandoned run", "task", "", "holder", holder.Execution, "reason", abandoned.endError.Cause)
	if err := p.alertAbandoned(ctx, log, doc.Request.Job, abandoned); err != nil {
		return holder, err
	}
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
