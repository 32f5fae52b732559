package dms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/local/dms/mapping"
	"github.com/oralake/oralake/local/dms/target"
	"github.com/oralake/oralake/local/gateway"
	"github.com/oralake/oralake/local/source"
)

// The ways to start a task.
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

// errStopped ends a run that StopReplicationTask was called for.
var errStopped = errors.New("the task is stopped")

func (s *Service) startTask(_ context.Context, in struct {
	ReplicationTaskArn       string
	StartReplicationTaskType string
	CdcStartPosition         string
	CdcStartTime             *gateway.Time
	CdcStopPosition          string
},
) (taskOutput, error) {
	request := taskRequest{
		CdcStartPosition: in.CdcStartPosition, CdcStartTime: in.CdcStartTime, CdcStopPosition: in.CdcStopPosition,
	}
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
	case !t.idle():
		return taskOutput{}, invalidState("Replication Task cannot be started, invalid state")
	case kind == startReplication && t.ran:
		return taskOutput{}, invalidCombination("Start Type : %s, valid only for tasks running for the first time", shown)
	case kind != startReplication && !t.ran:
		return taskOutput{}, invalidCombination("Start Type : %s, not valid for tasks running for the first time", shown)
	}
	for _, e := range []string{t.source, t.target} {
		if c := s.connections[connectionKey{t.instance, e}]; c == nil || c.status != connectionSuccessful {
			return taskOutput{}, invalidState("Test connection for replication instance %s and endpoint %s should be "+
				"successful for starting the replication task", t.instance, e)
		}
	}
	t.status, t.started, t.ran = statusStarting, time.Now(), true
	t.stopReason, t.failure = "", ""
	ctx, cancel := context.WithCancelCause(s.ctx)
	t.stop = cancel
	s.begin(func() {
		defer cancel(nil)
		s.run(ctx, t, kind)
	})
	return taskOutput{t.answer(false)}, nil
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
	t.status = statusStopping
	t.stop(errStopped)
	return taskOutput{t.answer(false)}, nil
}

// run is the life of a task from starting to its end.
func (s *Service) run(ctx context.Context, t *task, kind string) {
	if s.clock.Sleep(ctx, s.delays.TaskStart) != nil {
		return // closed
	}
	l, err := s.prepare(ctx, t, kind)
	if err != nil {
		s.end(t, statusFailed, failureMessage(err))
		return
	}
	reason, err := l.run(ctx)
	switch {
	case s.ctx.Err() != nil: // closed
	case errors.Is(context.Cause(ctx), errStopped):
		if s.clock.Sleep(s.ctx, s.delays.TaskStop) == nil {
			s.end(t, statusStopped, stopNormal)
		}
	case err != nil:
		s.end(t, statusFailed, failureMessage(err))
	default:
		s.end(t, statusStopped, reason)
	}
}

// end puts a task to rest. A failed task gives its reason twice, as in AWS.
func (s *Service) end(t *task, status, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.status, t.stopReason = status, reason
	t.stats.stop = time.Now()
	if status == statusFailed {
		t.failure = reason
		s.log.Error("replication task failed", "task", t.identifier, "reason", reason)
	}
}

// verbatim is an error in AWS's own words.
type verbatim string

func (v verbatim) Error() string { return string(v) }

// errNoTables is what DMS says when a task has nothing to do.
const errNoTables verbatim = "No tables were found at task initialization. Either the selected table(s) or schemas(s) no " +
	"longer exist or no match was found for the table selection pattern(s). If you would like to start a Task that does not " +
	"initially capture any tables, set Task Setting FailOnNoTablesCaptured to false and restart task"

// prepare connects both ends, finds the tables, and has the task running.
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
	s.mu.Lock()
	defer s.mu.Unlock()
	selected := t.mapping.Select(exist)
	there := slices.ContainsFunc(selected, func(m mapping.Selected) bool { return !m.Missing })
	if !there && t.settings.ErrorBehavior.FailOnNoTablesCaptured {
		return nil, errNoTables
	}
	options := target.Options{
		NumberScale: target.DefaultNumberScale, LOBMax: t.settings.lobMax(),
		FailOnTruncation: bool(from.oracle.FailTasksOnLobTruncation),
	}
	if n := from.oracle.NumberDatatypeScale; n != nil {
		options.NumberScale = int(*n)
	}
	l := &load{
		s: s, task: t, mapping: t.mapping, settings: t.settings, database: database, bucket: bucket, options: options,
	}
	t.status = statusRunning
	l.tables = t.begin(selected, kind)
	l.started = t.stats.start
	return l, nil
}

// begin resets the statistics for a run and returns the tables to load. The caller holds the lock.
func (t *task) begin(selected []mapping.Selected, kind string) []pending {
	now := time.Now()
	if kind != resumeProcessing {
		t.stats.freshStart = now
	}
	t.stats.start, t.stats.stop = now, time.Time{}
	before := map[source.Table]*tableStats{}
	if kind == resumeProcessing {
		for _, table := range t.tables {
			before[table.table] = table
		}
	}
	t.tables = nil
	var all []pending
	for _, m := range selected {
		if old := before[m.Table]; old != nil && old.state == tableCompleted && !m.Missing {
			t.tables = append(t.tables, old)
			continue
		}
		table := &tableStats{table: m.Table, reloaded: kind == reloadTarget}
		t.tables = append(t.tables, table)
		switch {
		case m.Missing:
			table.set(tableMissing)
		case t.migrationType == cdc:
			table.set(tableCompleted)
		default:
			table.set(tableBefore)
			all = append(all, pending{m, table})
		}
	}
	return all
}
