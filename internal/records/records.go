// Package records keeps a department's records in one DynamoDB table: its runs, the tables of each run, the state of each
// job, and the lease of each job.
//
//	pk                    sk
//	JOB#<job>             RUN#<start>#<execution>    a run
//	JOB#<job>             LEASE                      the lease of the job
//	JOB#<job>             STATE                      the state of a job that follows changes
//	TABLE#<schema.table>  RUN#<start>#<execution>    a table in a run
//
// The time to live is in expiresAt, in seconds since the epoch.
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
	Execution  string    `dynamodbav:"execution"` // ARN of the state machine execution
	Type       string    `dynamodbav:"type"`      // migration type
	Outcome    string    `dynamodbav:"outcome"`   // SUCCEEDED, PARTIAL or FAILED
	Reason     string    `dynamodbav:"reason,omitempty"`
	StartedAt  time.Time `dynamodbav:"startedAt"`
	RecordedAt time.Time `dynamodbav:"recordedAt"`
	Seconds    float64   `dynamodbav:"seconds"`  // from start to record
	Rows       int64     `dynamodbav:"rows"`     // loaded by the full loads of the good tables
	Bytes      int64     `dynamodbav:"bytes"`    // of their files in the lake after a full-load job
	Manifest   string    `dynamodbav:"manifest"` // S3 address of the manifest that the run worked from
	Tasks      []Task    `dynamodbav:"tasks"`
	ExpiresAt  int64     `dynamodbav:"expiresAt"`
	// Check is nil when the run did not ask the database.
	Check *Check `dynamodbav:"check,omitempty"`
	// AlertKey identifies why the run failed: two runs with the same key failed for the same reason. Empty for a success.
	AlertKey string `dynamodbav:"alertKey,omitempty"`
	// Alerted says that the department's topic was told of the failure, by this run or by an earlier one with the same key.
	Alerted bool `dynamodbav:"alerted"`
}

// Task is a replication task in the record of a run.
type Task struct {
	ID  string `dynamodbav:"id"`
	ARN string `dynamodbav:"arn,omitempty"`
	// SeenAt is when DMS was asked for what follows; nil when there was no task. What a task that follows changes has done
	// since, the next run says.
	SeenAt         *time.Time `dynamodbav:"seenAt,omitempty"`
	Status         string     `dynamodbav:"status,omitempty"`
	StopReason     string     `dynamodbav:"stopReason,omitempty"`
	FailureMessage string     `dynamodbav:"failureMessage,omitempty"`
	Outcome        string     `dynamodbav:"outcome"`
	Reason         string     `dynamodbav:"reason,omitempty"`
	// Checkpoint is the place in the redo log from which the task would go on.
	Checkpoint string `dynamodbav:"checkpoint,omitempty"`
	// SourceLatency and TargetLatency are how many seconds the task was behind the source, reading and writing; nil when
	// CloudWatch did not say.
	SourceLatency *float64 `dynamodbav:"sourceLatency,omitempty"`
	TargetLatency *float64 `dynamodbav:"targetLatency,omitempty"`
	// LogGroup and LogStream are where DMS writes the task's log in CloudWatch.
	LogGroup  string `dynamodbav:"logGroup,omitempty"`
	LogStream string `dynamodbav:"logStream,omitempty"`
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
	Reason    string `dynamodbav:"reason,omitempty"`
	State     string `dynamodbav:"state,omitempty"` // as DMS says it
	Rows      int64  `dynamodbav:"rows"`            // loaded by the full load
	Bytes     int64  `dynamodbav:"bytes,omitempty"` // of its files in the lake after a full-load job
	// Changes are what DMS has counted since the task was created, New those since the last run that counted.
	Changes Changes `dynamodbav:"changes"`
	New     Changes `dynamodbav:"new"`
	// Diverged says that the table may differ from the source until it is reloaded.
	Diverged bool `dynamodbav:"diverged,omitempty"`
	// RowCount is nil when the job does not verify its loads.
	RowCount *RowCount `dynamodbav:"rowCount,omitempty"`
	// LoadStartedAt and LoadEndedAt are of the full load; nil when there was none.
	LoadStartedAt *time.Time `dynamodbav:"loadStartedAt,omitempty"`
	LoadEndedAt   *time.Time `dynamodbav:"loadEndedAt,omitempty"`
	ExpiresAt     int64      `dynamodbav:"expiresAt"`
}

// Changes are numbers of changes that were captured from the redo log.
type Changes struct {
	Inserts int64 `dynamodbav:"inserts"`
	Updates int64 `dynamodbav:"updates"`
	Deletes int64 `dynamodbav:"deletes"`
	DDLs    int64 `dynamodbav:"ddls"`
}

// Plus adds changes of two tasks.
func (c Changes) Plus(other Changes) Changes {
	return Changes{
		Inserts: c.Inserts + other.Inserts, Updates: c.Updates + other.Updates,
		Deletes: c.Deletes + other.Deletes, DDLs: c.DDLs + other.DDLs,
	}
}

// Since is how many changes came after before was counted. A count that is lower than before began anew.
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

// JobKey is the partition that holds a job's runs and its lease.
func JobKey(job string) string { return "JOB#" + job }

// TableKey is the partition that holds a table's records; table is SCHEMA.TABLE.
func TableKey(table string) string { return "TABLE#" + table }

// RunKey sorts runs by their start; the name of the execution keeps two of one millisecond apart.
func RunKey(started time.Time, execution string) string {
	name := execution[strings.LastIndexByte(execution, ':')+1:]
	return fmt.Sprintf("RUN#%s#%s", started.UTC().Format("2006-01-02T15:04:05.000Z"), name)
}

// AbandonedRecord is the record of a run that ended without recording itself: what its tables came to is not known. problem is
// the name of the error that it ended with, cause the same for people.
func AbandonedRecord(job, execution string, started, ended time.Time, problem, cause string, days int) Run {
	return Run{
		Key: Key{PK: JobKey(job), SK: RunKey(started, execution)},
		Job: job, Execution: execution, Outcome: "FAILED", Reason: problem + ": " + cause, AlertKey: problem,
		StartedAt: started, RecordedAt: time.Now(), Seconds: ended.Sub(started).Seconds(),
		ExpiresAt: started.AddDate(0, 0, days).Unix(),
	}
}
