package dms

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/oracledb"
)

// load is one run of a task: its full load and its capture of changes.
type load struct {
	s        *Service
	task     *task
	mapping  *mapping.Mapping
	applied  map[oracledb.Table]*mapping.Mapping // see task.applied
	settings taskSettings
	database *oracledb.Database
	bucket   *target.Bucket
	options  target.Options
	started  time.Time
	tables   []pending
	runFault RunFault
	capture  *capture // nil when the task captures no changes

	open []*oracledb.OpenTx // the transactions that were open when the run began

	ctx     context.Context // of the run
	fail    context.CancelCauseFunc
	reloads sync.WaitGroup
	ended   bool // no more reloads are accepted; guarded by the service's lock
}

// pending is a table to load.
type pending struct {
	selected mapping.Selected
	stats    *tableStats
	fault    TableFault
	loading  string // state of the table while it is loaded
}

// run loads the tables. If the task captures changes, run continues until ctx ends. It returns the stop reason.
func (l *load) run() (string, error) {
	captured, endCapture := context.WithCancelCause(l.ctx)
	var capturing sync.WaitGroup
	if l.capture != nil {
		capturing.Go(func() {
			if err := l.capture.run(captured); err != nil {
				l.fail(err)
			}
		})
	}
	reason, err := l.phases(func(cause error) {
		endCapture(cause)
		capturing.Wait()
	})
	endCapture(errAbandoned)
	capturing.Wait()
	l.locked(func() { l.ended = true })
	l.fail(errAbandoned)
	l.reloads.Wait()
	return reason, err
}

// phases does the full load and then waits for the end of the run. endCapture ends the concurrent capture. With the cause
// errStopped, the capture first writes the changes that wait.
func (l *load) phases(endCapture func(cause error)) (string, error) {
	if l.task.migrationType != cdc {
		if err := l.fullLoad(); err != nil {
			return "", err
		}
	}
	if l.runFault.Hang {
		endCapture(errAbandoned)
		<-l.ctx.Done()
		return "", context.Cause(l.ctx)
	}
	if end := l.runFault.End; end != (End{}) && l.runFault.CutAfterFile == 0 {
		if err := l.wait(end.After); err != nil {
			return "", err
		}
		return "", &earlyEnd{end}
	}
	cached := l.settings.FullLoadSettings
	switch {
	case l.task.migrationType == fullLoad:
		return stopFullLoadOnly, l.wait(l.s.delays.TaskFinish)
	case l.task.migrationType == fullLoadAndCDC && cached.StopTaskCachedChangesNotApplied:
		endCapture(errAbandoned)
		return stopAfterFullLoad, l.wait(l.s.delays.TaskFinish)
	case l.task.migrationType == fullLoadAndCDC && cached.StopTaskCachedChangesApplied:
		endCapture(errStopped)
		return stopAfterCached, l.wait(l.s.delays.TaskFinish)
	}
	<-l.ctx.Done()
	return "", context.Cause(l.ctx)
}

// wait waits for d on the clock. It fails with the cause when the run ends first.
func (l *load) wait(d time.Duration) error {
	if l.s.clock.Sleep(l.ctx, d) != nil {
		return context.Cause(l.ctx)
	}
	return nil
}

// fullLoad loads the tables of the run. An error fails the whole task.
func (l *load) fullLoad() error {
	if err := l.awaitTransactions(); err != nil {
		return err
	}
	l.locked(func() { l.task.stats.loadStart, l.task.stats.loadFinish = time.Now(), time.Time{} })
	tables, all := l.runFault.limit(l.tables)
	if err := l.loadTables(l.ctx, tables); err != nil {
		return err
	}
	if all {
		l.locked(func() { l.task.stats.loadFinish = time.Now() })
	}
	return nil
}

// loadTables loads tables in parallel, with MaxFullLoadSubTasks subtasks. An error fails the whole task.
func (l *load) loadTables(ctx context.Context, tables []pending) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	segments := make(chan *segment)
	var workers sync.WaitGroup
	for range l.settings.FullLoadSettings.MaxFullLoadSubTasks {
		workers.Go(func() {
			for g := range segments {
				g.table.done(g.load(), fail)
			}
		})
	}
	for _, p := range tables {
		l.feed(ctx, p, segments, fail)
	}
	close(segments)
	workers.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// feed prepares a table and sends its segments to the subtasks.
