// Package workflow is what the five functions of the state machine do. One document, the Run, goes in and out of each:
// Create takes the lease and makes the tasks, Poll looks at them, Start starts them, Record judges them and writes the
// run down, Delete takes them away and gives the lease back.
package workflow

import (
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/replication"
)

// Run is the document. The state machine reads Phase, WaitSeconds, Error and DeleteError, and nothing else.
type Run struct {
	Request   Request   `json:"request"`   // what the execution was started with
	Execution string    `json:"execution"` // ARN of the execution
	StartedAt time.Time `json:"startedAt"` // when the execution started

	Phase       replication.Phase `json:"phase"`
	PhaseSince  time.Time         `json:"phaseSince,omitzero"` // when the run came into its phase
	WaitSeconds int               `json:"waitSeconds"`         // until the tasks are looked at again

	Type      department.Type    `json:"type,omitempty"`
	Manifest  ManifestAddress    `json:"manifest"`
	Endpoints Endpoints          `json:"endpoints"`
	Tasks     []replication.Task `json:"tasks,omitempty"`

	// LeaseHolder is the execution that a skipped run met.
	LeaseHolder string `json:"leaseHolder,omitempty"`
	// Error is why the run failed: the answer of a function that failed for good, as a Catch writes it, or the verdict
	// of Record. DeleteError is the same for Delete.
	Error       *Error `json:"error,omitempty"`
	DeleteError *Error `json:"deleteError,omitempty"`
}

// Request is the input of an execution.
type Request struct {
	Job string `json:"job"`
}

// ManifestAddress is where the manifest that a run works from lies in S3. A deploy does not change it under a run.
type ManifestAddress struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// Endpoints are the ARNs that the tasks of a run connect.
type Endpoints struct {
	Instance string `json:"instance"`
	Source   string `json:"source"`
	Target   string `json:"target"`
}

// Error is an error in the words of Step Functions, whose Catch writes it.
type Error struct {
	Error string `json:"Error"` // its name
	Cause string `json:"Cause"` // its message
}

// enter moves the run to a phase and says how long to wait before the next look.
func (r *Run) enter(phase replication.Phase, now time.Time) {
	if phase != r.Phase || r.PhaseSince.IsZero() {
		r.Phase, r.PhaseSince = phase, now
	}
	r.WaitSeconds = int(wait(now.Sub(r.PhaseSince)) / time.Second)
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
