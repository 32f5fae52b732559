// Package workflow is what the five functions of the state machine do. One document, the Run, goes in and out of each:
// Create takes the lease and makes the tasks, Poll looks at them, Start starts them, Record judges them and writes the
// run down, Delete takes them away and gives the lease back.
package workflow

import (
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/oracle/inspect"
	"github.com/oralake/oralake/internal/replication"
)

// Run is the document. The state machine reads Phase, WaitSeconds, Swept, Error and DeleteError, and nothing else.
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

	// Deadline is when the run is given up; zero for never.
	Deadline time.Time `json:"deadline,omitzero"`
	// KeepFailedTask leaves the tasks of a full load that failed.
	KeepFailedTask bool `json:"keepFailedTask,omitempty"`

	// Ask is what the check function is to be asked, in the phase Checking, and Answer what it answered.
	Ask    *inspect.Order `json:"ask,omitempty"`
	Answer *Answer        `json:"answer,omitempty"`
	// Check is what the run learned from the source database; nil before it asked, and when the file has it not ask.
	Check *history.Check `json:"check,omitempty"`
	// Verify is department.Counts when the rows of a load are counted at the source, as of Began.
	Verify string `json:"verify,omitempty"`
	Began  *Began `json:"began,omitempty"`

	// Tested says that this run has had the connections to its endpoints tested.
	Tested bool `json:"tested,omitempty"`
	// RefusedSince is when DMS first refused to start a task that was ready; zero when it did not.
	RefusedSince time.Time `json:"refusedSince,omitzero"`

	// Settling says that the task which follows changes was started by this run and has not been seen at work yet.
	Settling bool `json:"settling,omitempty"`
	// Resumed says that this run has resumed it.
	Resumed bool `json:"resumed,omitempty"`
	// Paused says that the job's task is at rest because the file wants it so.
	Paused bool `json:"paused,omitempty"`
	// Load is what a run of a job that follows changes loads beside them.
	Load *Load `json:"load,omitempty"`

	// LeaseHolder is the execution that a skipped run met.
	LeaseHolder string `json:"leaseHolder,omitempty"`
	// Leftovers are tasks of the job that this run does not need, and that one which died may have left: those of other
	// tables than it loads, or the one that loads tables of a job which follows changes.
	Leftovers []replication.Task `json:"leftovers,omitempty"`
	// Swept is the run that this one clears up after: one that was stopped, or died, before it could itself.
	Swept *Swept `json:"swept,omitempty"`
	// Error is why the run failed: the answer of a function that failed for good, as a Catch writes it, or the verdict
	// of Record. DeleteError is the same for Delete.
	Error       *Error `json:"error,omitempty"`
	DeleteError *Error `json:"deleteError,omitempty"`
}

// Swept is a run that another one clears up after.
type Swept struct {
	Execution string    `json:"execution"`
	StartedAt time.Time `json:"startedAt"`
}

// subject is the run that is judged and recorded: this one, or the one that it clears up after.
func (r *Run) subject() (execution string, startedAt time.Time) {
	if r.Swept != nil {
		return r.Swept.Execution, r.Swept.StartedAt
	}
	return r.Execution, r.StartedAt
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
	since := r.PhaseSince
	if phase != r.Phase || since.IsZero() {
		since = now
	}
	r.enterSince(phase, since, now)
}

// enterSince is enter for a phase that, for the purpose of waiting, began before now.
func (r *Run) enterSince(phase replication.Phase, since, now time.Time) {
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
