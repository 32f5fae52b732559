package dms

import (
	"context"
	"errors"
	"time"

	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/oracledb"
)

// flush writes what has waited long enough, or all of it, and moves the task's recovery checkpoint. It says when there
// is something to write next: the zero time when nothing waits.
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

// due is when what waits for a table has to be written; it is not ready while there is nothing, or the table is being
// loaded. What waits for a table that is no longer captured is dropped, and so is what its first load has anyway.
func (c *capture) due(f *followed) (at time.Time, ready bool) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	switch {
	case f.stats.held:
		return at, false
	case f.stats.state != tableCompleted:
		f.waiting, f.bytes = nil, 0
	case f.stats.trim:
		f.stats.trim = false
		f.dropUpTo(f.stats.since)
	}
	if f.bytes >= c.bucket.MinFileSize() {
		return time.Now(), true
	}
	return f.first.Add(c.s.clock.Real(c.bucket.BatchInterval())), len(f.waiting) > 0
}

// dropUpTo drops what waits with an SCN up to one.
func (f *followed) dropUpTo(scn int64) {
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

// writeOut writes everything that waits for a table. A run that a fault cuts here ends with an *ended.
func (c *capture) writeOut(ctx context.Context, f *followed) error {
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
		return &ended{c.runFault.End}
	}
	return nil
}

func (c *capture) writeBatch(ctx context.Context, f *followed, b batch) error {
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

// stamp is a time to name a file of a folder by: now, to the millisecond, or the next that no file of it has.
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
