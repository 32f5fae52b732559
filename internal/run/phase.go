package run

import (
	"time"

	"github.com/oralake/oralake/internal/dms"
)

// The phases that do not depend on the status of a task; package dms has the others. The state machine branches on the phase.
const (
	Skipped     dms.Phase = "skipped"     // another run or a deploy holds the job's lease, and no person has started this run: it ends
	Checking    dms.Phase = "checking"    // the check function comes next, with CheckRequest
	Reconciling dms.Phase = "reconciling" // Reconcile comes next
	Verifying   dms.Phase = "verifying"   // Verify comes next: the load is finished
	Counting    dms.Phase = "counting"    // the check function comes next and counts rows at the source
	Publishing  dms.Phase = "publishing"  // the full load is recorded, and Publish comes next
	Deleting    dms.Phase = "deleting"    // the run is recorded, and its tasks are being deleted
)

// The names of errors with which functions call Fail, as Step Functions shows them. Transient and Failure are two more names: of
// errors that a function returns.
const (
	ErrorNotReady = "NotReady" // the department's file requires a check, and the database is not ready or was not checked
	ErrorTimedOut = "TimedOut" // the run has exceeded the job's time limit
	ErrorHeldUp   = "HeldUp"   // DMS restarts a task or the replication instance, and does not come to an end
	ErrorGivenUp  = "GivenUp"  // too many runs in a row have resumed the task, and it did not keep running
	// ErrorLeaseHeld says that another run or a deploy held the job's lease for so long that a person's request is not done.
	ErrorLeaseHeld = "LeaseHeld"

	// ErrorNotPublished says that good tables of a recorded run could not be published.
	ErrorNotPublished = "NotPublished"

	ErrorLeaseLost  = "LeaseLost"  // somebody has deleted or taken the lease that the run held
	ErrorNotAlerted = "NotAlerted" // of a recovery: the failed run is recorded, and its alert could not be sent
)

// SetPhase sets the phase of the run and the wait before the next function. It changes nothing in a run that has an error: only
// Record and Delete may follow such a run.
func (d *Document) SetPhase(phase dms.Phase, now time.Time) {
	if d.Error == nil {
		d.enterPhase(phase, now)
	}
}

// enterPhase does the same as SetPhase, also in a run that has an error. PhaseSince stays if the run is in the phase already.
func (d *Document) enterPhase(phase dms.Phase, now time.Time) {
	since := d.PhaseSince
	if phase != d.Phase || since.IsZero() {
		since = now
	}
	d.setPhase(phase, since, now)
}

// SetPhaseSince does the same as SetPhase for a phase that began at since: the wait grows from there.
func (d *Document) SetPhaseSince(phase dms.Phase, since, now time.Time) {
	if d.Error == nil {
		d.setPhase(phase, since, now)
	}
}

// setPhase sets the phase and the wait, whatever the run's error is.
func (d *Document) setPhase(phase dms.Phase, since, now time.Time) {
	d.Phase, d.PhaseSince = phase, since
	d.WaitSeconds = int(d.wait(since, now) / time.Second)
}

// Fail gives the run an error. After that only Record and Delete follow. No other code sets Error before Record; a Catch of the
// state machine sets it to the error of a function.
func (d *Document) Fail(name, cause string, now time.Time) {
	d.Error = &Error{Error: name, Cause: cause}
	d.setFailedPhase(now)
}

// setFailedPhase sets the phase dms.Failed if the run has an error, whatever its phase was. It keeps the phase Deleting.
func (d *Document) setFailedPhase(now time.Time) {
	if d.Error != nil && d.Phase != dms.Failed && d.Phase != Deleting {
		d.setPhase(dms.Failed, now, now)
		d.CheckRequest, d.CheckResult = nil, nil
	}
}

// A wait is a tenth of the time that the run has been in its phase. So the run sees the end of a two-minute load within seconds,
// and calls Poll about ninety times in a two-day load. A call adds eleven events to the execution's history, and Step Functions
// allows 25,000 of them (Step Functions quotas): a two-week load stays far below.
const (
	waitFraction = 10
	minWait      = 15 * time.Second
	maxWait      = time.Hour
)

// waitTime returns how long to wait after spent time in a phase.
func waitTime(spent time.Duration) time.Duration {
	return min(max(spent/waitFraction, minWait), maxWait)
}

// FailIfPastDeadline fails a run that has exceeded the job's time limit, unless its tasks are done.
func (d *Document) FailIfPastDeadline(now time.Time) {
	pastDeadline := !d.Deadline.IsZero() && now.After(d.Deadline)
	if pastDeadline && d.Phase != dms.Finished && d.Phase != dms.Failed {
		d.Fail(ErrorTimedOut, "the run was stopped: its time limit ended at "+d.Deadline.Format(time.RFC3339)+
			"; raise timeLimitHours of the job if its loads take longer", now)
	}
}
