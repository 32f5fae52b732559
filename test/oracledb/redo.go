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

// Op is what a change did.
type Op string

// What a change does to a row, or to a table.
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
	// SCN is the change's own system change number. In the order of SCNs the changes of a transaction lie together, and
	// transactions lie in the order in which they were committed.
	SCN int64
	// Transaction numbers the transactions from 1.
	Transaction int64
	// Commit is when the transaction was committed.
	Commit time.Time
	Table  Table
	Op     Op
	// Columns are those of the table when it was changed; of an Alter, with the new one; of a Drop, those that it had.
	Columns []Column
	// Values are the whole row, in the order of Columns and as Select gives it: as it became or, of a Delete, as it was.
	// A change of a table has none.
	Values []driver.Value
}

// ErrNoLog means that the redo log was asked for what it no longer has.
var ErrNoLog = errors.New("ORA-01291: missing logfile")

// firstSCN is where a database begins to count.
const firstSCN = 1_000_000

// redoLog is what was changed, in memory. Its zero value is an empty log.
type redoLog struct {
	mu           sync.Mutex
	changes      []Change // those that are still there
	used         int64    // SCNs
	transactions int64
	forgotten    int64     // the last SCN that is gone
	forgottenAt  time.Time // its commit

	watching sync.Mutex // held while watchers are called
	watchers map[*func()]bool
}

// SCN is the system change number that the database has reached: whoever reads a table from now on sees at least all
// changes up to it.
func (d *Database) SCN(context.Context) (int64, error) {
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	return firstSCN + d.log.used, nil
}

// SCNAt is the number that the database had reached just before a time: the changes after it are those committed at
// that time or later. It fails with ErrNoLog when the log no longer goes back so far.
func (d *Database) SCNAt(_ context.Context, at time.Time) (int64, error) {
	l := &d.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.forgotten > 0 && !at.After(l.forgottenAt) {
		return 0, fmt.Errorf("find the SCN of %s: %w", at.UTC().Format(time.RFC3339), ErrNoLog)
	}
	i, _ := slices.BinarySearchFunc(l.changes, at, func(c Change, at time.Time) int { return c.Commit.Compare(at) })
	if i < len(l.changes) {
		return l.changes[i].SCN - 1, nil
	}
	return firstSCN + l.used, nil
}

// Changes reads the log after an SCN: whole transactions, as many as hold limit changes or the one more that goes over
// it. None means that the log has no more yet. It fails with ErrNoLog when changes after that SCN are gone.
func (d *Database) Changes(_ context.Context, after int64, limit int) ([]Change, error) {
	l := &d.log
	l.mu.Lock()
	defer l.mu.Unlock()
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

// ForgetBefore loses the archived logs with the changes before an SCN.
func (d *Database) ForgetBefore(scn int64) {
	l := &d.log
	l.mu.Lock()
	defer l.mu.Unlock()
	gone, _ := slices.BinarySearchFunc(l.changes, scn, func(c Change, scn int64) int { return cmp.Compare(c.SCN, scn) })
	if gone == 0 {
		return
	}
	l.forgotten, l.forgottenAt = l.changes[gone-1].SCN, l.changes[gone-1].Commit
	l.changes = slices.Clone(l.changes[gone:])
}

// Watch has f called after each commit that is in the log, by the goroutine that committed: f must be quick, and call
// neither the database's Watch nor stop. It is not called any more when stop has returned.
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

// commit gives changes their numbers and tells the watchers. A transaction that changed nothing leaves nothing.
func (l *redoLog) commit(changes []Change) {
	if len(changes) == 0 {
		return
	}
	l.mu.Lock()
	l.transactions++
	now := time.Now()
	for _, c := range changes {
		l.used++
		c.SCN, c.Transaction, c.Commit = firstSCN+l.used, l.transactions, now
		l.changes = append(l.changes, c)
	}
	l.mu.Unlock()
	l.watching.Lock()
	defer l.watching.Unlock()
	for f := range l.watchers {
		(*f)()
	}
}
