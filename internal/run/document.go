// Package run holds one run of a job: the document that the state machine hands from function to function, and the
// functions prepare, create, start, poll, verify, record and delete. Those of jobs that follow changes are in package
// reconcile.
package run

import (
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
)

// Document goes in and out of every function. The state machine reads Phase, WaitSeconds, CheckRequest, Recovering, Error,
// EndError and AlertError, and nothing else.
type Document struct {
	Request   Request   `json:"request"`   // what the execution was started with
	Execution string    `json:"execution"` // ARN of the execution
	StartedAt time.Time `json:"startedAt"` // when the execution started

	// Phase says which function comes next. SetPhase and Fail change it.
	Phase       dms.Phase `json:"phase"`
	PhaseSince  time.Time `json:"phaseSince,omitzero"` // when the run came into its phase
	WaitSeconds int       `json:"waitSeconds"`         // until the next look at the tasks

	Type department.Type `json:"type,omitempty"`
	// Manifest is the version of the department that the run works from. A deploy does not change it under a run.
	Manifest  contract.Address `json:"manifest"`
	Endpoints Endpoints        `json:"endpoints"`
	Tasks     []dms.Task       `json:"tasks,omitempty"`

	// Leased says that the run holds the lease of its job, or did before it released it.
	Leased bool `json:"leased,omitempty"`
	// LeaseHolder names, for people, who held the lease when this run did not get it.
	LeaseHolder string `json:"leaseHolder,omitempty"`

	// Deadline is when the run stops waiting for its tasks; zero for never.
	Deadline time.Time `json:"deadline,omitzero"`
	// KeepFailedTask keeps the tasks of a full load that failed.
	KeepFailedTask bool `json:"keepFailedTask,omitempty"`

	// CheckRequest is the input of the check function, when one of its states comes next. CheckResult is its output.
	CheckRequest *checkservice.Input `json:"checkRequest,omitempty"`
	CheckResult  *CheckResult        `json:"checkResult,omitempty"`
	// Check is what the run learned from the source database; nil before it asked, and if the file has it not ask.
	Check *records.Check `json:"check,omitempty"`
	// Verify is department.Counts when the rows of a load are counted at the source, as of StartSCN.
	Verify   string     `json:"verify,omitempty"`
	StartSCN *SourceSCN `json:"startSCN,omitempty"`

	// ConnectionsTested says that this run has begun a test of the connections to its endpoints.
	ConnectionsTested bool `json:"connectionsTested,omitempty"`
	// RefusedSince is when DMS first refused to start a task that was ready; zero if it did not.
	RefusedSince time.Time `json:"refusedSince,omitzero"`

	// Settling says that this run started the task that follows changes, and has not yet seen it running for long enough.
	Settling bool `json:"settling,omitempty"`
	// Resumed says that this run resumed that task.
	Resumed bool `json:"resumed,omitempty"`
	// Paused says that the job's task is stopped because the file says so.
	Paused bool `json:"paused,omitempty"`
	// Reload is what a run of a job that follows changes loads, while the task follows them.
	Reload *dms.TableReload `json:"reload,omitempty"`

	// Leftovers are tasks of the job that this run does not use, and that an abandoned run may have left: those of other
	// tables than it loads, or the one that loads tables of a job which follows changes.
	Leftovers []dms.Task `json:"leftovers,omitempty"`
	// Recovering is the abandoned run that this run records and cleans up after.
	Recovering *RecoveredRun `json:"recovering,omitempty"`
	// Error is why the run failed: the error of a function, as a Catch of the state machine writes it, or the verdict of
	// Record. EndError is the same for an error after which only the end can follow.
	Error    *Error `json:"error,omitempty"`
	EndError *Error `json:"endError,omitempty"`
	// AlertError is why people could not be alerted to a run that failed. It keeps no task and no lease: the execution fails
	// when everything is deleted, and the recovery that follows alerts them.
	AlertError *Error `json:"alertError,omitempty"`
}

// RecoveredRun is an abandoned run: one that was stopped, timed out or failed before it could record itself.
type RecoveredRun struct {
	Execution string    `json:"execution"`
	StartedAt time.Time `json:"startedAt"`
}

// recordedRun is the run that is judged and recorded: this one, or the one that it recovers.
func (d *Document) recordedRun() (execution string, startedAt time.Time) {
	if d.Recovering != nil {
		return d.Recovering.Execution, d.Recovering.StartedAt
	}
	return d.Execution, d.StartedAt
}

// recordedElsewhere says that the run recovers another one and did not get its lease: whoever has it recorded that run.
func (d *Document) recordedElsewhere() bool { return d.Recovering != nil && !d.Leased }

// Endpoints are the ARNs that the tasks of a run connect.
type Endpoints struct {
	Instance string `json:"instance"`
	Source   string `json:"source"`
	Target   string `json:"target"`
}

// Error is an error as Step Functions writes it.
type Error struct {
	Error string `json:"Error"` // its name
	Cause string `json:"Cause"` // its message, for people
}
