package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/replication"
)

// Record judges a run and writes it down.
type Record struct {
	Environment
	Log     *slog.Logger
	Objects Objects
	Records interface {
		history.Reader
		history.Writer
	}
	Topic Topic
	DMS   interface {
		replication.Describer
		replication.StatisticsReader
	}
}

// Step judges every table and writes the run's records. What cannot be read any more, because DMS does not answer or
// the run never came so far, is part of the record, not a reason to have none.
func (r Record) Step() Step {
	return step("record", r.Department, r.Log, func(ctx context.Context, log *slog.Logger, run *Run) error {
		if run.Request.Job == "" && run.Request.Sweep != "" {
			return nil // A sweep that never learned what to clear up after. The next one follows it.
		}
		now := time.Now()
		execution, startedAt := run.subject()
		key := history.Key{PK: history.JobKey(run.Request.Job), SK: history.RunKey(startedAt, execution)}
		judged, err := r.judge(ctx, run)
		if err != nil && run.Error == nil {
			// Tried again by the state machine; the last time with this error in the document.
			return err
		}
		// Looked for after the judgement: who judges late, when the tasks are gone already, must find what was recorded
		// before they went.
		before, found, err2 := history.Find(ctx, r.Records, r.Table, key)
		switch {
		case err2 != nil:
			return err2
		case found:
			return r.recorded(ctx, run, before)
		case run.Swept != nil && run.Phase == replication.Finished:
			return nil // It never had the lease.
		}
		verdicts := make([]replication.Verdict, len(judged))
		for i, j := range judged {
			verdicts[i] = j.verdict
			log.Info("judged", "task", j.task.ID, "outcome", j.verdict.Outcome, "reason", j.verdict.Reason)
		}
		verdict := replication.Combine(verdicts...)
		switch {
		case run.Error != nil:
			run.Error.Cause = sentence(run.Error.Cause)
			verdict = explain(verdict, *run.Error, err)
		case verdict.Outcome != replication.OutcomeSucceeded:
			run.Error = &Error{Error: string(verdict.Outcome), Cause: verdict.Reason}
		}
		record, tables := r.records(run, key, verdict, judged, now)
		if err := history.Write(ctx, r.Records, r.Table, record, tables); err != nil {
			return err
		}
		return r.alert(ctx, record, tables)
	})
}

// recorded ends with what an earlier try, or somebody else, wrote down of the run: that was closer to the events.
func (r Record) recorded(ctx context.Context, run *Run, before history.Run) error {
	if run.Swept == nil && before.Outcome != string(replication.OutcomeSucceeded) {
		run.Error = &Error{Error: before.Outcome, Cause: before.Reason}
	}
	return r.alert(ctx, before, nil)
}

// judgedTask is one task of the run with what it came to.
type judgedTask struct {
	task     replication.Task
	evidence replication.Evidence
	verdict  replication.Verdict
}

func (r Record) judge(ctx context.Context, run *Run) ([]judgedTask, error) {
	if len(run.Tasks) == 0 {
		return nil, nil // The run failed before it knew its tasks.
	}
	job, err := loadJob(ctx, r.Objects, run.Manifest, run.Request)
	if err != nil {
		return nil, err
	}
	_, since := run.subject()
	want := map[string][]manifest.Table{}
	for _, task := range job.Tasks {
		want[r.Stack+"-"+task.Name] = task.Tables
	}
	found, err := replication.Describe(ctx, r.DMS, run.Tasks)
	if err != nil {
		return nil, err
	}
	judged := make([]judgedTask, len(run.Tasks))
	for i, task := range run.Tasks {
		evidence := replication.Evidence{}
		evidence.Task, evidence.Exists = found[task.ID]
		evidence.Exists = evidence.Exists && task.Accepted // Another's task proves nothing.
		if evidence.Exists {
			evidence.Statistics, err = replication.Statistics(ctx, r.DMS, evidence.Task.ARN)
			if err != nil {
				return nil, err
			}
		}
		judged[i] = judgedTask{
			task: task, evidence: evidence,
			verdict: replication.Judge(run.Type, want[task.ID], evidence, since),
		}
	}
	return judged, nil
}

// sentence is the message in the cause that Step Functions makes of a function's error: the error as JSON.
func sentence(cause string) string {
	var answer struct {
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal([]byte(cause), &answer); err != nil || answer.Message == "" {
		return cause
	}
	return answer.Message
}

// explain puts the error that ended the run before its tables' reasons: it is the cause of most of them.
func explain(v replication.Verdict, why Error, unreadable error) replication.Verdict {
	reason := why.Cause
	if why.Error != failureName {
		reason = why.Error + ": " + reason
	}
	if v.Outcome == replication.OutcomeSucceeded {
		v.Outcome = replication.OutcomePartial // The tables arrived, and still something went wrong.
	}
	if unreadable != nil {
		reason += fmt.Sprintf("; and what the tasks came to cannot be read: %v", unreadable)
	}
	if v.Reason != "" {
		reason += "; " + v.Reason
	}
	v.Reason = reason
	return v
}

func (r Record) records(
	run *Run, key history.Key, verdict replication.Verdict, judged []judgedTask, now time.Time,
) (history.Run, []history.Table) {
	execution, startedAt := run.subject()
	expires := startedAt.AddDate(0, 0, r.RecordDays).Unix()
	record := history.Run{
		Key: key,
		Job: run.Request.Job, Execution: execution, Type: string(run.Type),
		Outcome: string(verdict.Outcome), Reason: verdict.Reason,
		StartedAt: startedAt, RecordedAt: now, Seconds: now.Sub(startedAt).Seconds(),
		Manifest: run.Manifest.String(), ExpiresAt: expires,
	}
	var tables []history.Table
	for _, j := range judged {
		record.Tasks = append(record.Tasks, history.Task{
			ID: j.task.ID, ARN: j.evidence.Task.ARN, Status: j.evidence.Task.Status,
			StopReason: j.evidence.Task.StopReason, FailureMessage: j.evidence.Task.FailureMessage,
			Outcome: string(j.verdict.Outcome), Reason: j.verdict.Reason,
		})
		for _, t := range j.verdict.Tables {
			if t.Good {
				record.Rows += t.Statistics.Rows
			}
			tables = append(tables, history.Table{
				Key:   history.Key{PK: history.TableKey(t.String()), SK: key.SK},
				Table: t.String(), Target: t.TargetSchema + "." + t.TargetName,
				Job: run.Request.Job, Task: j.task.ID, Execution: execution, Good: t.Good, Reason: t.Reason,
				State: t.Statistics.State, Rows: t.Statistics.Rows,
				Inserts: t.Statistics.Inserts, Updates: t.Statistics.Updates,
				Deletes: t.Statistics.Deletes, DDLs: t.Statistics.DDLs,
				LoadStartedAt: stamp(t.Statistics.LoadStartedAt), LoadEndedAt: stamp(t.Statistics.LoadEndedAt), ExpiresAt: expires,
			})
		}
	}
	return record, tables
}

// stamp is nil for the zero time, which DynamoDB would keep as the year 1.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
