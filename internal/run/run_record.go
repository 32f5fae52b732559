package run

import (
	"strings"
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// makeRecords makes the records of a run, of its tables and of its tasks.
func (r Record) makeRecords(
	doc *Document, key records.Key, concluded verdict.Verdict, judged []taskVerdict, state jobState,
) (records.Run, []records.Table, []records.Task) {
	now := time.Now()
	execution, startedAt := doc.recordedRun()
	expires := startedAt.AddDate(0, 0, r.RecordDays).Unix()
	record := records.Run{
		Key: key,
		Job: doc.Request.Job, Execution: execution, Type: string(doc.Type),
		Outcome: string(concluded.Outcome), Proof: string(verdict.ProofOf(concluded.Tables)), Reason: concluded.Reason,
		StartedAt: startedAt, RecordedAt: now, Seconds: now.Sub(startedAt).Seconds(),
		Manifest: doc.Manifest.String(), Check: doc.Check, WholeRows: state.wholeRows(judged), ExpiresAt: expires,
		RequestedTables: len(doc.Request.Tables) + len(doc.Request.Rollback),
	}
	if start := state.Start; start != nil && start.Execution == execution {
		record.Start = start
	}
	var tables []records.Table
	tasks := make([]records.Task, len(judged))
	index := map[string]int{} // index of a table's record in tables, by SCHEMA.TABLE: a table may be in two tasks
	record.TaskCount = len(judged)
	for i, j := range judged {
		tasks[i] = r.taskRecord(j, record)
		for _, t := range j.verdict.Tables {
			if t.Good {
				record.Rows += t.Statistics.Rows
			}
			i, exists := index[t.String()]
			if !exists {
				i = len(tables)
				index[t.String()] = i
				tables = append(tables, records.Table{
					Key:   records.Key{PK: records.TableKey(t.String()), SK: key.SK},
					Table: t.String(), Target: t.TargetSchema + "." + t.TargetName,
					Job: doc.Request.Job, Task: j.task.ID, Execution: execution, Good: true, ExpiresAt: expires,
				})
			}
			state.fillRecord(&tables[i], t)
		}
	}
	return record, tables, tasks
}

// taskRecord makes the record of one task of a run.
func (r Record) taskRecord(j taskVerdict, run records.Run) records.Task {
	d := j.observation.Task
	t := records.Task{
		Key: records.Key{PK: records.TaskKey(j.task.ID), SK: run.SK},
		Job: run.Job, Execution: run.Execution, ExpiresAt: run.ExpiresAt,
		ID: j.task.ID, ARN: d.ARN, SeenAt: timeOrNil(d.SeenAt), Status: d.Status, StopReason: dms.Brief(d.StopReason), FailureMessage: d.FailureMessage,
		Outcome: string(j.verdict.Outcome), Reason: j.verdict.Reason, Checkpoint: d.Checkpoint,
	}
	if j.observation.Resumed {
		t.BrokenStart = timeOrNil(j.task.PreviousStart)
	}
	if d.ARN != "" {
		// DMS names a task's log stream after the last part of the task's ARN (CHAP_Monitoring, "Managing AWS DMS task logs").
		t.LogGroup, t.LogStream = r.TaskLogGroup, "dms-task-"+d.ARN[strings.LastIndexByte(d.ARN, ':')+1:]
	}
	return t
}

// timeOrNil returns nil for the zero time, so that the record leaves it out.
func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
