// Package records keeps a department's records in one DynamoDB table: its runs, the tables of each run, and the state and the
// lease of each job. Only the holder of a job's lease may create, start or change the job's tasks.
//
//	pk                    sk
//	JOB#<job>             RUN#<start>#<execution>    a run
//	JOB#<job>             LEASE                      the lease of the job
//	JOB#<job>             WATCH                      when the job succeeded, as the regular look found
//	JOB#<job>             STATE                      the state of a job that follows changes
//	JOB#<job>             STATE#<schema.table>       what that state keeps of a table
//	TABLE#<schema.table>  RUN#<start>#<execution>    a table in a run
//	TASK#<task>           RUN#<start>#<execution>    a replication task in a run
//	SEARCH                STATE                      what a search for orphans tells the next one
//	LAKE#<schema.table>   ...                        the published snapshot of a table, see package catalog
//
// An item takes 400 KB (DynamoDB quotas), so no item grows with the number of a run's tables or tasks.
//
// DynamoDB deletes an item after the time in its attribute expiresAt, in seconds since the epoch.
package records

import (
	"fmt"
	"strings"
	"time"
)

// Run is the record of one run of a job.
type Run struct {
	Key
	Job        string    `dynamodbav:"job"`
	Execution  string    `dynamodbav:"execution"`       // ARN of the state machine execution
	Type       string    `dynamodbav:"type"`            // migration type
	Outcome    string    `dynamodbav:"outcome"`         // SUCCEEDED, PARTIAL (also if a table is held) or FAILED
	Proof      string    `dynamodbav:"proof,omitempty"` // the weakest proof of the good tables, see Table.Proof; empty if none is good
	Reason     string    `dynamodbav:"reason,omitempty"`
	StartedAt  time.Time `dynamodbav:"startedAt"`
	RecordedAt time.Time `dynamodbav:"recordedAt"`
	Seconds    float64   `dynamodbav:"seconds"`  // from StartedAt to RecordedAt; for an abandoned run to its end
	Rows       int64     `dynamodbav:"rows"`     // rows that the full loads of the good tables have loaded
	Bytes      int64     `dynamodbav:"bytes"`    // size of the good tables' files in the lake; 0 for a job that follows changes
	Manifest   string    `dynamodbav:"manifest"` // S3 address of the manifest that the run worked from
	TaskCount  int       `dynamodbav:"taskCount"`
	// RequestedTables is how many tables a person asked for; 0 for a run of all tables of its job.
	RequestedTables int   `dynamodbav:"requestedTables,omitempty"`
	ExpiresAt       int64 `dynamodbav:"expiresAt"`
	// Check is nil if the run did not check the source database.
	Check *Check `dynamodbav:"check,omitempty"`
	// Start is where the task that follows changes starts to read the redo log. It is nil if this run has not created the task.
	Start *CDCStart `dynamodbav:"start,omitempty"`
	// WholeRows is nil for a full load, and for a run that has no task to follow changes.
	WholeRows *WholeRows `dynamodbav:"wholeRows,omitempty"`
	// RedoDeadline says how long the task that follows changes may stand still; nil for a full load.
	RedoDeadline *RedoDeadline `dynamodbav:"redoDeadline,omitempty"`
	// Publication says how far the run is with publishing its good tables: see PublicationDue. It is empty for a run that publishes
	// nothing. Published counts the tables that it has published or rolled back.
	Publication string `dynamodbav:"publication,omitempty"`
	Published   int    `dynamodbav:"published,omitempty"`
	// CleanupProblem says why folders of the lake without use were not deleted; empty if they were. Later runs try again.
	CleanupProblem string `dynamodbav:"cleanupProblem,omitempty"`
	// AlertKey identifies why the run failed: two runs with the same key failed for the same reason. It is empty for a success.
	AlertKey string `dynamodbav:"alertKey,omitempty"`
	// Alerted says that an alert about the failure was sent, by this run or by an earlier one with the same key.
	Alerted bool `dynamodbav:"alerted"`
}

// Task is the record of one replication task in one run.
type Task struct {
	Key
	ID        string `dynamodbav:"id"`
	Job       string `dynamodbav:"job"`
	Execution string `dynamodbav:"execution"`
	ARN       string `dynamodbav:"arn,omitempty"`
	// SeenAt is when DMS reported the status and the members after it; nil if there was no task. The record of the next run has
	// what a task that follows changes has done since.
	SeenAt         *time.Time `dynamodbav:"seenAt,omitempty"`
	Status         string     `dynamodbav:"status,omitempty"`
	StopReason     string     `dynamodbav:"stopReason,omitempty"`
	FailureMessage string     `dynamodbav:"failureMessage,omitempty"`
	Outcome        string     `dynamodbav:"outcome"`
	Reason         string     `dynamodbav:"reason,omitempty"`
	// BrokenStart is the start of a full load that DMS has broken, and that the run has resumed; nil if there was none.
	BrokenStart *time.Time `dynamodbav:"brokenStart,omitempty"`
	// Checkpoint is the place in the redo log from which the task resumes.
	Checkpoint string `dynamodbav:"checkpoint,omitempty"`
	// SourceLatency and TargetLatency say how many seconds the task was behind its source, in capturing and in writing changes.
	// They are nil if CloudWatch has no value.
	SourceLatency *float64 `dynamodbav:"sourceLatency,omitempty"`
	TargetLatency *float64 `dynamodbav:"targetLatency,omitempty"`
	// LogGroup and LogStream name the task's log in CloudWatch.
	LogGroup  string `dynamodbav:"logGroup,omitempty"`
	LogStream string `dynamodbav:"logStream,omitempty"`
	ExpiresAt int64  `dynamodbav:"expiresAt"`
}

