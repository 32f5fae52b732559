package dms

import (
	"fmt"
	"maps"
	"math"
	"time"
)

// Faults decides what goes wrong. The service calls it once for each decision and holds its lock during the call. A method
// must return at once and must not call the service. The zero result means that nothing goes wrong.
type Faults interface {
	// Create is called for a task that is about to be created.
	Create(Task) CreateFault
	// Run is called when a task is started. Task.Runs includes this run.
	Run(Task) RunFault
	// Table is called for each table that a run is about to load, or that a cdc task is about to capture.
	Table(t Task, schema, table string) TableFault
	// Modify is called when ModifyReplicationTask modifies a task.
	Modify(Task) ModifyFault
	// Stop is called when StopReplicationTask stops a running task. Task.Stops includes this stop.
	Stop(Task) StopFault
	// Delete is called when DeleteReplicationTask deletes a task. Task.Deletes includes this deletion.
	Delete(Task) DeleteFault
}

// NoFaults is Faults in which nothing goes wrong. Other Faults embed it.
type NoFaults struct{}

// Create has nothing go wrong.
func (NoFaults) Create(Task) CreateFault { return CreateFault{} }

// Run has nothing go wrong.
func (NoFaults) Run(Task) RunFault { return RunFault{} }

// Table has nothing go wrong.
func (NoFaults) Table(Task, string, string) TableFault { return TableFault{} }

// Modify has nothing go wrong.
func (NoFaults) Modify(Task) ModifyFault { return ModifyFault{} }

// Stop has nothing go wrong.
func (NoFaults) Stop(Task) StopFault { return StopFault{} }

// Delete has nothing go wrong.
func (NoFaults) Delete(Task) DeleteFault { return DeleteFault{} }

// Task is a replication task, as Faults and observers receive it.
type Task struct {
	ARN, Identifier      string
	MigrationType        string
	Instance             string // ARN
	Status               string
	Tags                 map[string]string
	Runs, Stops, Deletes int // how often it was started, stopped and deleted
}

// snapshot returns the task for Faults and observers. The caller holds the lock.
func (t *task) snapshot() Task {
	return Task{
		ARN: t.arn, Identifier: t.identifier, MigrationType: t.migrationType, Instance: t.instance, Status: t.status,
		Tags: maps.Clone(t.tags), Runs: t.runs, Stops: t.stops, Deletes: t.deletes,
	}
}

// CreateFault is what goes wrong when a task is created.
type CreateFault struct {
	// Slow multiplies the delay. 0 means 1.
	Slow float64
	// Fail makes the task failed instead of ready, with this LastFailureMessage, unless it is empty. A task that failed in
	// this way can only be deleted.
	Fail string
}

// RunFault is what goes wrong with a run.
type RunFault struct {
	// Slow multiplies the delay of the start. 0 means 1.
	Slow float64
	// Fail makes the task fail right after its start, before it does anything, with this message, unless it is empty.
	Fail string
	// Tables is the number of tables that are loaded, in the order of the load, before the run hangs or ends. The other
	// tables do not change. AllTables loads all. Tables has no effect without Hang or End.
	Tables int
	// Hang makes the run do nothing after these tables, until the task is stopped.
	Hang bool
	// End ends the run after these tables. The next table, if any, is left as with TableCut.
	End End
	// CutAfterFile delays End until the run has written this number of files of changes. The recovery checkpoint has not
	// moved yet, so a resume writes the last changes a second time. 0 means no delay.
	CutAfterFile int
	// Odd is a wrong status that the API shows for some time.
	Odd Odd
	// Assessment is how long DMS assesses the task before its start, in the status testing; 0 means not at all. Which
	// status the task has is not known: see assumption A16.
	Assessment time.Duration
}

// AllTables is a number of tables that no run reaches.
const AllTables = math.MaxInt

// End is how a run ends early. The zero End does not end it.
type End struct {
	// After is how long the run continues after its last table is loaded. It may be long for a task that captures changes.
	After time.Duration
	// Status is stopped or failed. Empty means stopped. A failed task has a LastFailureMessage.
	Status string
	// Reason is the stop reason without its prefix, such as STOPPED_DUE_TO_LOW_DISK. Empty means NORMAL, or FATAL_ERROR for a
	// failed task.
	Reason string
}

