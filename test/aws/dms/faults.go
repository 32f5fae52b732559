package dms

import (
	"fmt"
	"maps"
	"math"
	"time"
)

// Faults decides what goes wrong. It is asked while the service is locked, once for each decision: it must answer at
// once and not call the service. The zero answer to each question is that nothing goes wrong.
type Faults interface {
	// Create is asked about a task that is about to be created.
	Create(Task) CreateFault
	// Run is asked about a run of a task when it is started, with the run already counted.
	Run(Task) RunFault
	// Table is asked about each table of a run that is about to be loaded, or to be followed by a cdc task.
	Table(t Task, schema, table string) TableFault
	// Stop is asked about a running task that StopReplicationTask was called for, with the stop already counted.
	Stop(Task) StopFault
	// Delete is asked about a task that DeleteReplicationTask was called for, with the deletion already counted.
	Delete(Task) DeleteFault
}

// NoFaults is Faults without any, to build others on.
type NoFaults struct{}

// Create has nothing go wrong.
func (NoFaults) Create(Task) CreateFault { return CreateFault{} }

// Run has nothing go wrong.
func (NoFaults) Run(Task) RunFault { return RunFault{} }

// Table has nothing go wrong.
func (NoFaults) Table(Task, string, string) TableFault { return TableFault{} }

// Stop has nothing go wrong.
func (NoFaults) Stop(Task) StopFault { return StopFault{} }

// Delete has nothing go wrong.
func (NoFaults) Delete(Task) DeleteFault { return DeleteFault{} }

// Task is a replication task as faults and observers are told of it.
type Task struct {
	ARN, Identifier      string
	MigrationType        string
	Instance             string // ARN
	Status               string
	Tags                 map[string]string
	Runs, Stops, Deletes int // how often it was started, and told to stop and to go
}

// told is what others are told of a task. The caller holds the lock.
func (t *task) told() Task {
	return Task{
		ARN: t.arn, Identifier: t.identifier, MigrationType: t.migrationType, Instance: t.instance, Status: t.status,
		Tags: maps.Clone(t.tags), Runs: t.runs, Stops: t.stops, Deletes: t.deletes,
	}
}

// CreateFault is what goes wrong with a creation.
type CreateFault struct {
	// Slow stretches the delay; 0 is 1.
	Slow float64
	// Fail is why the task becomes failed in place of ready, its LastFailureMessage; empty when it does not. Such a task
	// can only be deleted.
	Fail string
}

// RunFault is what goes wrong with a run.
type RunFault struct {
	// Slow stretches the delay of starting; 0 is 1.
	Slow float64
	// Fail is why the task fails as soon as it was started, before it does anything; empty when it does not.
	Fail string
	// Tables is how many tables are loaded, in the order of the load, before the run hangs or ends; the others stay as
	// they are; AllTables loads all. It means nothing without Hang or End.
	Tables int
	// Hang has the run stay as it is after these tables, until it is stopped.
	Hang bool
	// End ends the run after these tables. If there are more, the next one is cut as with TableCut.
	End End
	// CutAfterFile has End befall the run later: when it wrote this many files of changes, before its recovery checkpoint
	// moves, so that a resume writes the last changes a second time. 0 is never.
	CutAfterFile int
	// Odd is a status that is shown for a while.
	Odd Odd
}

// AllTables is more tables than any run has.
const AllTables = math.MaxInt

// End is how a run ends that does not end as it should. The zero End is none.
type End struct {
	// After is how long the run goes on once its last table is loaded; a task that captures changes may live long.
	After time.Duration
	// Status is stopped, also when empty, or failed, which comes with a LastFailureMessage.
	Status string
	// Reason is the stop reason without its prefix, such as STOPPED_DUE_TO_LOW_DISK; NORMAL when empty, and FATAL_ERROR of
	// a failed task.
	Reason string
}

// Odd is a status, such as "Error" or "Running with errors", that is shown in place of the real one. Calls are judged
// by the real one.
type Odd struct {
	Status string        // empty when nothing odd is shown
	At     time.Duration // since the task was started
	For    time.Duration
}

// TableFault is what goes wrong with a table in a run.
type TableFault struct {
	Kind TableFaultKind
	// Takes is how long each segment of the table takes to load, besides the work, or to go wrong.
	Takes time.Duration
}

// TableFaultKind is what happens to a table.
type TableFaultKind int

// The kinds of table faults. What was read before a table goes wrong is in the target then.
const (
	TableFine      TableFaultKind = iota
	TableErrors                   // it ends as "Table error", and the task's TableErrorPolicy decides what follows
	TableCancelled                // it ends as "Table cancelled"; the task goes on
	TableCut                      // nobody says that it ended: it stays in "Full load"
	TableVanishes                 // it is not loaded and does not appear in the statistics
)

// StopFault is what goes wrong with a stop.
type StopFault struct {
	// Slow stretches the delay; 0 is 1.
	Slow float64
}

// DeleteFault is what goes wrong with a deletion.
type DeleteFault struct {
	// Slow stretches the delay; 0 is 1.
	Slow float64
	// Fail is why the task is still there after the delay; empty when it is gone.
	Fail string
	// Status is the one that the task then has: ready, stopped or failed. When empty it is failed, with Fail for its
	// LastFailureMessage.
	Status string
}

// slowed stretches a delay.
func slowed(d time.Duration, factor float64) time.Duration {
	if factor == 0 {
		return d
	}
	return time.Duration(float64(d) * factor)
}

// cutsShort is whether the run loads only some of its tables.
func (f RunFault) cutsShort() bool { return f.Hang || f.End != End{} && f.CutAfterFile == 0 }

// limit is what there is to load, and whether that is everything.
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

// ended is the error of a run that a fault ends.
type ended struct{ End }

func (e *ended) Error() string { return "the run ended early: " + e.reason() }

func (e *ended) status() string {
	if e.Status == "" {
		return statusStopped
	}
	return e.Status
}

// reason words the stop reason.
func (e *ended) reason() string {
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

// tableFault is the error of a table that a fault stops.
type tableFault TableFaultKind

func (f tableFault) Error() string {
	switch TableFaultKind(f) {
	case TableErrors:
		return "ORA-01555: snapshot too old: rollback segment number with name \"\" too small"
	case TableCancelled:
		return "the load of the table was cancelled"
	default:
		return "the load of the table broke off"
	}
}

// state is the one that a table ends in, empty when it stays in the one that it has.
func (f tableFault) state() string {
	switch TableFaultKind(f) {
	case TableCancelled:
		return tableCancelled
	case TableCut:
		return ""
	default:
		return tableError
	}
}
