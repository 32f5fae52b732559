package oracledb

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Op is the kind of a change.
type Op string

// The kinds of changes, of a row or of a table.
const (
	Insert   Op = "I"
	Update   Op = "U"
	Delete   Op = "D"
	Truncate Op = "TRUNCATE"
	Drop     Op = "DROP"
	Alter    Op = "ALTER" // it added a column
	Define   Op = "CREATE"
)

// Change is an entry of the redo log.
type Change struct {
	// SCN is the change's own system change number. In SCN order, the changes of a transaction follow each other, and
	// transactions have the order of their commits.
	SCN int64
	// Transaction numbers the transactions from 1.
	Transaction int64
	// Began is the SCN at which the transaction began: the START_SCN that GV$TRANSACTION showed while it was open. Its changes
	// have this SCN or higher ones. Other transactions may have committed since.
	Began int64
	// Commit is the time at which the transaction was committed.
	Commit time.Time
	Table  Table
	Op     Op
	// Columns are the columns of the table at the time of the change. An Alter includes the new column. A Drop has the
	// columns before it.
	Columns []Column
	// Values are the whole row, in the order of Columns and as Select returns it: the row after the change or, for a
	// Delete, before it. A change of a table has no values. Of an Update, the redo log may have only some: see Logged.
	Values []driver.Value
	// missing says of each value whether the redo log lacks it; nil when it has all.
	missing []bool
}

// Logged returns the values that the redo log has, in the order of Columns. A value that it lacks is nil, like a NULL.
func (c Change) Logged() []driver.Value {
	if c.missing == nil {
		return c.Values
	}
	values := slices.Clone(c.Values)
	for i, missing := range c.missing {
		if missing {
			values[i] = nil
		}
	}
	return values
}

// Whole reports whether the redo log has the whole row. It has the whole row of an insert and of a delete. Of an update, it
// has the columns that the update changed and those of supplemental logging.
func (c Change) Whole() bool { return c.missing == nil }

// ErrNoLog means that the redo log no longer holds the requested changes.
var ErrNoLog = errors.New("ORA-01291: missing logfile")

// firstSCN is the first SCN of a database.
const firstSCN = 1_000_000

// redoLog holds the changes in memory. Its zero value is an empty log.
type redoLog struct {
	mu           sync.Mutex
	changes      []Change // those that are still available
	used         int64    // the number of SCNs given so far: to changes and to the beginnings of open transactions
	transactions int64
	forgotten    int64       // the last SCN that the log no longer holds
	forgottenAt  time.Time   // the commit time of that SCN
	open         []*OpenTx   // in the order of Begin
	begun        []beginning // of all open transactions so far, in their order
	archiving    Archiving
	deletedUntil time.Time // ForgetBefore has deleted the archived logs until then

	watching sync.Mutex // held while watchers are called
	watchers map[*func()]bool
}

// SCN returns the current system change number. A read that starts after SCN returns sees at least all changes up to
// that number.
func (d *Database) SCN(context.Context) (int64, error) {
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	return firstSCN + d.log.used, nil
}

// SCNAt returns the system change number just before a time: the later changes are those committed at that time or
// after it, and transactions that begin then have higher numbers. It fails with ErrNoLog when the log does not go back to that time.
func (d *Database) SCNAt(_ context.Context, at time.Time) (int64, error) {
	l := &d.log
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deleteExpired(time.Now())
	if l.forgotten > 0 && !at.After(l.forgottenAt) {
		return 0, fmt.Errorf("find the SCN of %s: %w", at.UTC().Format(time.RFC3339), ErrNoLog)
	}
	scn := firstSCN + l.used
	i, _ := slices.BinarySearchFunc(l.changes, at, func(c Change, at time.Time) int { return c.Commit.Compare(at) })
	if i < len(l.changes) {
		scn = l.changes[i].SCN - 1
	}
	i, _ = slices.BinarySearchFunc(l.begun, at, func(b beginning, at time.Time) int { return b.at.Compare(at) })
	if i < len(l.begun) {
		scn = min(scn, l.begun[i].scn-1)
	}
	return scn, nil
}

// Changes reads the log after an SCN. It returns whole transactions until they hold at least limit changes. An empty
// result means that the log has no more changes yet. It fails with ErrNoLog when the log no longer holds changes after
// that SCN.
func (d *Database) Changes(_ context.Context, after int64, limit int) ([]Change, error) {
	l := &d.log
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deleteExpired(time.Now())
	if after < l.forgotten {
		return nil, fmt.Errorf("read the redo log after SCN %d: %w", after, ErrNoLog)
	}
	from, _ := slices.BinarySearchFunc(l.changes, after+1, func(c Change, scn int64) int { return cmp.Compare(c.SCN, scn) })
	to := min(from+limit, len(l.changes))
	for to > from && to < len(l.changes) && l.changes[to].Transaction == l.changes[to-1].Transaction {
		to++
	}
	return l.changes[from:to:to], nil
}

// ForgetBefore deletes the archived logs with the changes before an SCN. If that is after the current SCN, the database first
// switches to another log, so that the current one is archived, too. The new log begins at an SCN of its own.
func (d *Database) ForgetBefore(scn int64) {
	l := &d.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if scn > firstSCN+l.used {
		l.used++
	}
	removed, _ := slices.BinarySearchFunc(l.changes, scn, func(c Change, scn int64) int { return cmp.Compare(c.SCN, scn) })
	if removed == 0 {
		return
	}
	l.forget(removed)
	l.deletedUntil = time.Now()
	if len(l.changes) > 0 {
		l.deletedUntil = l.changes[0].Commit
	}
}

// Watch calls f after each commit that is in the log, on the goroutine that committed. f must return quickly, and must
// call neither the database's Watch method nor stop. After stop has returned, f is not called.
func (d *Database) Watch(f func()) (stop func()) {
	l := &d.log
	l.watching.Lock()
	defer l.watching.Unlock()
	if l.watchers == nil {
		l.watchers = map[*func()]bool{}
	}
	key := &f
	l.watchers[key] = true
	return func() {
		l.watching.Lock()
		defer l.watching.Unlock()
		delete(l.watchers, key)
	}
}

// commit numbers the changes and calls the watchers. tx is the open transaction that ends with this commit; nil if the changes
// are of a transaction that began just now. A transaction without changes adds nothing.
func (l *redoLog) commit(changes []Change, tx *OpenTx) {
	l.mu.Lock()
	began := firstSCN + l.used + 1
	if tx != nil {
		began = tx.startSCN
		l.end(tx)
	}
	if len(changes) > 0 {
		l.transactions++
	}
	now := time.Now()
	for _, c := range changes {
		l.used++
		c.SCN, c.Transaction, c.Began, c.Commit = firstSCN+l.used, l.transactions, began, now
		l.changes = append(l.changes, c)
	}
	l.mu.Unlock()
	if len(changes) == 0 {
		return
	}
	l.watching.Lock()
	defer l.watching.Unlock()
	for f := range l.watchers {
		(*f)()
	}
}
