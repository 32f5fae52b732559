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

// capture follows the redo log for one run of a task, and writes the changes of its tables.
type capture struct {
	*load
	woken    chan struct{} // there may be something to do
	position int64         // the SCN up to which the log is read; guarded by the service's lock
	oldest   time.Time     // the first commit that is not written, zero when all are; guarded by the service's lock
	tables   []*followed
	byName   map[oracledb.Table]*followed
	files    int // written in this run
}

// followed is a table whose changes are captured. It belongs to the capture's own goroutine, but for its stats.
type followed struct {
	selected mapping.Selected
	stats    *tableStats
	known    []oracledb.Column // when the run began, if columns that are added later do not arrive; otherwise nil
	shape    *shape            // of the last change
	bads     int               // rows that were left out

	waiting []batch
	bytes   int64
	first   time.Time // when the first of what is waiting was read
}

// batch are changes of a table while it had the same columns, or that it was emptied.
type batch struct {
	shape   *shape
	emptied bool
	changes []waitingChange
}

// waitingChange is a change that is not written yet.
type waitingChange struct {
	target.Change
	op   oracledb.Op
	scn  int64
	base int64 // the last SCN before its transaction
}

// readAtOnce is about how many changes are read from the log at once.
const readAtOnce = 10_000

// errAbandoned ends a capture whose run ends without writing what waits.
var errAbandoned = errors.New("the capture is given up")

// newCapture follows the tables of a run from an SCN on. The caller holds the lock.
func newCapture(l *load, selected []mapping.Selected, position int64) *capture {
	c := &capture{load: l, woken: make(chan struct{}, 1), position: position, byName: map[oracledb.Table]*followed{}}
	stats := map[oracledb.Table]*tableStats{}
	for _, table := range l.task.tables {
		stats[table.table] = table
	}
	for _, m := range selected {
		if s := stats[m.Table]; s != nil && !m.Missing {
			f := &followed{selected: m, stats: s}
			c.tables, c.byName[m.Table] = append(c.tables, f), f
		}
	}
	return c
}

// wake has the capture look at what there is to do.
func (c *capture) wake() {
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// run captures changes until ctx ends, and then, if the task was stopped, writes what waits. Nothing goes on while there
// is nothing to capture.
func (c *capture) run(ctx context.Context) error {
	defer c.database.Watch(c.wake)()
	if err := c.know(ctx); err != nil {
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
				c.s.write(c.task, targetApply, failureLevel, "What was captured could not be written before the stop: %v", err)
			})
			return err
		}
		return nil
	}
}

// idle waits for something to do, which there is at due at the latest, unless that is the zero time.
func (c *capture) idle(ctx context.Context, due time.Time) {
	var timer <-chan time.Time
	if !due.IsZero() {
		t := time.NewTimer(time.Until(due))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-c.woken:
	case <-timer:
	case <-ctx.Done():
	}
}

// know learns the columns of the tables if those that are added later must not arrive.
func (c *capture) know(ctx context.Context) error {
	if c.settings.ChangeProcessingDdlHandlingPolicy.HandleSourceTableAltered {
		return nil
	}
	for _, f := range c.tables {
		columns, err := c.database.Columns(ctx, f.selected.Table)
		if err != nil && !errors.Is(err, oracledb.ErrNoTable) {
			return err
		}
		f.known = columns
	}
	return nil
}

// read takes everything from the log that is there.
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
				if f := c.byName[change.Table]; f != nil && f.stats.captures(change) && stop == nil {
					stop = c.take(f, change, base)
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

// captures is whether a change is one for the target: of a table that is loaded, or will be, and that does not have it
// by its load. The service's lock is held.
func (t *tableStats) captures(c oracledb.Change) bool {
	return (t.state == tableCompleted || t.held) && c.SCN > t.since && c.Op != oracledb.Define
}

// take has a change wait for its file. It fails with what fails the task. The service's lock is held.
func (c *capture) take(f *followed, change oracledb.Change, base int64) error {
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
			f.wait(batch{shape: f.shape, emptied: true}, waiting)
		}
		return nil
	}
	taken, err := f.selected.Filter.Matches(change.Columns, change.Values)
	if err != nil {
		return c.suspend(f.selected.Table, f.stats, err)
	}
	if !taken || !c.bucket.TakesChange(string(change.Op)) {
		return nil
	}
	waiting.Change = f.shape.row(change)
	f.bytes += waiting.Size()
	f.wait(batch{shape: f.shape}, waiting)
	return nil
}

// wait adds a change to what is waiting, in a batch as b if the last one is another.
func (f *followed) wait(b batch, change waitingChange) {
	if len(f.waiting) == 0 {
		f.first = time.Now()
	}
	if n := len(f.waiting); n == 0 || f.waiting[n-1].shape != b.shape || f.waiting[n-1].emptied || b.emptied {
		f.waiting = append(f.waiting, b)
	}
	last := &f.waiting[len(f.waiting)-1]
	last.changes = append(last.changes, change)
}

// reshape makes the shape that of these columns.
func (f *followed) reshape(c *capture, columns []oracledb.Column) error {
	if f.shape != nil && slices.Equal(f.shape.columns, columns) {
		return nil
	}
	arrive := columns
	if f.known != nil {
		arrive = slices.DeleteFunc(slices.Clone(columns), func(column oracledb.Column) bool {
			return !slices.ContainsFunc(f.known, func(known oracledb.Column) bool { return known.Name == column.Name })
		})
	}
	made, err := c.shape(f.selected.Table, arrive)
	if err != nil {
		return err
	}
	// Columns are only ever added behind the others, so the places among those that arrive are those among all.
	made.columns = columns
	f.shape = made
	return nil
}

// checkpoint is the SCN up to which everything is written.
func (c *capture) checkpoint() int64 {
	all := c.position
	for _, f := range c.tables {
		if len(f.waiting) > 0 {
			all = min(all, f.waiting[0].changes[0].base)
		}
	}
	return all
}
