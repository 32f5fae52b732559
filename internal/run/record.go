package run

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// Record is the function that judges a run and writes its records. It runs before Delete, while DMS still has the statistics.
type Record struct {
	contract.Environment
	RecordSettings
	Log       *slog.Logger
	Documents documents.Reader
	Records   interface {
		records.StateReader
		records.BatchReader
		records.Transactor
		records.Putter
	}
	Metrics dms.MetricReader
	Lake    lake.Objects
	Alerts  Alerts
	DMS     interface {
		dms.Describer
		dms.StatisticsReader
	}
}

// RecordSettings is what the stack gives only to Record.
type RecordSettings struct {
	InstanceName string // identifier of the replication instance: a dimension of its tasks' metrics
	TaskLogGroup string // the log group of the replication tasks
	LakeBucket   string
	DataCatalog  bool // readers find the tables in the Data Catalog of AWS Glue
}

// NewRecord makes the function from the environment variables that the stack sets.
func NewRecord(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	r := Record{
		Environment: env.Common(),
		RecordSettings: RecordSettings{
			InstanceName: env.Need(contract.EnvInstanceName), TaskLogGroup: env.Need(contract.EnvTaskLogGroup), LakeBucket: env.Need(contract.EnvLakeBucket),
			DataCatalog: getenv(contract.EnvCatalogDatabase) != "",
		},
		Log: log, Documents: s3.NewFromConfig(cfg), Records: dynamodb.NewFromConfig(cfg), Metrics: cloudwatch.NewFromConfig(cfg),
		Lake: s3.NewFromConfig(cfg), DMS: awsdms.NewFromConfig(cfg),
	}
	r.Alerts = newAlerts(cfg, r.Environment, env)
	return r.Step(), env.Err()
}

// Step judges every table and writes the run's records. A run with an error gets its record even if DMS does not answer: the
// record says so. A run that has a record already keeps it.
func (r Record) Step() Step {
	return NewStep("record", r.Department, r.Log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		if doc.Request.Job == "" && doc.Request.Recover != "" {
			return nil // This recovery failed before it knew the job. Its failure starts the next recovery.
		}
		err := r.record(ctx, log, doc)
		if errors.Is(err, records.ErrLeaseLost) {
			log.Warn("the run has lost its lease", "task", "", "reason", err.Error())
			return r.recordWithoutLease(ctx, log, doc)
		}
		return err
	})
}

// awaitPublication makes Publish the next function after a full load is recorded, also after an error: some tables may be good. A recovery
// publishes only what is still due, because what it recovers may have failed in Publish for good. The next run does the repairs.
func (d *Document) awaitPublication(run records.Run) {
	if d.Type != department.FullLoad || !d.Leased || d.PublishError != nil || d.Recovering != nil && run.Publication != records.PublicationDue {
		return
	}
	now := time.Now()
	d.setPhase(Publishing, now, now)
}

// recordKey is the key of the record of the run that Record judges.
func (d *Document) recordKey() records.Key {
	execution, startedAt := d.recordedRun()
	return records.Key{PK: records.JobKey(d.Request.Job), SK: records.RunKey(startedAt, execution)}
}

// record judges a run and writes its records.
func (r Record) record(ctx context.Context, log *slog.Logger, doc *Document) error {
	key := doc.recordKey()
	state, err := r.readState(ctx, doc)
	if err != nil {
		return err
	}
	judged, judgeErr := judge{Stack: r.Stack, Documents: r.Documents, DMS: r.DMS}.judgeTasks(ctx, doc)
	if judgeErr != nil && doc.Error == nil {
		return judgeErr // The state machine retries. If that does not help, RecordUnjudged records the run with this error.
	}
	if err := r.updateState(ctx, doc, key, judged, &state); err != nil {
		return err
	}
	// Look for an earlier record only now, after judging. If this call comes so late that the tasks are deleted, an earlier
	// call has written the record, and its verdict counts.
	earlier, found, err := records.Find(ctx, r.Records, r.Table, key)
	switch {
	case err != nil:
		return err
	case found:
		return r.keepRecord(ctx, log, doc, earlier, state)
	case doc.recordedElsewhere():
		return nil
	}
	err = r.writeRecords(ctx, log, doc, key, judged, judgeErr, state)
	if errors.Is(err, records.ErrRecorded) { // A call at the same time was faster.
		if earlier, found, err = records.Find(ctx, r.Records, r.Table, key); err == nil && found {
			err = r.keepRecord(ctx, log, doc, earlier, state)
		}
	}
	return err
}

// recordWithoutLease records a run that has lost its lease without having a record. It writes only the record of the run, and no
// record that exists. A call that comes after its run has ended finds the record, and does nothing.
func (r Record) recordWithoutLease(ctx context.Context, log *slog.Logger, doc *Document) error {
	_, found, err := records.Find(ctx, r.Records, r.Table, doc.recordKey())
	if err != nil || found {
		return err
	}
	execution, startedAt := doc.recordedRun()
	reason := "the lease of the job was deleted or taken while the run was using it, so its tables were not judged"
	if doc.Error != nil {
		reason += "; before that: " + errorMessage(doc.Error.Cause)
	}
	run := records.AbandonedRecord(doc.Request.Job, execution, startedAt, time.Now(), ErrorLeaseLost, verdict.Shorten(reason), r.RecordDays)
	doc.Fail(ErrorLeaseLost, run.Reason, run.RecordedAt)
	if err := records.WriteIfAbsent(ctx, r.Records, r.Table, run); err != nil {
		return err
	}
	return r.alertAndSaveState(ctx, log, doc, run, nil, nil, jobState{})
}