// Table is the record of one table in one run.
type Table struct {
	Key
	Table     string `dynamodbav:"table"`  // SCHEMA.TABLE at the source
	Target    string `dynamodbav:"target"` // SCHEMA.TABLE in the lake
	Job       string `dynamodbav:"job"`
	Task      string `dynamodbav:"task"` // replication task identifier
	Execution string `dynamodbav:"execution"`
	Good      bool   `dynamodbav:"good"`
	// Proof says how it is known that the table is good: "reported" by DMS, "footers" of the table's files, see FileCount, or
	// "counted" at the source, see RowCount. It is empty if the table is not good.
	Proof  string `dynamodbav:"proof,omitempty"`
	Reason string `dynamodbav:"reason,omitempty"`
	State  string `dynamodbav:"state,omitempty"` // table state of DMS, such as "Table completed"
	Rows   int64  `dynamodbav:"rows"`            // rows that the full load has loaded
	Bytes  int64  `dynamodbav:"bytes,omitempty"` // size of the table's files in the lake; 0 for a job that follows changes
	// Changes counts the changes since the task was created. New counts those since the last run that read the counts.
	Changes Changes `dynamodbav:"changes"`
	New     Changes `dynamodbav:"new"`
	// Diverged says that rows of the table are missing or wrong in the lake until it is reloaded.
	Diverged bool `dynamodbav:"diverged,omitempty"`
	// DDLSeen says that DDL ran on the table at the source, or may have, and that no run has reloaded the table or accepted the
	// DDL since.
	DDLSeen bool `dynamodbav:"ddlSeen,omitempty"`
	// Accepted is nil unless this run accepted DDL on the table.
	Accepted *Acceptance `dynamodbav:"accepted,omitempty"`
	// FileCount is nil for a job that follows changes, and for a table that DMS does not report as loaded.
	FileCount *FileCount `dynamodbav:"fileCount,omitempty"`
	// Snapshot is what the load left in the lake, if the table is good; nil otherwise and for a job that follows changes.
	Snapshot *Snapshot `dynamodbav:"snapshot,omitempty"`
	// Held are the gates that keep readers from the snapshot of this run; empty if none does.
	Held []Gate `dynamodbav:"held,omitempty"`
	// Published says which snapshot of the table readers see since this run; nil until the run has published, and for a job that
	// follows changes.
	Published *Published `dynamodbav:"published,omitempty"`
	// RowCount is nil if the job does not verify its loads.
	RowCount *RowCount `dynamodbav:"rowCount,omitempty"`
	// LoadStartedAt and LoadEndedAt are the start and the end of the full load; nil if DMS reports none.
	LoadStartedAt *time.Time `dynamodbav:"loadStartedAt,omitempty"`
	LoadEndedAt   *time.Time `dynamodbav:"loadEndedAt,omitempty"`
	ExpiresAt     int64      `dynamodbav:"expiresAt"`
}

// Changes are numbers of changes that DMS has captured from the redo log.
type Changes struct {
	Inserts int64 `dynamodbav:"inserts"`
	Updates int64 `dynamodbav:"updates"`
	Deletes int64 `dynamodbav:"deletes"`
	DDLs    int64 `dynamodbav:"ddls"`
}

// Plus adds the changes of two tasks of one table.
func (c Changes) Plus(other Changes) Changes {
	return Changes{
		Inserts: c.Inserts + other.Inserts, Updates: c.Updates + other.Updates,
		Deletes: c.Deletes + other.Deletes, DDLs: c.DDLs + other.DDLs,
	}
}

// Since returns how many changes came after before was counted. A count that is lower than before has started again at 0.
func (c Changes) Since(before Changes) Changes {
	since := func(now, then int64) int64 {
		if now < then {
			return now
		}
		return now - then
	}
	return Changes{
		Inserts: since(c.Inserts, before.Inserts), Updates: since(c.Updates, before.Updates),
		Deletes: since(c.Deletes, before.Deletes), DDLs: since(c.DDLs, before.DDLs),
	}
}

// Key is the primary key of a record.
type Key struct {
	PK string `dynamodbav:"pk"`
	SK string `dynamodbav:"sk"`
}

// JobKey is the partition key of a job's runs, lease and state.
func JobKey(job string) string { return "JOB#" + job }

// TableKey is the partition key of a table's records; table is SCHEMA.TABLE.
func TableKey(table string) string { return "TABLE#" + table }

// TaskKey is the partition key of a replication task's records; task is its identifier.
func TaskKey(task string) string { return "TASK#" + task }

// RunKey is the sort key of a run. Runs sort by their start; the name of the execution distinguishes runs of the same
// millisecond.
func RunKey(started time.Time, execution string) string {
	name := execution[strings.LastIndexByte(execution, ':')+1:]
	return fmt.Sprintf(runPrefix+"%s#%s", started.UTC().Format("2006-01-02T15:04:05.000Z"), name)
}

// AbandonedRecord is the record of a run that ended without recording itself. The state of its tables is unknown, so the run has
// failed. problem is the name of the error that it ended with. cause is the message for people. days is how long the record is
// kept.
func AbandonedRecord(job, execution string, started, ended time.Time, problem, cause string, days int) Run {
	return Run{
		Key: Key{PK: JobKey(job), SK: RunKey(started, execution)},
		Job: job, Execution: execution, Outcome: "FAILED", Reason: problem + ": " + cause, AlertKey: problem,
		StartedAt: started, RecordedAt: time.Now(), Seconds: ended.Sub(started).Seconds(),
		ExpiresAt: started.AddDate(0, 0, days).Unix(),
	}
}
