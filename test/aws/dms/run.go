package dms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/oracledb"
)

// The values of StartReplicationTaskType.
const (
	startReplication = "start-replication"
	resumeProcessing = "resume-processing"
	reloadTarget     = "reload-target"
)

// The reasons why a task stopped.
const (
	stopNormal        = "Stop Reason NORMAL"
	stopFullLoadOnly  = "Stop Reason FULL_LOAD_ONLY_FINISHED"
	stopAfterFullLoad = "Stop Reason STOPPED_AFTER_FULL_LOAD"
	stopAfterCached   = "Stop Reason STOPPED_AFTER_CACHED_EVENTS"
)

// errStopped ends a run when StopReplicationTask is called.
var errStopped = errors.New("the task is stopped")

func (s *Service) startTask(_ context.Context, in struct {
	ReplicationTaskArn       string
	StartReplicationTaskType string
	CdcStartPosition         string
	CdcStartTime             *gateway.Time
	CdcStopPosition          string
},
) (taskOutput, error) {
	request := taskRequest{CdcStopPosition: in.CdcStopPosition}
	if err := request.check(); err != nil {
		return taskOutput{}, err
	}
	kind := in.StartReplicationTaskType
	if !slices.Contains([]string{startReplication, resumeProcessing, reloadTarget}, kind) {
		return taskOutput{}, invalidValue("StartReplicationTaskType %q is not one of %s, %s, %s", kind,
			startReplication, resumeProcessing, reloadTarget)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.task(in.ReplicationTaskArn)
	if err != nil {
		return taskOutput{}, err
	}
	shown := strings.ToUpper(strings.ReplaceAll(kind, "-", "_"))
	switch {
	case !t.idle() || t.creationFailed:
		return taskOutput{}, invalidState("Replication Task cannot be started, invalid state")
	case s.instances[t.instance] == nil:
		return taskOutput{}, notFound("Replication Instance %s not found", t.instance)
	case kind == startReplication && t.ran:
		return taskOutput{}, invalidCombination("Start Type : %s, valid only for tasks running for the first time", shown)
	case kind != startReplication && !t.ran:
		return taskOutput{}, invalidCombination("Start Type : %s, not valid for tasks running for the first time", shown)
	case kind == reloadTarget && t.migrationType == cdc:
		return taskOutput{}, invalidCombination("Start Type : %s, not valid for tasks of migration type cdc", shown)
	}
	begin, err := parsePosition(in.CdcStartPosition, in.CdcStartTime, t.migrationType)
	if err != nil {
		return taskOutput{}, err
	}
	if !begin.isZero() && kind != startReplication {
		return taskOutput{}, invalidCombination("CdcStartPosition and CdcStartTime are for %s: a task that was started before "+
			"continues at its recovery checkpoint", startReplication)
	}
	for _, e := range []string{t.source, t.target} {
		if c := s.connections[connectionKey{t.instance, e}]; c == nil || c.status != connectionSuccessful {
			return taskOutput{}, invalidState("Test connection for replication instance %s and endpoint %s should be "+
				"successful for starting the replication task", t.instance, e)
		}
	}
	if i := s.instances[t.instance]; i.status != "available" {
		return taskOutput{}, invalidState("Replication Instance %s is in %s state, not available", i.arn, i.status)
	}
	if !begin.isZero() {
		t.begin = begin
	}
	t.started = time.Now()
	s.launch(t, kind)
	return taskOutput{t.answer(false)}, nil
}

// launch begins a run of a task that is idle. The caller holds the lock.
func (s *Service) launch(t *task, kind string) {
	t.ran, t.stopReason, t.failure = true, "", ""
	ctx, cancel := context.WithCancelCause(s.ctx)
	t.stop = cancel
	t.runs++
	t.fault = s.faults.Run(t.snapshot())
	t.status = statusStarting
	if t.fault.Assessment > 0 {
		t.status = statusTesting
	}
	s.showOdd(t)
	s.notify(TaskStarting, t, Event{Start: kind})
	s.begin(func() {
		defer cancel(nil)
		s.run(ctx, t, kind)
	})
}

func (s *Service) stopTask(_ context.Context, in taskRef) (taskOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.task(in.ReplicationTaskArn)
	if err != nil {
		return taskOutput{}, err
	}
	if t.status != statusRunning {
		return taskOutput{}, invalidState("Replication Task %s is currently not running", t.arn)
	}
	t.stops++
	t.stopFault = s.faults.Stop(t.snapshot())
	t.status, t.odd = statusStopping, "" // The answer has this status (API_StopReplicationTask, Examples).
	s.notify(TaskStopping, t, Event{})
	t.stop(errStopped)
	return taskOutput{t.answer(false)}, nil
}

// showOdd shows the wrong status of a RunFault for its time. The caller holds the lock.
func (s *Service) showOdd(t *task) {
	odd := t.fault.Odd
	if odd.Status == "" {
		return
	}
	s.later(odd.At, func() {
		t.odd = odd.Status
		s.later(odd.For, func() { t.odd = "" })
	})
}

// run does a run of a task, from its start to its end.
func (s *Service) run(ctx context.Context, t *task, kind string) {
	reason, err := s.attempt(ctx, t, kind)
	cause := context.Cause(ctx)
	var early *earlyEnd
	var outside *interruption
	switch {
	case s.ctx.Err() != nil: // the service is closed
	case errors.As(cause, &outside):
		s.interrupted(t, outside)
	case errors.Is(cause, errInstanceLost):
		s.end(t, statusFailed, failureMessage(errInstanceLost))
	case errors.Is(cause, errStopped):
		if s.clock.Sleep(s.ctx, slowed(s.delays.TaskStop, t.stopFault.Slow)) == nil {
			s.end(t, statusStopped, stopNormal)
		}
	case errors.As(err, &early):
		s.end(t, early.status(), early.reason())
	case err != nil:
		s.end(t, statusFailed, failureMessage(err))
	default:
		s.end(t, statusStopped, reason)
	}
}

// attempt does the work of a run and returns the stop reason.
func (s *Service) attempt(ctx context.Context, t *task, kind string) (string, error) {
	if d := t.fault.Assessment; d > 0 {
		if err := s.clock.Sleep(ctx, d); err != nil {
			return "", err
		}
		s.mu.Lock()
		if t.status == statusTesting {
			t.status = statusStarting
		}
		s.mu.Unlock()
	}
	if err := s.clock.Sleep(ctx, slowed(s.delays.TaskStart, t.fault.Slow)); err != nil {
		return "", err
	}
	if t.fault.Fail != "" {
		return "", verbatim(t.fault.Fail)
	}
	l, err := s.prepare(ctx, t, kind)
	if err != nil {
		return "", err
	}
	defer l.fail(nil)
	if err := s.clearFolders(l.ctx, l, kind); err != nil {
		return "", err
	}
	return l.run()
}

// end sets the status of a task at the end of a run. A failed task has its reason in StopReason and LastFailureMessage, as
// in AWS.
func (s *Service) end(t *task, status, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.status, t.stopReason, t.load = status, reason, nil
	t.stats.stop = time.Now()
	if status == statusFailed {
		t.failure = reason
		s.write(t, taskManager, failureLevel, "Task '%s' failed: %s", t.identifier, reason)
	} else {
		s.write(t, taskManager, infoLevel, "Task '%s' stopped: %s", t.identifier, reason)
	}
	s.notify(TaskEnded, t, Event{Reason: reason, Tables: t.tableRuns()})
}

// verbatim is an error with the exact text of AWS.
type verbatim string

func (v verbatim) Error() string { return string(v) }

// errNoTables is the error of DMS when the mappings select no table.
const errNoTables verbatim = "No tables were found at task initialization. Either the selected table(s) or schemas(s) no " +
	"longer exist or no match was found for the table selection pattern(s). If you would like to start a Task that does not " +
	"initially capture any tables, set Task Setting FailOnNoTablesCaptured to false and restart task"

// prepare connects to the source and the target, selects the tables, and sets the status of the task to running.
func (s *Service) prepare(ctx context.Context, t *task, kind string) (*load, error) {
	s.mu.Lock()
	from, to := *s.endpoints[t.source], *s.endpoints[t.target]
	s.mu.Unlock()
	database, err := s.connect(ctx, &from)
	if err != nil {
		return nil, fmt.Errorf("connect to source endpoint %s: %w", from.EndpointIdentifier, err)
	}
	bucket, err := s.bucket(&to)
	if err == nil {
		err = bucket.Check(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to target endpoint %s: %w", to.EndpointIdentifier, err)
	}
	exist, err := database.Tables(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the tables of source endpoint %s: %w", from.EndpointIdentifier, err)
	}
	var views []oracledb.Table
	if from.exposesViews && t.migrationType == fullLoad {
		if views, err = database.Views(ctx); err != nil {
			return nil, fmt.Errorf("list the views of source endpoint %s: %w", from.EndpointIdentifier, err)
		}
	}
	begin, err := s.captureStart(ctx, t, kind, database)
	if err != nil {
		return nil, captureError(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := t.checkLogReader(&from, kind); err != nil {
		return nil, err
	}
	selected := t.mapping.Select(exist, views)
	t.keepTransformations(selected, kind)
	there := slices.ContainsFunc(selected, func(m mapping.Selected) bool { return !m.Missing })
	if !there && t.settings.ErrorBehavior.FailOnNoTablesCaptured {
		return nil, errNoTables
	}
	options := target.Options{
		NumberScale: target.DefaultNumberScale, LOBMax: t.settings.lobMax(),
		Cut:              t.settings.ErrorBehavior.DataTruncationErrorPolicy == logError,
		FailOnTruncation: bool(from.oracle.FailTasksOnLobTruncation),
	}
	if n := from.oracle.NumberDatatypeScale; n != nil {
		options.NumberScale = int(*n)
	}
	l := &load{
		s: s, task: t, mapping: t.mapping, applied: t.applied, settings: t.settings, database: database, bucket: bucket, options: options,
		runFault: t.fault, open: database.OpenTransactions(),
	}
	t.status, t.load = statusRunning, l
	l.ctx, l.fail = context.WithCancelCause(ctx)
	l.tables = s.resetTables(t, selected, kind)
	l.started = t.stats.start
	if t.migrationType != fullLoad {
		l.capture = newCapture(l, selected, begin)
		t.checkpoint, t.began = begin.scn, begin.began
		s.write(t, sourceCapture, infoLevel, "Capturing changes after SCN %d.", begin.scn)
	}
	s.write(t, taskManager, infoLevel, "Task '%s' runs %s with %s: %d tables to load.", t.identifier, t.migrationType, kind,
		len(l.tables))
	for _, table := range t.tables {
		if table.state == tableMissing {
			s.write(t, taskManager, warningLevel, "Table '%s'.'%s' does not exist at the source.", table.table.Schema, table.table.Name)
		}
	}
	s.notify(TaskRunning, t, Event{})
	return l, nil
}

// captureStart returns where a run captures changes: from the recovery checkpoint when the task resumes, otherwise from the
// start position of the task. A resumed run captures the transactions that the first run would have captured.
func (s *Service) captureStart(ctx context.Context, t *task, kind string, database *oracledb.Database) (start, error) {
	s.mu.Lock()
	begin, reached := t.begin, start{t.checkpoint, t.began}
	s.mu.Unlock()
	if kind == resumeProcessing && reached.scn > 0 {
		return reached, nil
	}
	from, err := begin.find(ctx, database)
	if s.unknowns.AfterStart && from.began > 0 {
		from.began++
	}
	return from, err
}