// writeRecords writes the records of a run that has none yet, and sends an alert if the run has failed.
func (r Record) writeRecords(
	ctx context.Context, log *slog.Logger, doc *Document, key records.Key, judged []taskVerdict, judgeErr error, state jobState,
) error {
	files, err := r.countFiles(ctx, log, doc, judged)
	if err != nil {
		return err
	}
	counts, err := r.compareCounts(ctx, doc, judged)
	if err != nil {
		return err
	}
	if err := r.passGates(ctx, doc, judged, files); err != nil {
		return err
	}
	alert := alertKey(doc, judged)
	concluded := concludeRun(log, doc, judged, judgeErr)
	record, tables, tasks := r.makeRecords(doc, key, concluded, judged, state)
	for i := range tables {
		tables[i].RowCount = counts[tables[i].Table]
	}
	if concluded.Outcome != verdict.Succeeded {
		record.AlertKey = alert
	}
	record.Alerted = state.LastAlert != "" && state.LastAlert == record.AlertKey
	read := r.measureLatency(ctx, log, doc, tasks)
	record.RedoDeadline = redoDeadline(doc, state.Redo, read, time.Now())
	noteFiles(&record, tables, files)
	if publishes(doc, tables) {
		record.Publication = records.PublicationDue
	}
	if doc.Leased {
		err = records.Write(ctx, r.Records, r.Table, doc.Owner(), record, tables, tasks)
	} else {
		err = records.WriteRun(ctx, r.Records, r.Table, record) // The run failed before it got the lease: it has no tasks.
	}
	if err != nil {
		return err
	}
	log.Info("run recorded", "task", doc.taskIDs(), "outcome", record.Outcome, "rows", record.Rows, "seconds", record.Seconds, "reason", record.Reason)
	err = r.alertAndSaveState(ctx, log, doc, record, tables, tasks, state)
	if err == nil {
		doc.awaitPublication(record)
	}
	return err
}

// keepRecord keeps the record that an earlier call or another run has written of this run: it was made closer to the events. It
// gives the run the outcome of that record.
func (r Record) keepRecord(ctx context.Context, log *slog.Logger, doc *Document, earlier records.Run, state jobState) error {
	if earlier.Publication == records.PublicationDue && (doc.PublishError != nil || doc.recordedElsewhere()) {
		var err error
		if earlier, err = r.markUnpublished(ctx, doc, earlier); err != nil {
			return err
		}
	}
	if doc.Recovering == nil && earlier.Outcome != string(verdict.Succeeded) {
		doc.Fail(earlier.Outcome, earlier.Reason, time.Now())
	}
	var tasks []records.Task
	if !earlier.Alerted && len(doc.Tasks) > 0 {
		ids := make([]string, len(doc.Tasks))
		for i, task := range doc.Tasks {
			ids[i] = task.ID
		}
		var err error
		if tasks, err = records.FindTasks(ctx, r.Records, r.Table, earlier.SK, ids); err != nil {
			return err
		}
	}
	err := r.alertAndSaveState(ctx, log, doc, earlier, nil, tasks, state)
	if err == nil {
		doc.awaitPublication(earlier)
	}
	return err
}

// alertAndSaveState sends the alert of a failed run and stores the job's state. A run whose alert cannot be sent still deletes its
// tasks and releases its lease: see Document.AlertError.
func (r Record) alertAndSaveState(
	ctx context.Context, log *slog.Logger, doc *Document, run records.Run, tables []records.Table, tasks []records.Task, state jobState,
) error {
	doc.AlertError = nil
	state.noteRedoDeadline(run.RedoDeadline)
	failed := false
	if run.Outcome != string(verdict.Succeeded) && !run.Alerted {
		if err := r.Alerts.send(ctx, run, tables, tasks); err != nil {
			log.Error("the alert is not sent", "task", "", "reason", err.Error())
			doc.AlertError = &Error{Error: ErrorNotAlerted, Cause: err.Error()}
			return r.writeState(ctx, doc, &state)
		}
		// A repeated call of Record sends no second alert.
		if err := records.MarkAlerted(ctx, r.Records, r.Table, run); err != nil {
			return err
		}
		failed = true
	}
	r.alertRedoDeadline(ctx, log, run, failed, &state)
	state.LastAlert = run.AlertKey
	return r.writeState(ctx, doc, &state)
}

// measureLatency notes in the record how far the task that follows changes is behind its source. It returns up to when the task has
// written the changes of its source; zero if that is not known. A missing metric never blocks the record.
func (r Record) measureLatency(ctx context.Context, log *slog.Logger, doc *Document, tasks []records.Task) (read time.Time) {
	if !doc.Type.Continuous() || len(tasks) == 0 || tasks[0].ARN == "" {
		return read
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	task := &tasks[0]
	latencies, err := dms.Latencies(ctx, r.Metrics, r.InstanceName, []string{task.ARN})
	if err != nil {
		log.Warn("the latency is unknown", "task", task.ID, "reason", err.Error())
		return read
	}
	latency := latencies[task.ARN]
	if !doc.Paused { // A paused task is stopped. CloudWatch may still have its last values.
		task.SourceLatency, task.TargetLatency = latency.Source, latency.Target
	}
	return latency.Written
}
