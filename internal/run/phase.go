package run

import (
	"time"

	"github.com/oralake/oralake/internal/dms"
)

// The phases of a run in which no task is. Those of tasks are in package dms. The state machine branches on all of them.
const (
	Skipped     dms.Phase = "skipped"     // another run holds the job's lease
	Checking    dms.Phase = "checking"    // CheckRequest is to be handed to the check function
	Reconciling dms.Phase = "reconciling" // the task that follows changes is to be looked at: Reconcile
	Verifying   dms.Phase = "verifying"   // loads are to be compared with the source: Verify
	Counting    dms.Phase = "counting"    // CheckRequest asks for the rows at the source
	Deleting    dms.Phase = "deleting"    // tasks of a recorded run are being deleted
)

// The names of errors that a run fails with, as Step Functions shows them. Functions give two more: see Transient and Failure.
const (
	ErrorNotReady = "NotReady" // the file requires a check, and the database is not ready
	ErrorTimedOut = "TimedOut" // the time limit of the job is over
	ErrorGivenUp  = "GivenUp"  // the task was resumed too often

	ErrorNotAlerted = "NotAlerted" // of a recovery: the failed run is recorded, and people could not be told
)

// SetPhase moves the run to a phase and says how long to wait before the next look. It changes nothing in a run that has an
// error: such a run can only be recorded and deleted.
func (d *Document) SetPhase(phase dms.Phase, now time.Time) {
	if d.Error == nil {
		d.enterPhase(phase, now)
	}
}

// enterPhase moves the run to a phase, which began earlier if the run is in it already.
func (d *Document) enterPhase(phase dms.Phase, now time.Time) {
	since := d.PhaseSince
	if phase != d.Phase || since.IsZero() {
		since = now
	}
	d.setPhase(phase, since, now)
}

// SetPhaseSince is SetPhase for a phase that, for the purpose of waiting, began before now.
func (d *Document) SetPhaseSince(phase dms.Phase, since, now time.Time) {
	if d.Error == nil {
		d.setPhase(phase, since, now)
	}
}

func (d *Document) setPhase(phase dms.Phase, since, now time.Time) {
	d.Phase, d.PhaseSince = phase, since
	d.WaitSeconds = int(wait(now.Sub(since)) / time.Second)
}

// Fail gives the run an error and ends its work. Before Record nothing else does: what follows can only record and delete.
func (d *Document) Fail(name, cause string, now time.Time) {
	d.Error = &Error{Error: name, Cause: cause}
	d.failed(now)
}

// failed puts a run that has an error into the phase of one, whatever its phase was when the error came.
func (d *Document) failed(now time.Time) {
	if d.Error != nil && d.Phase != dms.Failed && d.Phase != Deleting {
		d.setPhase(dms.Failed, now, now)
		d.CheckRequest, d.CheckResult = nil, nil
	}
}

// A wait is a tenth of the time already spent in the phase. So a two-minute load is noticed within seconds of its end
// and a two-day load costs about ninety looks; at nine history events a look even a two-week load stays far below the
// 25,000 that Step Functions keeps.
const (
	waitFraction = 10
	waitFloor    = 15 * time.Second
	waitCeiling  = time.Hour
)

func wait(spent time.Duration) time.Duration {
	return min(max(spent/waitFraction, waitFloor), waitCeiling)
}

// FailIfLate fails a run whose time limit is over and that has not come to an end.
func (d *Document) FailIfLate(now time.Time) {
	over := !d.Deadline.IsZero() && now.After(d.Deadline)
	if over && d.Phase != dms.Finished && d.Phase != dms.Failed {
		d.Fail(ErrorTimedOut, "the run was stopped at "+d.Deadline.Format(time.RFC3339)+
			": its time limit is over; raise timeLimitHours of the job if its loads take longer", now)
	}
}
