// Package history keeps the department's records in one DynamoDB table: what ran, what each table came to, and which
// run holds a job.
//
//	pk                    sk
//	JOB#<job>             RUN#<start>#<execution>    a run
//	JOB#<job>             LEASE                      the lock of the job
//	TABLE#<schema.table>  RUN#<start>#<execution>    a table in a run
//
// The time to live is in expiresAt, in seconds since the epoch.
package history

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
	Manifest   string    `dynamodbav:"manifest"` // S3 address of the manifest that the run worked from
	Tasks      []Task    `dynamodbav:"tasks"`
	ExpiresAt  int64     `dynamodbav:"expiresAt"`
	// Alerted says that the department's topic was told of the failure.
	Alerted bool `dynamodbav:"alerted"`
}

// Task is a replication task in the record of a run.
type Task struct {
	ID             string `dynamodbav:"id"`
	ARN            string `dynamodbav:"arn,omitempty"`
	Status         string `dynamodbav:"status,omitempty"`
	StopReason     string `dynamodbav:"stopReason,omitempty"`
	FailureMessage string `dynamodbav:"failureMessage,omitempty"`
	Outcome        string `dynamodbav:"outcome"`
	Reason         string `dynamodbav:"reason,omitempty"`
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
	Inserts   int64  `dynamodbav:"inserts"`
	Updates   int64  `dynamodbav:"updates"`
	Deletes   int64  `dynamodbav:"deletes"`
	DDLs      int64  `dynamodbav:"ddls"`
	// LoadStartedAt and LoadEndedAt are of the full load; nil when there was none.
	LoadStartedAt *time.Time `dynamodbav:"loadStartedAt,omitempty"`
	LoadEndedAt   *time.Time `dynamodbav:"loadEndedAt,omitempty"`
	ExpiresAt     int64      `dynamodbav:"expiresAt"`
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

// Unfinished is the record of a run that ended without recording itself: what its tables came to is not known.
func Unfinished(job, execution string, started, ended time.Time, reason string, days int) Run {
	return Run{
		Key: Key{PK: JobKey(job), SK: RunKey(started, execution)},
		Job: job, Execution: execution, Outcome: "FAILED", Reason: reason,
		StartedAt: started, RecordedAt: time.Now(), Seconds: ended.Sub(started).Seconds(),
		ExpiresAt: started.AddDate(0, 0, days).Unix(),
	}
}
