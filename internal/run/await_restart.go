package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/dms"
)

// restartTimeout is how long a run waits while the replication instance is not available, or a task has an unknown status, or DMS
// refuses a call because of them. DMS completes most maintenance in 30 minutes and may need longer
// (CHAP_ReplicationInstance.MaintenanceWindow).
const restartTimeout = 2 * time.Hour

// AwaitRestart waits for what DMS does by itself: while it restarts a task or the replication instance, a task that has ended may
// start again, and its run is pending and not finished. found has the descriptions of the run's tasks. waiting says that the phase
// is set and that the run has to look again later. After the timeout the run fails, unless its tasks are done or it can start them
// again itself. A request to resume waits for no task.
//
// It also decides which full loads the run resumes once, because DMS has broken them: they are Ready afterwards.
func AwaitRestart(
	ctx context.Context, log *slog.Logger, api dms.InstanceWatcher, doc *Document, found map[string]dms.Description, now time.Time,
) (waiting bool, err error) {
	why, restartsSince := dms.HeldUp(doc.Tasks, found, doc.Began())
	if why == "" && !dms.AnyEnded(doc.Tasks, found, doc.Began()) {
		doc.HeldUpSince = time.Time{}
		return false, nil
	}
	instance, err := dms.DescribeInstance(ctx, api, doc.Endpoints.Instance)
	if err != nil {
		return false, err
	}
	if !instance.IsAvailable() {
		doc.InstanceDownAt, restartsSince = now, time.Time{}
		why = fmt.Sprintf("replication instance %s has the status %q", doc.Endpoints.Instance, instance.Status)
	}
	switch {
	case why == "":
		doc.HeldUpSince = time.Time{}
	case doc.HeldUpSince.IsZero():
		doc.HeldUpSince = now
	}
	if why != "" && now.Before(doc.waitEnds(restartsSince)) {
		log.Warn("waiting for DMS", "task", doc.taskIDs(), "reason", why)
		doc.SetPhaseSince(dms.Pending, doc.HeldUpSince, now)
		doc.FailIfPastDeadline(now)
		return true, nil
	}
	if err := doc.resumeBroken(ctx, log, api, instance, found); err != nil {
		return false, err
	}
	held, _ := dms.HeldUp(doc.Tasks, found, doc.Began())
	switch {
	case held == "" && instance.IsAvailable(), dms.PhaseOf(doc.Tasks, found, doc.Began()) == dms.Finished:
	case instance.IsAvailable() && doc.Type.Continuous() && found[doc.Tasks[0].ID].StoppedForRestart():
		doc.Tasks[0].Accepted = false // Reconcile looks at the task again, and resumes it.
	default:
		doc.Fail(ErrorHeldUp, fmt.Sprintf("the run has waited %s for DMS: %s; look at it in the DMS console, then run the job again",
			now.Sub(doc.HeldUpSince).Round(time.Minute), why), now)
	}
	return false, nil
}

// waitEnds is when a run stops waiting for DMS. restartsSince is when DMS stopped a task to start it again; zero if the run waits
// for something else, or if DMS does not report that time.
func (d *Document) waitEnds(restartsSince time.Time) time.Time {
	switch {
	case restartsSince.IsZero():
		return d.HeldUpSince.Add(restartTimeout)
	case d.Request.Resume:
		return time.Time{}
	case d.InstanceDownAt.After(restartsSince):
		return d.InstanceDownAt.Add(dms.RestartTimeout)
	default:
		return restartsSince.Add(dms.RestartTimeout)
	}
}

// resumeBroken marks the full loads that DMS has broken in this run, so that Start resumes them. A load is resumed once.
func (d *Document) resumeBroken(
	ctx context.Context, log *slog.Logger, api dms.InstanceWatcher, instance dms.Instance, found map[string]dms.Description,
) error {
	for i := range d.Tasks {
		task := &d.Tasks[i]
		broken := found[task.ID]
		switch dms.BreakOf(*task, broken, d.Began()) {
		case dms.NotBroken:
			continue
		case dms.MayBeBroken:
			outage := d.InstanceDownAt.After(broken.StartedAt)
			if !outage && instance.Name != "" {
				var err error
				if outage, err = dms.HadOutage(ctx, api, instance.Name, broken.StartedAt); IsTransient(err) {
					return err
				} else if err != nil {
					log.Warn("the events of the instance are unknown", "task", task.ID, "reason", err.Error())
				}
			}
			if !outage {
				continue
			}
		}
		log.Warn("resuming a full load that DMS has broken", "task", task.ID, "status", broken.Status,
			"reason", broken.StopReason+" "+broken.FailureMessage)
		task.PreviousStart = broken.StartedAt
	}
	return nil
}

// AwaitRefusal waits if DMS has refused a call for now: it sets the phase, and the run tries again later. waiting is false for any
// other err, and for a refusal that has lasted longer than restartTimeout; then err is returned.
func (d *Document) AwaitRefusal(log *slog.Logger, err error, now time.Time) (waiting bool, _ error) {
	var refused *dms.RefusedError
	if !errors.As(err, &refused) {
		if err == nil {
			d.RefusedSince = time.Time{}
		}
		return false, err
	}
	if d.RefusedSince.IsZero() {
		d.RefusedSince = now
	}
	if waited := now.Sub(d.RefusedSince); waited > restartTimeout {
		return false, fmt.Errorf("%w; DMS has refused that for %s: look at the replication instance in the DMS console, then run the job again",
			err, waited.Round(time.Minute))
	}
	log.Warn("DMS refused a call", "task", d.taskIDs(), "reason", refused.Message)
	d.SetPhaseSince(dms.Pending, d.RefusedSince, now)
	d.FailIfPastDeadline(now)
	return true, nil
}
