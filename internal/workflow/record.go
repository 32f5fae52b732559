package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/replication"
)

// Record judges a run and writes it down.
type Record struct {
	Environment
	Log     *slog.Logger
	Objects Documents
	Records interface {
		history.Reader
		history.BatchReader
		history.Writer
	}
	Metrics replication.MetricReader
	Lake    lake.Objects
	Topic   Topic
	DMS     interface {
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
		execution, startedAt := run.subject()
		key := history.Key{PK: history.JobKey(run.Request.Job), SK: history.RunKey(startedAt, execution)}
		judged, err := r.judge(ctx, run)
		if err != nil && run.Error == nil {
			// Tried again by the state machine; the last time with this error in the document.
			return err
		}
		progress, err2 := r.progress(ctx, run, key, judged)
		if err2 != nil {
			return err2
		}
		// Looked for after the judgement: who judges late, when the tasks are gone already, must find what was recorded
		// before they went.
		before, found, err2 := history.Find(ctx, r.Records, r.Table, key)
		switch {
		case err2 != nil:
			return err2
		case found:
			return r.recorded(ctx, run, before, progress)
		case run.Swept != nil && run.Phase == replication.Finished:
			return nil // It never had the lease.
		}
		proofs, asked, err2 := r.verify(ctx, log, run, judged)
		if asked || err2 != nil {
			return err2
		}
		verdict := conclude(log, run, judged, err)
		record, tables := r.records(run, key, verdict, judged, progress)
		arrived(tables, proofs)
		record.Alerted = progress.told(record)
		r.measure(ctx, log, run, &record)
		r.size(ctx, log, run, &record, tables, judged)
		if err := history.Write(ctx, r.Records, r.Table, record, tables); err != nil {
			return err
		}
		return r.tell(ctx, record, tables, progress)
	})
}

// conclude is the verdict of the run from those of its tasks, and its error when that is no success.
func conclude(log *slog.Logger, run *Run, judged []judgedTask, unreadable error) replication.Verdict {
	if run.Paused && run.Error == nil {
		return replication.Verdict{Outcome: replication.OutcomeSucceeded, Reason: "paused: the file says so (paused: true)"}
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
		return explain(verdict, *run.Error, unreadable)
	case verdict.Outcome != replication.OutcomeSucceeded:
		run.Error = &Error{Error: string(verdict.Outcome), Cause: verdict.Reason}
	}
	return verdict
}

// recorded ends with what an earlier try, or somebody else, wrote down of the run: that was closer to the events.
func (r Record) recorded(ctx context.Context, run *Run, before history.Run, p progress) error {
	if run.Swept == nil && before.Outcome != string(replication.OutcomeSucceeded) {
		run.Error = &Error{Error: before.Outcome, Cause: before.Reason}
	}
	return r.tell(ctx, before, nil, p)
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
	run *Run, key history.Key, verdict replication.Verdict, judged []judgedTask, p progress,
) (history.Run, []history.Table) {
	now := time.Now()
	execution, startedAt := run.subject()
	expires := startedAt.AddDate(0, 0, r.RecordDays).Unix()
	record := history.Run{
		Key: key,
		Job: run.Request.Job, Execution: execution, Type: string(run.Type),
		Outcome: string(verdict.Outcome), Reason: verdict.Reason,
		StartedAt: startedAt, RecordedAt: now, Seconds: now.Sub(startedAt).Seconds(),
		Manifest: run.Manifest.String(), Check: run.Check, ExpiresAt: expires,
	}
	var tables []history.Table
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
				tables = append(tables, history.Table{
					Key:   history.Key{PK: history.TableKey(t.String()), SK: key.SK},
					Table: t.String(), Target: t.TargetSchema + "." + t.TargetName,
					Job: run.Request.Job, Task: j.task.ID, Execution: execution, Good: true, ExpiresAt: expires,
				})
			}
			p.fill(&tables[at], t)
		}
	}
	return record, tables
}

// task is the task in the record of its run.
func (r Record) task(j judgedTask) history.Task {
	d := j.evidence.Task
	t := history.Task{
		ID: j.task.ID, ARN: d.ARN, SeenAt: stamp(d.SeenAt), Status: d.Status, StopReason: d.StopReason, FailureMessage: d.FailureMessage,
		Outcome: string(j.verdict.Outcome), Reason: j.verdict.Reason, Checkpoint: d.Checkpoint,
	}
	if d.ARN != "" {
		// DMS names the stream of a task after the last part of its ARN (CHAP_Monitoring, "Managing AWS DMS task logs").
		t.LogGroup, t.LogStream = r.TaskLogGroup, "dms-task-"+d.ARN[strings.LastIndexByte(d.ARN, ':')+1:]
	}
	return t
}

// measure notes how far the task that follows changes is behind its source. That CloudWatch does not tell is no reason to
// have no record.
func (r Record) measure(ctx context.Context, log *slog.Logger, run *Run, record *history.Run) {
	if !run.Type.Continuous() || run.Paused || len(record.Tasks) == 0 || record.Tasks[0].ARN == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	task := &record.Tasks[0]
	latencies, err := replication.Latencies(ctx, r.Metrics, r.InstanceName, []string{task.ARN})
	if err != nil {
		log.Warn("latency is not known", "task", task.ID, "reason", err.Error())
		return
	}
	latency := latencies[task.ARN]
	task.SourceLatency, task.TargetLatency = latency.Source, latency.Target
}

// stamp is nil for the zero time, which DynamoDB would keep as the year 1.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
