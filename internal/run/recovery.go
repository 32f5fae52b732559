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

// prepareRecovery prepares the recovery of an abandoned run. If the abandoned run still holds its job's lease, this run takes the
// lease over; then Record judges and records the abandoned run, and Delete deletes its tasks. If another run has taken the lease,
// that run has recorded the abandoned one. If the abandoned run never had the lease, and could not record that, this function records
// it. In both cases Record only sends the alert, if none was sent.
func (p Prepare) prepareRecovery(ctx context.Context, log *slog.Logger, doc *Document) error {
	now := time.Now()
	abandoned, err := describeAbandonedRun(ctx, p.Executions, doc.Request.Recover)
	if err != nil {
		return err
	}
	if abandoned == nil || abandoned.request.Job == "" {
		doc.SetPhase(Skipped, now) // The execution is running again, or its input named no job.
		return nil
	}
	if left := abandoned.recoveryDelay(now); left > 0 {
		doc.SetPhase(dms.Pending, now)
		doc.WaitSeconds = int(math.Ceil(left.Seconds()))
		return nil
	}
	holder, err := p.takeOverFromHolders(ctx, doc, abandoned, now)
	if err != nil {
		return err
	}
	doc.Request.Job, doc.Request.Tables = abandoned.request.Job, abandoned.request.Tables
	doc.Request.Rollback, doc.Request.Publish = abandoned.request.Rollback, abandoned.request.Publish
	doc.Recovering = &RecoveredRun{Execution: abandoned.execution, StartedAt: abandoned.startedAt}
	if holder.Execution != doc.Execution {
		if abandoned.needsRecord() {
			if err := records.WriteIfAbsent(ctx, p.Leases, p.Table, abandoned.record(abandoned.request.Job, p.RecordDays)); err != nil {
				return err
			}
		}
		doc.LeaseHolder = holder.String()
		doc.SetPhase(dms.Finished, now)
		return nil
	}
	log.Warn("recovering an abandoned run", "task", "", "abandoned", abandoned.execution)
	doc.Leased = true
	if err := p.giveBackIfOver(ctx, doc); err != nil {
		return err
	}
	doc.nameOrphans(abandoned.request.Orphans)
	doc.Manifest = p.Manifest
	job, err := LoadJob(ctx, p.Documents, doc.Manifest, doc.Request.WholeJob())
	switch {
	case err == nil:
		p.assign(doc, job)
		if job.Type == department.CDC {
			// The abandoned run may have created a task that loads tables.
			doc.Leftovers = append(doc.Leftovers, dms.Task{ID: BackfillID(p.Stack, job)})
		}
	case !errors.Is(err, errNoJob):
		return err
	}
	// If the manifest does not name the job, there are no tasks: the deploy that removed the job has deleted them.
	doc.Fail(abandoned.endError.Error, abandoned.endError.Cause, now)
	return nil
}

// takeOverFromHolders takes the lease from the abandoned run, or from a failed recovery of it. It returns the holder of the lease
// after the call.
func (p Prepare) takeOverFromHolders(ctx context.Context, doc *Document, abandoned *abandonedRun, now time.Time) (holder records.Holder, err error) {
	for _, execution := range abandoned.holders {
		holder, err = records.TakeOver(ctx, p.Leases, p.Table, abandoned.request.Job, doc.Execution,
			records.Holder{Execution: execution}, now)
		if err != nil || holder.Execution == doc.Execution {
			return holder, err
		}
	}
	return holder, nil
}
