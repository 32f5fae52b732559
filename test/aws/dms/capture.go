package dms

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/oracledb"
)

// capture reads the redo log during one run of a task and writes the changes of the tables of the task.
type capture struct {
	*load
	wakeUp   chan struct{} // has a value when there may be work
	position int64         // SCN up to which the log was read; guarded by the service's lock
	began    int64         // transactions that began before this SCN are not captured
	oldest   time.Time     // first commit that is not written, zero when all are written; guarded by the service's lock
	tables   []*capturedTable
	byName   map[oracledb.Table]*capturedTable
	files    int // number of files written in this run
}

// capturedTable is a table whose changes are captured. Only the goroutine of the capture uses it. stats is guarded by the
// service's lock.
type capturedTable struct {
	selected mapping.Selected
	stats    *tableStats
	initial  []oracledb.Column // columns at the start of the run, when columns added later are ignored; otherwise nil
	shape    *shape            // of the last change that was read
	bads     int               // number of rows that were left out

	waiting []batch
	bytes   int64
	first   time.Time // time at which the first change in waiting was read
}

// batch is a list of changes of a table with the same shape. With emptied, the batch means instead that the table was
// emptied, and changes has the one change that emptied it.
type batch struct {
	shape   *shape
	emptied bool
	changes []waitingChange
}

// waitingChange is a change that was read and is not written yet.
type waitingChange struct {
	target.Change
	op   oracledb.Op
	scn  int64
	base int64 // last SCN before the transaction of the change
}

// readAtOnce is the approximate number of changes that one call reads from the log.
const readAtOnce = 10_000

// errAbandoned ends the capture of a run without writing the changes that wait.
var errAbandoned = errors.New("the capture ends without writing the changes that wait")

// newCapture returns a capture of the tables of a run. The caller holds the lock.
func newCapture(l *load, selected []mapping.Selected, from start) *capture {
	c := &capture{
		load: l, wakeUp: make(chan struct{}, 1), position: from.scn, began: from.began, byName: map[oracledb.Table]*capturedTable{},
	}
	stats := map[oracledb.Table]*tableStats{}
	for _, table := range l.task.tables {
		stats[table.table] = table
	}
	for _, m := range selected {
		if s := stats[m.Table]; s != nil && !m.Missing {
			f := &capturedTable{selected: m, stats: s}
			c.tables, c.byName[m.Table] = append(c.tables, f), f
		}
	}
	return c
}

// wake makes the capture check for work.
func (c *capture) wake() {
	select {
	case c.wakeUp <- struct{}{}:
	default:
	}
}

// run captures changes until ctx ends. When the task was stopped, run then writes the changes that wait. run is idle while
// there are no changes.
func (c *capture) run(ctx context.Context) error {
	defer c.database.Watch(c.wake)()
	if err := c.rememberColumns(ctx); err != nil {
		return err
	}
	for {
		if err := c.read(ctx); err != nil {
			return captureError(err)
		}
		due, err := c.flush(ctx, false)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if c.idle(ctx, due); ctx.Err() == nil {
			continue
		}
		if !errors.Is(context.Cause(ctx), errStopped) {
			return nil
		}
		if _, err := c.flush(c.s.ctx, true); err != nil {
			c.locked(func() {
				c.s.write(c.task, targetApply, failureLevel, "The captured changes could not be written before the stop: %v", err)
			})
			return err
		}
		return nil
	}
}

// idle waits until wake is called, until the time due, or until ctx ends. A zero due means no time limit.
func (c *capture) idle(ctx context.Context, due time.Time) {
	var timer <-chan time.Time
	if !due.IsZero() {
		t := time.NewTimer(time.Until(due))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-c.wakeUp:
	case <-timer:
	case <-ctx.Done():
	}
}

// rememberColumns stores the columns of the tables when the task ignores columns that are added later.
func (c *capture) rememberColumns(ctx context.Context) error {
	if c.settings.ChangeProcessingDdlHandlingPolicy.HandleSourceTableAltered {
		return nil
	}
	for _, f := range c.tables {
		columns, err := c.database.Columns(ctx, f.selected.Table)
		if err != nil && !errors.Is(err, oracledb.ErrNoTable) {
			return err
		}
		f.initial = columns
	}
	return nil
}

