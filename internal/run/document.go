// Package run implements a run of a job. A run is one execution of the state machine. It has a document, which the state machine
// passes from function to function. The functions are:
//
//   - prepare takes the job's lease and names the run's replication tasks
//   - create creates the tasks of a full load
//   - start starts the tasks
//   - poll describes the tasks of a full load, until they are done
//   - verify requests row counts of the source after a full load
//   - record judges the run and writes its records
//   - publish makes the snapshots of the good tables of a full load those that readers see
//   - delete deletes the tasks that end with the run, and releases the lease
//   - orphans, twice an hour and for no run, finds tasks and leases without an owner, and failed runs that nobody knows of
//
// A job that follows changes has the function reconcile (package reconcile) instead of create, poll and verify. The check
// function (package checkservice) queries the source database between these functions, if the job asks for a check.
//
// Each function sets the phase of the run. The state machine chooses the next function by the phase.
//
// A run is abandoned if its execution ends before the run has released its lease: the execution was stopped, timed out or failed. A
// rule of the stack then starts a recovery: a run that records the abandoned run, deletes its tasks and releases its lease. Without a
// recovery, the next run of the job records the abandoned run and takes over its lease. The event of the rule may be lost: Orphans
// starts the recovery of every run that lacks its record or its alert.
//
// # Only the holder of a job's lease changes the job's tasks and state
//
// A function may still be running after its run has released the lease. Lambda may call a function twice and use one answer. A stop of
// an execution does not stop the function that it has called. Throttled calls delay a function for minutes. Therefore:
//
//   - Before every request that creates, starts, modifies, tags, reloads, stops or deletes a task, a consistent read proves that the run
//     holds the lease (Fence.Check). A task is stopped or deleted by an ARN that was read before that proof: a later run that creates
//     a task of the same identifier gets another ARN.
//   - A write of records or of the job's state is one transaction with the check of the lease (records.Owner). It has no gap.
//   - A request to DMS may take effect after the proof, when the lease is released. So a call that has created or started a task reads
//     the lease again at its end. Without the lease it deletes or stops that task, unless another run holds the lease: that run uses or
//     deletes the tasks of its job.
//   - If the function dies between the two reads, the task has no owner: no execution of its job is running, and no run holds the lease.
//     Orphans finds it within an hour, and starts a run that takes the lease and deletes it. It does the same for a lease whose
//     execution has ended.
//
// Two effects of a late request cannot be taken back. A task that was modified gets the tag of what it has: the next run modifies it
// again. A reload or a stop costs time: the next run finds the task as it is.
package run

import (
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
)