func (l *load) feed(ctx context.Context, p pending, segments chan<- *segment, fail context.CancelCauseFunc) {
	if ctx.Err() != nil {
		return
	}
	t := &tableLoad{load: l, pending: p, run: ctx}
	t.ctx, t.cancel = context.WithCancelCause(ctx)
	all, err := t.prepare()
	if err != nil {
		t.left = 1
		t.done(err, fail)
		return
	}
	t.left = len(all)
	for i := range all {
		select {
		case segments <- &all[i]:
		case <-ctx.Done():
			t.done(context.Cause(ctx), fail)
		}
	}
}

func (l *load) locked(f func()) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	f()
}

// tableLoad is the load of one table, in one or more segments.
type tableLoad struct {
	*load
	pending
	run    context.Context // of the task
	ctx    context.Context // of the table; it ends when a segment fails
	cancel context.CancelCauseFunc

	target      target.Table
	expressions []string // SQL expressions to read
	segments    int      // number of segments of the table

	// The service's lock guards these:
	left  int   // number of segments that are not done
	error error // of the first segment that failed
	bads  int   // number of rows that were left out
}

// prepare reads the columns of the table, clears its folder at the target, and splits it into segments.
func (t *tableLoad) prepare() ([]segment, error) {
	table := t.selected.Table
	columns, err := t.database.Columns(t.ctx, table)
	if err != nil {
		return nil, err
	}
	as, err := t.shape(table, columns)
	if err != nil {
		return nil, err
	}
	t.target, t.expressions = as.target, as.expressions(t.started)
	filter, args, err := t.selected.Filter.Where(columns)
	if err != nil {
		return nil, err
	}
	parts, err := t.mapping.Settings(table).Segments(columns)
	if err != nil {
		return nil, err
	}
	scn, err := t.database.SCN(t.ctx) // must be read before the first row
	if err != nil {
		return nil, err
	}
	t.locked(func() {
		t.stats.target = t.target.Schema + "/" + t.target.Name
		t.stats.loadSCN, t.stats.dropLoaded = scn, t.loading == tableLoading
	})
	if t.settings.FullLoadSettings.TargetTablePrepMode != "DO_NOTHING" {
		if err := t.bucket.Clear(t.ctx, t.target.Schema, t.target.Name); err != nil {
			return nil, err
		}
	}
	segments := make([]segment, len(parts))
	t.segments = len(parts)
	for i, part := range parts {
		segments[i] = segment{table: t, args: append(append([]any{}, args...), part.Args...)}
		if len(parts) > 1 {
			segments[i].number = i + 1
		}
		segments[i].where = and(filter, part.Where)
	}
	return segments, nil
}

// and joins two SQL conditions, either of which may be empty.
func and(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	default:
		return "(" + a + ") AND (" + b + ")"
	}
}

// done records the end of a segment. The last segment ends the table. fail ends the whole run.
func (t *tableLoad) done(err error, fail context.CancelCauseFunc) {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	if err != nil && t.error == nil {
		t.error = err
		t.cancel(err)
	}
	if t.left--; t.left > 0 {
		return
	}
	t.cancel(nil)
	stopped := t.run.Err() != nil
	if stopped && t.stats.start.IsZero() {
		return // the state is still "Before load"
	}
	t.stats.end = time.Now()
	var fault tableFault
	switch {
	case stopped:
		t.stats.set(tableCancelled)
	case t.error == nil:
		t.stats.complete = true
		t.stats.set(tableCompleted)
		t.stats.held = false
		if t.capture != nil {
			t.capture.wake()
		}
		t.s.write(t.task, taskManager, infoLevel, "Loading finished for table '%s'.'%s'. %d records transferred, %d left out.",
			t.selected.Table.Schema, t.selected.Table.Name, t.stats.rows, t.bads)
	case errors.As(t.error, &fault) && fault.state() != tableError:
		if state := fault.state(); state == "" {
			t.stats.end = time.Time{}
		} else {
			t.stats.set(state)
			t.stats.held, t.stats.lost = false, state == tableCompleted
			if t.capture != nil {
				t.capture.wake()
			}
		}
	default:
		if err := t.suspend(t.selected.Table, t.stats, t.error); err != nil {
			fail(err)
		}
	}
}