// read reads the log to its end.
func (c *capture) read(ctx context.Context) error {
	for ctx.Err() == nil {
		changes, err := c.database.Changes(ctx, c.position, readAtOnce)
		if err != nil || len(changes) == 0 {
			return err
		}
		var stop error
		c.locked(func() {
			base := int64(0)
			for i, change := range changes {
				if i == 0 || change.Transaction != changes[i-1].Transaction {
					base = change.SCN - 1
				}
				if f := c.byName[change.Table]; f != nil && change.Began >= c.began && f.stats.captures(change) && stop == nil {
					stop = c.enqueue(f, change, base)
				}
			}
			if stop == nil {
				c.position = changes[len(changes)-1].SCN
			}
		})
		if stop != nil {
			return stop
		}
	}
	return nil
}

// captures reports whether a change must be written. The table must be loaded or about to be loaded, and the load must not
// contain the change already. The caller holds the lock of the service.
func (t *tableStats) captures(c oracledb.Change) bool {
	return (t.state == tableCompleted || t.held) && c.SCN > t.loadSCN && c.Op != oracledb.Define
}

// enqueue adds a change to the changes that wait for a file. An error fails the task. The caller holds the lock of the
// service.
func (c *capture) enqueue(f *capturedTable, change oracledb.Change, base int64) error {
	if change.Op == oracledb.PartitionDDL {
		if !c.s.silentPartitionDDL {
			f.stats.captured.add(change.Op, 1)
		}
		return nil // DMS does not replicate it (CHAP_Source.Oracle, Limitations).
	}
	f.stats.captured.add(change.Op, 1)
	f.stats.updated = time.Now()
	if err := f.reshape(c, change.Columns); err != nil {
		return c.suspend(f.selected.Table, f.stats, err)
	}
	policy := c.settings.ChangeProcessingDdlHandlingPolicy
	waiting := waitingChange{op: change.Op, scn: change.SCN, base: base}
	switch change.Op {
	case oracledb.Alter:
		if policy.HandleSourceTableAltered {
			f.stats.applied.add(change.Op, 1)
		}
		return nil
	case oracledb.Truncate, oracledb.Drop:
		c.s.write(c.task, sourceCapture, infoLevel, "Table '%s'.'%s': %s at the source.",
			change.Table.Schema, change.Table.Name, change.Op)
		if change.Op == oracledb.Truncate && policy.HandleSourceTableTruncated ||
			change.Op == oracledb.Drop && policy.HandleSourceTableDropped {
			waiting.Commit = change.Commit
			f.add(batch{shape: f.shape, emptied: true}, waiting)
		}
		return nil
	}
	accepted, err := f.selected.Filter.Matches(change.Columns, change.Logged())
	if err != nil {
		return c.suspend(f.selected.Table, f.stats, err)
	}
	if !accepted || !c.bucket.TakesChange(string(change.Op)) {
		return nil
	}
	waiting.Change = f.shape.row(change)
	f.bytes += waiting.Size()
	f.add(batch{shape: f.shape}, waiting)
	return nil
}

// add appends a change to the last batch. It starts the new batch b when the last batch has another shape or is emptied.
func (f *capturedTable) add(b batch, change waitingChange) {
	if len(f.waiting) == 0 {
		f.first = time.Now()
	}
	if n := len(f.waiting); n == 0 || f.waiting[n-1].shape != b.shape || f.waiting[n-1].emptied || b.emptied {
		f.waiting = append(f.waiting, b)
	}
	last := &f.waiting[len(f.waiting)-1]
	last.changes = append(last.changes, change)
}

// reshape updates the shape of the table when its columns changed.
func (f *capturedTable) reshape(c *capture, columns []oracledb.Column) error {
	if f.shape != nil && slices.Equal(f.shape.columns, columns) {
		return nil
	}
	used := columns
	if f.initial != nil {
		used = slices.DeleteFunc(slices.Clone(columns), func(column oracledb.Column) bool {
			return !slices.ContainsFunc(f.initial, func(known oracledb.Column) bool { return known.Name == column.Name })
		})
	}
	changed, err := c.shape(f.selected.Table, used)
	if err != nil {
		return err
	}
	// New columns are always last, so a column has the same index in used and in columns.
	changed.columns = columns
	f.shape = changed
	return nil
}

// checkpoint returns the SCN up to which all changes are written.
func (c *capture) checkpoint() int64 {
	all := c.position
	for _, f := range c.tables {
		if len(f.waiting) > 0 {
			all = min(all, f.waiting[0].changes[0].base)
		}
	}
	return all
}