// Odd is a status, such as "Error" or "Running with errors", that the API shows instead of the real status. The service
// still accepts and refuses calls by the real status. A stop ends it.
type Odd struct {
	Status string        // empty when the real status is shown
	At     time.Duration // time since the task was started
	For    time.Duration
}

// TableFault is what goes wrong with a table in a run.
type TableFault struct {
	Kind TableFaultKind
	// Takes is added to the time that each segment of the table takes to load or to fail.
	Takes time.Duration
}

// TableFaultKind is what happens to a table.
type TableFaultKind int

// The kinds of table faults. Rows that were read before the fault are in the target.
const (
	TableFine      TableFaultKind = iota
	TableErrors                   // it ends as "Table error", and the TableErrorPolicy of the task applies
	TableCancelled                // it ends as "Table cancelled", and the task continues
	TableCut                      // its load ends, but its state remains "Full load"
	TableVanishes                 // it is not loaded and is missing in the statistics
	// TableSourceLost loses the source while the table is read. It is reported as "Table completed" although rows are missing
	// ("Completed is not complete": the guide says that such a full load may still end as completed).
	TableSourceLost
)

// ModifyFault is what goes wrong when a task is modified.
type ModifyFault struct {
	// Status is the status after the modification: ready, stopped or failed. An empty Status leaves the status as it was.
	Status string
}

// StopFault is what goes wrong when a task is stopped.
type StopFault struct {
	// Slow multiplies the delay. 0 means 1.
	Slow float64
}

// DeleteFault is what goes wrong when a task is deleted.
type DeleteFault struct {
	// Slow multiplies the delay. 0 means 1.
	Slow float64
	// Fail keeps the task after the delay, with this failure, unless it is empty.
	Fail string
	// Status is the status of the task that was not deleted: ready, stopped or failed. Empty means failed, with Fail as its
	// LastFailureMessage.
	Status string
}

// slowed multiplies a delay by factor. A factor of 0 means 1.
func slowed(d time.Duration, factor float64) time.Duration {
	if factor == 0 {
		return d
	}
	return time.Duration(float64(d) * factor)
}

// cutsShort reports whether the run may load only some of its tables.
func (f RunFault) cutsShort() bool { return f.Hang || f.End != End{} && f.CutAfterFile == 0 }

// limit returns the tables that the run loads. all is true when these are all its tables.
func (f RunFault) limit(tables []pending) (some []pending, all bool) {
	if !f.cutsShort() || f.Tables >= len(tables) {
		return tables, true
	}
	if f.Hang {
		return tables[:f.Tables], false
	}
	if next := &tables[f.Tables]; next.fault.Kind == TableFine {
		next.fault.Kind = TableCut
	}
	return tables[:f.Tables+1], false
}

// earlyEnd is the error of a run that a fault ends.
type earlyEnd struct{ End }

func (e *earlyEnd) Error() string { return "the run ended early: " + e.reason() }

func (e *earlyEnd) status() string {
	if e.Status == "" {
		return statusStopped
	}
	return e.Status
}

// reason returns the stop reason with its prefix.
func (e *earlyEnd) reason() string {
	reason := e.Reason
	switch {
	case e.Status == statusFailed && reason == "":
		return failureMessage(errSubtask)
	case e.Status == statusFailed:
		return fmt.Sprintf("Last Error  %v. Stop Reason %s Error Level RECOVERABLE", errSubtask, reason)
	case reason == "":
		return stopNormal
	default:
		return "Stop Reason " + reason
	}
}

const errSubtask verbatim = "Task error notification received from subtask 1, thread 0"

// tableFault is the error of a table that a fault ends.
type tableFault TableFaultKind

func (f tableFault) Error() string {
	switch TableFaultKind(f) {
	case TableErrors:
		return "ORA-01555: snapshot too old: rollback segment number with name \"\" too small"
	case TableCancelled:
		return "the load of the table was cancelled"
	case TableSourceLost:
		return "the source was lost"
	default:
		return "the load of the table ended early"
	}
}

// state returns the last state of the table. It is empty when the state does not change.
func (f tableFault) state() string {
	switch TableFaultKind(f) {
	case TableCancelled:
		return tableCancelled
	case TableCut:
		return ""
	case TableSourceLost:
		return tableCompleted
	default:
		return tableError
	}
}