// Document is the input and the output of every function. The state machine itself reads only Phase, WaitSeconds, CheckRequest,
// Recovering, Error, PublishError, EndError and AlertError.
type Document struct {
	Request   Request   `json:"request"`   // the input of the execution
	Execution string    `json:"execution"` // ARN of the execution
	StartedAt time.Time `json:"startedAt"` // when the execution started

	// Phase says which function comes next. SetPhase and Fail change it.
	Phase       dms.Phase `json:"phase"`
	PhaseSince  time.Time `json:"phaseSince,omitzero"` // when the run entered its phase
	WaitSeconds int       `json:"waitSeconds"`         // how long the state machine waits before the next function

	Type department.Type `json:"type,omitempty"`
	// Manifest is the address of the manifest that the run uses: the department's jobs and tasks as the deploy has compiled them.
	// A later deploy writes another manifest and does not change this run.
	Manifest  contract.Address `json:"manifest"`
	Endpoints Endpoints        `json:"endpoints"`
	// Tasks are the run's replication tasks. In a job that follows changes, the first is the one that follows them.
	Tasks []dms.Task `json:"tasks,omitempty"`

	// Leased says that the run holds the lease of its job, or has held it and released it.
	Leased bool `json:"leased,omitempty"`
	// LeaseHolder names the holder of the lease for people, if this run did not get the lease.
	LeaseHolder string `json:"leaseHolder,omitempty"`
	// LeasedAt is when the run got the lease, if it had to wait for it; otherwise zero. See Began.
	LeasedAt time.Time `json:"leasedAt,omitzero"`

	// SnapshotRun is the RUN in the folders that a full load writes, full/SCHEMA__RUN/TABLE/: when the run got the lease, such as
	// 20261201T020000Z. Later runs of a job have greater ones. It is empty for a run that loads nothing. Claimed says that the run has
	// claimed these folders: see catalog.Catalog.Claim.
	SnapshotRun string `json:"snapshotRun,omitempty"`
	Claimed     bool   `json:"claimed,omitempty"`
	Format      string `json:"format,omitempty"` // of the files that a full load writes: parquet or csv

	// Deadline is when the run fails if its tasks are not done; zero for no deadline.
	Deadline time.Time `json:"deadline,omitzero"`
	// KeepFailedTask says that the tasks of a failed full load are stopped and not deleted.
	KeepFailedTask bool `json:"keepFailedTask,omitempty"`

	// CheckRequest is the input of the check function, if that comes next. CheckResult is its output. ReceiveCheck,
	// AwaitRedoLook, handleSCN and compareCounts read the output and remove both.
	CheckRequest *checkservice.Input `json:"checkRequest,omitempty"`
	CheckResult  *CheckResult        `json:"checkResult,omitempty"`
	// Check summarizes the check of the source database; nil if the run has not requested one.
	Check *records.Check `json:"check,omitempty"`
	// CDCStartSCN is the SCN from which CDC misses no open transaction, as the check found it; 0 if it is not known.
	CDCStartSCN int64 `json:"cdcStartSCN,omitempty"`
	// WholeRows is what the check has found about supplemental logging; nil if it has found nothing.
	WholeRows *records.WholeRows `json:"wholeRows,omitempty"`
	// Redo is what the source has said of its redo log; nil for a full load.
	Redo *RedoLook `json:"redo,omitempty"`
	// Verify is department.Counts if the run counts the rows at the source after the load, as of StartSCN. Otherwise it is empty.
	Verify   string     `json:"verify,omitempty"`
	StartSCN *SourceSCN `json:"startSCN,omitempty"`

	// ConnectionsTested says that this run has started tests of the connections to all its endpoints.
	ConnectionsTested bool `json:"connectionsTested,omitempty"`
	// RefusedSince is when DMS first refused to create, start or reload tasks for now; zero if it has not refused.
	RefusedSince time.Time `json:"refusedSince,omitzero"`
	// HeldUpSince is since when DMS restarts a task or the replication instance by itself; zero if it does not. InstanceDownAt is
	// when the run last saw the instance in another status than available.
	HeldUpSince    time.Time `json:"heldUpSince,omitzero"`
	InstanceDownAt time.Time `json:"instanceDownAt,omitzero"`

	// Settling says that this run has started the task that follows changes, and has yet to see that the task keeps running.
	Settling bool `json:"settling,omitempty"`
	// Resumed says that this run has resumed the task that follows changes.
	Resumed bool `json:"resumed,omitempty"`
	// CountsRead says that this run has read the counts of DDL just before it resumed the task.
	CountsRead bool `json:"countsRead,omitempty"`
	// AcceptsDDL says that the run accepts the DDL on the tables of Request.Accept: Prepare has found that it can be accepted.
	AcceptsDDL bool `json:"acceptsDDL,omitempty"`
	// Paused says that the task that follows changes is stopped because the department's file says paused: true.
	Paused bool `json:"paused,omitempty"`
	// Reload says which tables a run of a job that follows changes loads, while the task goes on following changes.
	Reload *dms.TableReload `json:"reload,omitempty"`

	// Pace is what a full load knows of how long its parts take: see there.
	Pace Pace `json:"pace,omitzero"`

	// Folders says how far the run has listed the folders of a cdc job's tables, before or after the first start of the job's task;
	// nil while it lists none.
	Folders *FolderListing `json:"folders,omitempty"`

	// Leftovers are tasks of the job that this run does not use and deletes at its end. An abandoned run may have left them:
	// tasks of tables that this run does not load, or the task that loads tables of a job that follows changes.
	Leftovers []dms.Task `json:"leftovers,omitempty"`
	// Recovering is the abandoned run that this run recovers; nil if this run is no recovery.
	Recovering *RecoveredRun `json:"recovering,omitempty"`
	// Error is why the run failed: the error of a function, as a Catch of the state machine writes it, or the cause that a
	// function gives to Fail. PublishError is the error of Publish, which comes after the run is judged. EndError is the error of
	// RecordUnjudged, RecordUnpublished or Delete, after which the execution ends.
	Error        *Error `json:"error,omitempty"`
	PublishError *Error `json:"publishError,omitempty"`
	EndError     *Error `json:"endError,omitempty"`
	// AlertError is why people could not be alerted to a run that failed. It keeps no task and no lease: the execution fails
	// when everything is deleted, and the recovery that follows alerts them.
	AlertError *Error `json:"alertError,omitempty"`
}

// FolderListing is how far a run has listed the folders of its tables. A folder may have more files than one call can list.
type FolderListing struct {
	At contract.Address `json:"at"` // the document with the listing before the first start
	// Next is the index of the next table to list. After says that the listing is the one after the first start.
	Next  int  `json:"next"`
	After bool `json:"after,omitempty"`
}

// RecoveredRun is an abandoned run that another run recovers. Its execution was stopped, timed out or failed.
type RecoveredRun struct {
	Execution string    `json:"execution"`
	StartedAt time.Time `json:"startedAt"`
}

// Began is when the run could begin to work: when it got the lease, if it had to wait for it. Tasks that were started before belong
// to other runs.
func (d *Document) Began() time.Time {
	if d.LeasedAt.IsZero() {
		return d.StartedAt
	}
	return d.LeasedAt
}

// recordedRun returns the run that Record judges and records: this run, or the abandoned one that it recovers.
func (d *Document) recordedRun() (execution string, startedAt time.Time) {
	if d.Recovering != nil {
		return d.Recovering.Execution, d.Recovering.StartedAt
	}
	return d.Execution, d.StartedAt
}

// recordedElsewhere says that this run is a recovery that did not get the lease. The holder of the lease has recorded the
// abandoned run (see RecordAbandonedRun), or Prepare has (see prepareRecovery).
func (d *Document) recordedElsewhere() bool { return d.Recovering != nil && !d.Leased }

// Endpoints are the ARNs of the replication instance and of the endpoints of a run's tasks.
type Endpoints struct {
	Instance string `json:"instance"`
	Source   string `json:"source"`
	Target   string `json:"target"`
	// Load is the target of the task that loads tables of a cdc job. It is empty for other jobs.
	Load string `json:"load,omitempty"`
}

// endpointsInUse returns the ARNs of the endpoints of the tasks that the run has or is about to create.
func (d *Document) endpointsInUse() []string {
	all := []string{d.Endpoints.Source, d.Endpoints.Target}
	if d.Endpoints.Load != "" && d.Reload != nil {
		all = append(all, d.Endpoints.Load)
	}
	return all
}

// Error is an error as Step Functions writes it.
type Error struct {
	Error string `json:"Error"` // the name of the error
	Cause string `json:"Cause"` // the message for people; from a Catch it is JSON
}
