package run

import (
	"strings"
	"time"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// records are the records of a run and of its tables.
func (r Record) records(
	doc *Document, key records.Key, concluded verdict.Verdict, judged []taskVerdict, state jobState,
) (records.Run, []records.Table) {
	now := time.Now()
	execution, startedAt := doc.recordedRun()
	expires := startedAt.AddDate(0, 0, r.RecordDays).Unix()
	record := records.Run{
		Key: key,
		Job: doc.Request.Job, Execution: execution, Type: string(doc.Type),
		Outcome: string(concluded.Outcome), Reason: concluded.Reason,
		StartedAt: startedAt, RecordedAt: now, Seconds: now.Sub(startedAt).Seconds(),
		Manifest: doc.Manifest.String(), Check: doc.Check, ExpiresAt: expires,
	}
	var tables []records.Table
	place := map[string]int{} // of a table's record in tables: a table may be in two tasks, one of which loads it
	for _, j := range judged {
		record.Tasks = append(record.Tasks, r.task(j))
		for _, t := range j.verdict.Tables {
			if t.Good {
				record.Rows += t.Statistics.Rows
			}
			at, there := place[t.String()]
			if !there {
				at = len(tables)
				place[t.String()] = at
				tables = append(tables, records.Table{
					Key:   records.Key{PK: records.TableKey(t.String()), SK: key.SK},
					Table: t.String(), Target: t.TargetSchema + "." + t.TargetName,
					Job: doc.Request.Job, Task: j.task.ID, Execution: execution, Good: true, ExpiresAt: expires,
				})
			}
			state.fill(&tables[at], t)
		}
	}
	return record, tables
}

// task is the task in the record of its run.
func (r Record) task(j taskVerdict) records.Task {
	d := j.observation.Task
	t := records.Task{
		ID: j.task.ID, ARN: d.ARN, SeenAt: stamp(d.SeenAt), Status: d.Status, StopReason: d.StopReason, FailureMessage: d.FailureMessage,
		Outcome: string(j.verdict.Outcome), Reason: j.verdict.Reason, Checkpoint: d.Checkpoint,
	}
	if d.ARN != "" {
		// DMS names the stream of a task after the last part of its ARN (CHAP_Monitoring, "Managing AWS DMS task logs").
		t.LogGroup, t.LogStream = r.TaskLogGroup, "dms-task-"+d.ARN[strings.LastIndexByte(d.ARN, ':')+1:]
	}
	return t
}

// stamp is nil for the zero time, which DynamoDB would keep as the year 1.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
