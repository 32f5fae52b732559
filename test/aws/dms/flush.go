package dms

import (
	"context"
	"errors"
	"time"

	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/oracledb"
)

// flush writes the changes that are due, or all changes, and moves the recovery checkpoint of the task. next is the time
// at which more changes are due. It is zero when no changes wait.
func (c *capture) flush(ctx context.Context, all bool) (next time.Time, err error) {
	for _, f := range c.tables {
		due, ready := c.due(f)
		switch {
		case !ready:
			continue
		case all || !due.After(time.Now()):
			if err := c.writeOut(ctx, f); err != nil {
				return next, err
			}
		case next.IsZero() || due.Before(next):
			next = due
		}
	}
	c.locked(func() {
		c.task.checkpoint = c.checkpoint()
		c.oldest = time.Time{}
		for _, f := range c.tables {
			if len(f.waiting) == 0 {
				continue
			}
			if commit := f.waiting[0].changes[0].Commit; c.oldest.IsZero() || commit.Before(c.oldest) {
				c.oldest = commit
			}
		}
	})
	return next, nil
}

// due returns the time at which the waiting changes of a table must be written. ready is false when no changes wait or
// while the table is loaded. due drops all changes of a table that is no longer captured, and changes that the first load
// of the table contains.
func (c *capture) due(f *capturedTable) (at time.Time, ready bool) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	switch {
	case f.stats.held:
		return at, false
	case f.stats.state != tableCompleted:
		f.waiting, f.bytes = nil, 0
	case f.stats.dropLoaded:
		f.stats.dropLoaded = false
		f.dropUpTo(f.stats.loadSCN)
	}
	if f.bytes >= c.bucket.MinFileSize() {
		return time.Now(), true
	}
	return f.first.Add(c.s.clock.Real(c.bucket.BatchInterval())), len(f.waiting) > 0
}

// dropUpTo drops the waiting changes with an SCN up to and including scn.
func (f *capturedTable) dropUpTo(scn int64) {
	var kept []batch
	f.bytes = 0
	for _, b := range f.waiting {
		some := batch{shape: b.shape, emptied: b.emptied}
		for _, change := range b.changes {
			if change.scn > scn {
				some.changes = append(some.changes, change)
				f.bytes += change.Size()
			}
		}
		if len(some.changes) > 0 {
			kept = append(kept, some)
		}
	}
	f.waiting = kept
}

// writeOut writes all waiting changes of a table. It fails with an *earlyEnd when a fault ends the run here.
func (c *capture) writeOut(ctx context.Context, f *capturedTable) error {
	for _, b := range f.waiting {
		err := c.writeBatch(ctx, f, b)
		var rows *suspension
		if errors.As(err, &rows) {
			c.locked(func() { err = c.suspend(f.selected.Table, f.stats, err) })
			f.waiting, f.bytes = nil, 0
			return err
		}
		if err != nil {
			return err
		}
	}
	f.waiting, f.bytes = nil, 0
	if at := c.runFault.CutAfterFile; at > 0 && c.files >= at {
		return &earlyEnd{c.runFault.End}
	}
	return nil
}

func (c *capture) writeBatch(ctx context.Context, f *capturedTable, b batch) error {
	as := b.shape.target
	if b.emptied {
		err := c.bucket.Clear(ctx, as.Schema, as.Name)
		c.locked(func() { f.stats.applied.add(b.changes[0].op, 1) })
		return err
	}
	changes := make([]target.Change, len(b.changes))
	for i, change := range b.changes {
		changes[i] = change.Change
	}
	written, err := c.bucket.WriteChanges(ctx, as, changes, target.ChangeFiles{
		Name: func() time.Time { return c.s.stamp(c.bucket.Location(as.Schema, as.Name)) },
		Bad:  func(err error) error { return c.badRow(f.selected.Table, &f.bads, err) },
	})
	c.reportCut(f.selected.Table, written.Cut)
	c.locked(func() {
		f.stats.target = as.Schema + "/" + as.Name
		f.stats.updated = time.Now()
		for op, n := range written.Rows {
			f.stats.applied.add(oracledb.Op(op), n)
		}
		c.s.write(c.task, targetApply, infoLevel, "Table '%s'.'%s': %d changes written into %d files.",
			f.selected.Table.Schema, f.selected.Table.Name, len(changes), written.Files)
	})
	c.files += written.Files
	return err
}

// stamp returns the time for the name of a new file in a folder: now, in milliseconds, or the next millisecond that no
// file of the folder has.
func (s *Service) stamp(folder string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := time.Now().Truncate(time.Millisecond)
	if last := s.stamps[folder]; !at.After(last) {
		at = last.Add(time.Millisecond)
	}
	s.stamps[folder] = at
	return at
}
