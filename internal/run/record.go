package run

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// Record judges a run and writes its records, before anything is deleted.
type Record struct {
	contract.Environment
	RecordSettings
	Log       *slog.Logger
	Documents documents.Reader
	Records   interface {
		records.Reader
		records.BatchReader
		records.Writer
	}
	Metrics dms.MetricReader
	Lake    ObjectLister
	Topic   Topic
	DMS     interface {
		dms.Describer
		dms.StatisticsReader
	}
}

// RecordSettings is what the stack tells Record alone.
type RecordSettings struct {
	TopicARN     string // of the topic that is told of failed runs
	InstanceName string // identifier of the replication instance, a dimension of its metrics
	TaskLogGroup string // log group of its tasks
	LakeBucket   string
}

// NewRecord makes the function from the environment that the stack gives it.
func NewRecord(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	r := Record{
		Environment: env.Common(),
		RecordSettings: RecordSettings{
			TopicARN: env.Need(contract.EnvTopicARN), InstanceName: env.Need(contract.EnvInstanceName),
			TaskLogGroup: env.Need(contract.EnvTaskLogGroup), LakeBucket: env.Need(contract.EnvLakeBucket),
		},
		Log: log, Documents: s3.NewFromConfig(cfg), Records: dynamodb.NewFromConfig(cfg), Metrics: cloudwatch.NewFromConfig(cfg),
		Lake: s3.NewFromConfig(cfg), Topic: sns.NewFromConfig(cfg), DMS: awsdms.NewFromConfig(cfg),
	}
	return r.Step(), env.Err()
}

// Step judges every table and writes the run's records. What cannot be read, because DMS does not answer or the run failed too
// early, is part of the record and no reason to have none.
func (r Record) Step() Step {
	return NewStep("record", r.Department, r.Log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		if doc.Request.Job == "" && doc.Request.Recover != "" {
			return nil // A recovery that never learned of which job. Its own failure starts the next one.
		}
		execution, startedAt := doc.recordedRun()
		key := records.Key{PK: records.JobKey(doc.Request.Job), SK: records.RunKey(startedAt, execution)}
		judged, unreadable := judge{Stack: r.Stack, Documents: r.Documents, DMS: r.DMS}.judge(ctx, doc)
		if unreadable != nil && doc.Error == nil {
			return unreadable // The state machine retries, and records the run with this error if that does not help.
		}
		state, err := r.updateState(ctx, doc, key, judged)
		if err != nil {
			return err
		}
		// Look for an earlier record after the judgement: whoever judges late, when the tasks are deleted already, must find what
		// was recorded before that.
		before, found, err := records.Find(ctx, r.Records, r.Table, key)
		switch {
		case err != nil:
			return err
		case found:
			return r.finish(ctx, log, doc, before, state)
		case doc.recordedElsewhere():
			return nil
		}
		return r.write(ctx, log, doc, key, judged, unreadable, state)
	})
}

// write writes the records of a run that has none yet, and alerts people if it failed.
func (r Record) write(
	ctx context.Context, log *slog.Logger, doc *Document, key records.Key, judged []taskVerdict, unreadable error, state jobState,
) error {
	counts, err := r.compareCounts(ctx, doc, judged)
	if err != nil {
		return err
	}
	alert := alertKey(doc, judged)
	concluded := conclude(log, doc, judged, unreadable)
	record, tables := r.records(doc, key, concluded, judged, state)
	fillCounts(tables, counts)
	if concluded.Outcome != verdict.Succeeded {
		record.AlertKey = alert
	}
	record.Alerted = state.LastAlert != "" && state.LastAlert == record.AlertKey
	r.measureLatency(ctx, log, doc, &record)
	r.measureSizes(ctx, log, doc, &record, tables, judged)
	if err := records.Write(ctx, r.Records, r.Table, record, tables); err != nil {
		return err
	}
	return r.alertAndRemember(ctx, log, doc, record, tables, state)
}

// finish ends with the record that an earlier try, or another run, wrote of this run: it was closer to the events.
func (r Record) finish(ctx context.Context, log *slog.Logger, doc *Document, before records.Run, state jobState) error {
	if doc.Recovering == nil && before.Outcome != string(verdict.Succeeded) {
		doc.Fail(before.Outcome, before.Reason, time.Now())
	}
	return r.alertAndRemember(ctx, log, doc, before, nil, state)
}

// alertAndRemember alerts people to a recorded run that failed, and keeps the state of its job. A topic that cannot be told
// keeps neither tasks nor the lease: see Document.AlertError.
func (r Record) alertAndRemember(
	ctx context.Context, log *slog.Logger, doc *Document, run records.Run, tables []records.Table, state jobState,
) error {
	doc.AlertError = nil
	if run.Outcome != string(verdict.Succeeded) && !run.Alerted {
		if err := r.alert(ctx, run, tables); err != nil {
			log.Error("people are not alerted", "task", "", "reason", err.Error())
			doc.AlertError = &Error{Error: ErrorNotAlerted, Cause: err.Error()}
			return r.writeState(ctx, &state)
		}
		run.Alerted = true // A second try of this function sends no second message.
		if err := records.Write(ctx, r.Records, r.Table, run, nil); err != nil {
			return err
		}
	}
	state.LastAlert = run.AlertKey
	return r.writeState(ctx, &state)
}

// conclude is the verdict of the run from those of its tasks. If that is no success, the run fails with it.
func conclude(log *slog.Logger, doc *Document, judged []taskVerdict, unreadable error) verdict.Verdict {
	if doc.Paused && doc.Error == nil {
		return verdict.Verdict{Outcome: verdict.Succeeded, Reason: "paused: the file says so (paused: true)"}
	}
	verdicts := make([]verdict.Verdict, len(judged))
	for i, j := range judged {
		verdicts[i] = j.verdict
		log.Info("judged", "task", j.task.ID, "outcome", j.verdict.Outcome, "reason", j.verdict.Reason)
	}
	all := verdict.Combine(verdicts...)
	switch {
	case doc.Error != nil:
		doc.Error.Cause = errorMessage(doc.Error.Cause)
		return explain(all, *doc.Error, unreadable)
	case all.Outcome != verdict.Succeeded:
		doc.Fail(string(all.Outcome), all.Reason, time.Now())
	}
	return all
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

// explain puts the error that ended the run before its tables' reasons: it caused most of them.
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

// measureLatency notes how far the task that follows changes is behind its source. A missing metric never blocks the record.
func (r Record) measureLatency(ctx context.Context, log *slog.Logger, doc *Document, record *records.Run) {
	if !doc.Type.Continuous() || doc.Paused || len(record.Tasks) == 0 || record.Tasks[0].ARN == "" {
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
