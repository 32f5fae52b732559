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

// recover prepares the recovery of an abandoned run: a stopped or timed-out execution cannot record itself. If that run still
// holds its job's lease, this run takes the lease over; the next functions judge and record that run, and delete its tasks.
// If another run has taken the lease, it has recorded the abandoned one. Then this run only alerts people, if nobody did.
func (p Prepare) recover(ctx context.Context, log *slog.Logger, doc *Document) error {
	now := time.Now()
	abandoned, err := describeAbandonedRun(ctx, p.Executions, doc.Request.Recover)
	if err != nil {
		return err
	}
	if abandoned == nil || abandoned.request.Job == "" {
		doc.SetPhase(Skipped, now) // It is running again, or was no run of a job.
		return nil
	}
	if left := abandoned.recoveryDelay(now); left > 0 {
		doc.SetPhase(dms.Pending, now)
		doc.WaitSeconds = int(math.Ceil(left.Seconds()))
		return nil
	}
	holder, err := p.takeOverAny(ctx, doc, abandoned, now)
	if err != nil {
		return err
	}
	doc.Request.Job, doc.Request.Tables = abandoned.request.Job, abandoned.request.Tables
	doc.Recovering = &RecoveredRun{Execution: abandoned.execution, StartedAt: abandoned.startedAt}
	if holder.Execution != doc.Execution {
		doc.LeaseHolder = holder.String()
		doc.SetPhase(dms.Finished, now)
		return nil
	}
	log.Warn("recovering an abandoned run", "task", "", "abandoned", abandoned.execution)
	doc.Leased = true
	doc.Manifest = p.Manifest
	job, err := LoadJob(ctx, p.Documents, doc.Manifest, doc.Request.WholeJob())
	switch {
	case err == nil:
		p.assign(doc, job)
		if job.Type == department.CDC {
			// The abandoned run may have been loading tables.
			doc.Leftovers = []dms.Task{{ID: BackfillID(p.Stack, job)}}
		}
	case !errors.Is(err, errNoJob):
		return err
	}
	// A job that the manifest does not name has no tasks: the deploy that removed it deleted them.
	doc.Fail(abandoned.why.Error, abandoned.why.Cause, now)
	return nil
}

// takeOverAny takes the lease from whichever execution holds it for the abandoned run.
func (p Prepare) takeOverAny(ctx context.Context, doc *Document, abandoned *abandonedRun, now time.Time) (holder records.Holder, err error) {
	for _, execution := range abandoned.holders {
		holder, err = records.TakeOver(ctx, p.Leases, p.Table, abandoned.request.Job, doc.Execution,
			records.Holder{Execution: execution}, now)
		if err != nil || holder.Execution == doc.Execution {
			return holder, err
		}
	}
	return holder, nil
}
