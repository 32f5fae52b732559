package run

import (
	"time"

	"github.com/oralake/oralake/internal/dms"
)

// Checking is the phase of a run that has something to ask the source database. The state machine hands Run.Ask to the
// check function, and the answer, or the error that came in its place, comes back in Run.Answer.
const Checking dms.Phase = "checking"

// Phases of a run that no task is in.
const (
	Skipped  dms.Phase = "skipped"  // another run holds the job's lease
	Deleting dms.Phase = "deleting" // tasks of a finished run are going away
)

// SetPhase moves the run to a phase and says how long to wait before the next look.
func (r *Document) SetPhase(phase dms.Phase, now time.Time) {
	since := r.PhaseSince
	if phase != r.Phase || since.IsZero() {
		since = now
	}
	r.SetPhaseSince(phase, since, now)
}

// SetPhaseSince is enter for a phase that, for the purpose of waiting, began before now.
func (r *Document) SetPhaseSince(phase dms.Phase, since, now time.Time) {
	r.Phase, r.PhaseSince = phase, since
	r.WaitSeconds = int(wait(now.Sub(since)) / time.Second)
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
