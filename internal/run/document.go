// Package workflow is what the five functions of the state machine do. One document, the Run, goes in and out of each:
// Create takes the lease and makes the tasks, Poll looks at them, Start starts them, Record judges them and writes the
// run down, Delete takes them away and gives the lease back.
package run

import (
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
)

// Document is the document. The state machine reads Phase, WaitSeconds, Swept, Error and DeleteError, and nothing else.
type Document struct {
	Request   Request   `json:"request"`   // what the execution was started with
	Execution string    `json:"execution"` // ARN of the execution
	StartedAt time.Time `json:"startedAt"` // when the execution started

	Phase       dms.Phase `json:"phase"`
	PhaseSince  time.Time `json:"phaseSince,omitzero"` // when the run came into its phase
	WaitSeconds int       `json:"waitSeconds"`         // until the tasks are looked at again

	Type      department.Type `json:"type,omitempty"`
	Manifest  ManifestAddress `json:"manifest"`
	Endpoints Endpoints       `json:"endpoints"`
	Tasks     []dms.Task      `json:"tasks,omitempty"`

	// Deadline is when the run is given up; zero for never.
	Deadline time.Time `json:"deadline,omitzero"`
	// KeepFailedTask leaves the tasks of a full load that failed.
	KeepFailedTask bool `json:"keepFailedTask,omitempty"`

	// CheckRequest is what the check function is to be asked, in the phase Checking, and Answer what it answered.
	CheckRequest *checkservice.Input `json:"ask,omitempty"`
	CheckResult  *CheckResult        `json:"answer,omitempty"`
	// Check is what the run learned from the source database; nil before it asked, and when the file has it not ask.
	Check *records.Check `json:"check,omitempty"`
	// Verify is department.Counts when the rows of a load are counted at the source, as of Began.
	Verify   string     `json:"verify,omitempty"`
	StartSCN *SourceSCN `json:"began,omitempty"`

	// ConnectionsTested says that this run has had the connections to its endpoints tested.
	ConnectionsTested bool `json:"tested,omitempty"`
	// RefusedSince is when DMS first refused to start a task that was ready; zero when it did not.
	RefusedSince time.Time `json:"refusedSince,omitzero"`

	// Settling says that the task which follows changes was started by this run and has not been seen at work yet.
	Settling bool `json:"settling,omitempty"`
	// Resumed says that this run has resumed it.
	Resumed bool `json:"resumed,omitempty"`
	// Paused says that the job's task is at rest because the file wants it so.
	Paused bool `json:"paused,omitempty"`
	// Reload is what a run of a job that follows changes loads beside them.
	Reload *dms.TableReload `json:"load,omitempty"`

	// LeaseHolder is the execution that a skipped run met.
	LeaseHolder string `json:"leaseHolder,omitempty"`
	// Leftovers are tasks of the job that this run does not need, and that one which died may have left: those of other
	// tables than it loads, or the one that loads tables of a job which follows changes.
	Leftovers []dms.Task `json:"leftovers,omitempty"`
	// Recovering is the run that this one clears up after: one that was stopped, or died, before it could itself.
	Recovering *RecoveredRun `json:"swept,omitempty"`
	// Error is why the run failed: the answer of a function that failed for good, as a Catch writes it, or the verdict
	// of Record. DeleteError is the same for Delete.
	Error    *Error `json:"error,omitempty"`
	EndError *Error `json:"deleteError,omitempty"`
}

// RecoveredRun is a run that another one clears up after.
type RecoveredRun struct {
	Execution string    `json:"execution"`
	StartedAt time.Time `json:"startedAt"`
}

// recordedRun is the run that is judged and recorded: this one, or the one that it clears up after.
func (r *Document) recordedRun() (execution string, startedAt time.Time) {
	if r.Recovering != nil {
		return r.Recovering.Execution, r.Recovering.StartedAt
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
