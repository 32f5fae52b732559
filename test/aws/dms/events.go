package dms

import "time"

// Event is something that really happened, whatever the API says of it.
type Event struct {
	Kind EventKind
	Time time.Time
	// Task is the task as it is after the event; empty when the event is about an instance.
	Task Task
	// Instance is the ARN of the instance, of the task's when the event is about a task.
	Instance string
	// Start is the StartReplicationTaskType of TaskStarting.
	Start string
	// Reason is the stop reason of TaskEnded and the failure of what failed.
	Reason string
	// Tables are the tables of the run, of TaskEnded; none when the run did not come so far.
	Tables []TableRun
}

// EventKind is what happened.
type EventKind string

// The kinds of events.
const (
	TaskCreating       EventKind = "creating" // CreateReplicationTask was called
	TaskCreated        EventKind = "created"
	TaskCreationFailed EventKind = "creation failed"
	TaskStarting       EventKind = "starting" // StartReplicationTask was called
	TaskRunning        EventKind = "running"
	TaskStopping       EventKind = "stopping" // StopReplicationTask was called
	TaskEnded          EventKind = "ended"    // it came to rest, stopped or failed
	TaskDeleting       EventKind = "deleting" // DeleteReplicationTask was called
	TaskDeletionFailed EventKind = "deletion failed"
	TaskDeleted        EventKind = "deleted"
	InstanceLost       EventKind = "instance lost"
	InstanceBack       EventKind = "instance back"
)

// TableRun is what became of a table in a run.
type TableRun struct {
	Schema, Table string // at the source
	// Target is the table's folder, SCHEMA/TABLE, below that of the endpoint. It is empty when the run changed nothing
	// there.
	Target string
	// Rows is how many rows were read, and written if Complete.
	Rows int64
	// Complete is whether the run loaded the whole table and wrote all of it.
	Complete bool
	// Kept is whether an earlier run did, and this one resumed without it.
	Kept bool
	// State is what the statistics say.
	State string
}

// tell tells the observer of something that happened to a task. The caller holds the lock.
func (s *Service) tell(kind EventKind, t *task, more Event) {
	if s.observe == nil {
		return
	}
	more.Kind, more.Time, more.Task, more.Instance = kind, time.Now(), t.told(), t.instance
	s.observe(more)
}

// runs are what became of the tables of a run. The caller holds the lock.
func (t *task) tableRuns() []TableRun {
	all := make([]TableRun, len(t.tables))
	for i, table := range t.tables {
		all[i] = TableRun{
			Schema: table.table.Schema, Table: table.table.Name, Target: table.target, Rows: table.rows,
			Complete: table.complete, Kept: table.kept, State: table.state,
		}
	}
	return all
}
