package dms

import "time"

// Event is something that really happened. Faults may make the API report something else.
type Event struct {
	Kind EventKind
	Time time.Time
	// Task is the task after the event. It is empty when the event is about an instance.
	Task Task
	// Instance is the ARN of the instance, or of the instance of the task.
	Instance string
	// Start is the StartReplicationTaskType. Only TaskStarting has it.
	Start string
	// Reason is the stop reason of TaskEnded, or the failure message of TaskCreationFailed and TaskDeletionFailed.
	Reason string
	// Tables are the tables of the run. Only TaskEnded has them. It is empty when the run ended before it listed its tables.
	Tables []TableRun
}

// EventKind is the kind of an event.
type EventKind string

// The kinds of events.
const (
	TaskCreating       EventKind = "creating" // CreateReplicationTask was called
	TaskCreated        EventKind = "created"
	TaskCreationFailed EventKind = "creation failed"
	TaskStarting       EventKind = "starting" // StartReplicationTask was called
	TaskRunning        EventKind = "running"
	TaskStopping       EventKind = "stopping" // StopReplicationTask was called
	TaskEnded          EventKind = "ended"    // the task is now stopped or failed
	TaskDeleting       EventKind = "deleting" // DeleteReplicationTask was called
	TaskDeletionFailed EventKind = "deletion failed"
	TaskDeleted        EventKind = "deleted"
	InstanceLost       EventKind = "instance lost"
	InstanceRestarting EventKind = "instance restarting" // an Outage began
	InstanceBack       EventKind = "instance back"
)

// TableRun is the result of a table in a run.
type TableRun struct {
	Schema, Table string // at the source
	// Target is the table's folder, SCHEMA/TABLE, below the folder of the endpoint. It is empty when the run changed
	// nothing in it.
	Target string
	// Rows is the number of rows that were read. If Complete, all of them were written.
	Rows int64
	// Complete is true when the run loaded and wrote the whole table.
	Complete bool
	// Kept is true when an earlier run loaded the whole table and this run did not load it again.
	Kept bool
	// Lost is true when the source was lost during the load, and DMS reports the table as complete all the same.
	Lost bool
	// State is the TableState in the statistics.
	State string
}

// notify reports an event of a task to the observer. The caller holds the lock.
func (s *Service) notify(kind EventKind, t *task, more Event) {
	if s.observe == nil {
		return
	}
	more.Kind, more.Time, more.Task, more.Instance = kind, time.Now(), t.snapshot(), t.instance
	s.observe(more)
}

// tableRuns returns the results of the tables of a run. The caller holds the lock.
func (t *task) tableRuns() []TableRun {
	all := make([]TableRun, len(t.tables))
	for i, table := range t.tables {
		all[i] = TableRun{
			Schema: table.table.Schema, Table: table.table.Name, Target: table.target, Rows: table.rows,
			Complete: table.complete, Kept: table.kept, Lost: table.lost, State: table.state,
		}
	}
	return all
}
