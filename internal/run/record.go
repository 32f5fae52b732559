package run

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// Record judges a run and writes it down.
type Record struct {
	Environment
	Log     *slog.Logger
	Objects Documents
	Records interface {
		records.Reader
		records.BatchReader
		records.Writer
	}
	Metrics dms.MetricReader
	Lake    lake.Objects
	Topic   Topic
	DMS     interface {
		dms.Describer
		dms.StatisticsReader
	}
}

// Step judges every table and writes the run's records. What cannot be read any more, because DMS does not answer or
// the run never came so far, is part of the record, not a reason to have none.
func (r Record) Step() Step {
	return step("record", r.Department, r.Log, func(ctx context.Context, log *slog.Logger, run *Document) error {
		if run.Request.Job == "" && run.Request.Recover != "" {
			return nil // A sweep that never learned what to clear up after. The next one follows it.
		}
		execution, startedAt := run.recordedRun()
		key := records.Key{PK: records.JobKey(run.Request.Job), SK: records.RunKey(startedAt, execution)}
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
		before, found, err2 := records.Find(ctx, r.Records, r.Table, key)
		switch {
		case err2 != nil:
			return err2
		case found:
			return r.recorded(ctx, run, before, progress)
		case run.Recovering != nil && run.Phase == dms.Finished:
			return nil // It never had the lease.
		}
		proofs, asked, err2 := r.verify(ctx, log, run, judged)
		if asked || err2 != nil {
			return err2
		}
		concluded := conclude(log, run, judged, err)
		record, tables := r.records(run, key, concluded, judged, progress)
		arrived(tables, proofs)
		record.Alerted = progress.alertedBefore(record)
		r.measure(ctx, log, run, &record)
		r.size(ctx, log, run, &record, tables, judged)
		if err := records.Write(ctx, r.Records, r.Table, record, tables); err != nil {
			return err
		}
		return r.sendAlert(ctx, record, tables, progress)
	})
}

// conclude is the verdict of the run from those of its tasks, and its error when that is no success.
func conclude(log *slog.Logger, run *Document, judged []taskVerdict, unreadable error) verdict.Verdict {
	if run.Paused && run.Error == nil {
		return verdict.Verdict{Outcome: verdict.Succeeded, Reason: "paused: the file says so (paused: true)"}
	}
	verdicts := make([]verdict.Verdict, len(judged))
	for i, j := range judged {
		verdicts[i] = j.verdict
		log.Info("judged", "task", j.task.ID, "outcome", j.verdict.Outcome, "reason", j.verdict.Reason)
	}
	all := verdict.Combine(verdicts...)
	switch {
	case run.Error != nil:
		run.Error.Cause = errorMessage(run.Error.Cause)
		return explain(all, *run.Error, unreadable)
	case all.Outcome != verdict.Succeeded:
		run.Error = &Error{Error: string(all.Outcome), Cause: all.Reason}
	}
	return all
}

// recorded ends with what an earlier try, or somebody else, wrote down of the run: that was closer to the events.
func (r Record) recorded(ctx context.Context, run *Document, before records.Run, p progress) error {
	if run.Recovering == nil && before.Outcome != string(verdict.Succeeded) {
		run.Error = &Error{Error: before.Outcome, Cause: before.Reason}
	}
	return r.sendAlert(ctx, before, nil, p)
}

// errorMessage is the message in the cause that Step Functions makes of a function's error: the error as JSON.
func errorMessage(cause string) string {
	var answer struct {
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal([]byte(cause), &answer); err != nil || answer.Message == "" {
		return cause
	}
	return answer.Message
}

// explain puts the error that ended the run before its tables' reasons: it is the cause of most of them.
func explain(v verdict.Verdict, why Error, unreadable error) verdict.Verdict {
	reason := why.Cause
	if why.Error != failureName {
		reason = why.Error + ": " + reason
	}
	if v.Outcome == verdict.Succeeded {
		v.Outcome = verdict.Partial // The tables arrived, and still something went wrong.
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

// measure notes how far the task that follows changes is behind its source. That CloudWatch does not tell is no reason to
// have no record.
func (r Record) measure(ctx context.Context, log *slog.Logger, run *Document, record *records.Run) {
	if !run.Type.Continuous() || run.Paused || len(record.Tasks) == 0 || record.Tasks[0].ARN == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	task := &record.Tasks[0]
	latencies, err := dms.Latencies(ctx, r.Metrics, r.InstanceName, []string{task.ARN})
	if err != nil {
		log.Warn("latency is not known", "task", task.ID, "reason", err.Error())
		return
	}
	latency := latencies[task.ARN]
	task.SourceLatency, task.TargetLatency = latency.Source, latency.Target
}
