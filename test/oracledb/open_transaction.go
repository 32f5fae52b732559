package oracledb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// OpenTx is a transaction that stays open while other transactions commit. Until it ends, GV$TRANSACTION shows it, and nobody
// sees its changes. Its statements run at the commit. So other transactions do not wait for its locks on rows, as they would
// in Oracle. It is used by one goroutine.
type OpenTx struct {
	database   *Database
	statements []statement
	ended      chan struct{}

	startSCN  int64     // START_SCN of GV$TRANSACTION; 0 before the first statement; guarded by the log's lock
	startDate time.Time // START_DATE; guarded by the log's lock
}

// statement is a statement of an OpenTx that has not run yet.
type statement struct {
	text string
	args []any
}

// errEnded is the error of a call on a transaction that has ended.
var errEnded = errors.New("the transaction has ended")

// Begin opens a transaction. End it with Commit or Rollback. Its START_SCN is 0 until the first statement, as that of a
// transaction that has written no redo.
func (d *Database) Begin() *OpenTx {
	tx := &OpenTx{database: d, ended: make(chan struct{}), startDate: time.Now()}
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	d.log.open = append(d.log.open, tx)
	return tx
}

// Exec adds a statement, as Tx.Exec runs it. An error of the statement itself comes with the commit.
func (tx *OpenTx) Exec(query string, args ...any) error {
	if tx.hasEnded() {
		return fmt.Errorf("run %s: %w", query, errEnded)
	}
	tx.statements = append(tx.statements, statement{query, args})
	l := &tx.database.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if tx.startSCN == 0 {
		// The beginning has an SCN of its own, and the SCN of the database goes on.
		tx.startSCN = firstSCN + l.used + 1
		l.used += 2
		l.begun = append(l.begun, beginning{tx.startSCN, time.Now()})
	}
	return nil
}

// Commit runs the statements as one transaction and records it in the redo log. After an error the transaction is rolled
// back.
func (tx *OpenTx) Commit(ctx context.Context) error {
	if tx.hasEnded() {
		return fmt.Errorf("commit: %w", errEnded)
	}
	defer tx.Rollback() // It does nothing after the commit.
	return tx.database.write(ctx, tx, func(w *Tx) error {
		for _, s := range tx.statements {
			if err := w.Exec(s.text, s.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Rollback ends the transaction without its changes. It does nothing if the transaction has ended.
func (tx *OpenTx) Rollback() {
	l := &tx.database.log
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end(tx)
}

// Ended is closed when the transaction has ended.
func (tx *OpenTx) Ended() <-chan struct{} { return tx.ended }

// StartSCN is the transaction's START_SCN: 0 before its first statement.
func (tx *OpenTx) StartSCN() int64 {
	tx.database.log.mu.Lock()
	defer tx.database.log.mu.Unlock()
	return tx.startSCN
}

func (tx *OpenTx) hasEnded() bool {
	select {
	case <-tx.ended:
		return true
	default:
		return false
	}
}

// OpenTransactions returns the transactions that are open now and have written.
func (d *Database) OpenTransactions() (all []*OpenTx) {
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	for _, tx := range d.log.open {
		if tx.startSCN > 0 {
			all = append(all, tx)
		}
	}
	return all
}

// openTransaction is a row of GV$TRANSACTION.
type openTransaction struct {
	StartSCN  int64   `json:"scn"`
	StartDate float64 `json:"date"` // in days: see julianDay
}

// transactionRows returns the rows of GV$TRANSACTION.
func (l *redoLog) transactionRows() []openTransaction {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]openTransaction, len(l.open))
	for i, tx := range l.open {
		all[i] = openTransaction{tx.startSCN, julianDay(tx.startDate)}
	}
	return all
}

// beginning is the first statement of an open transaction.
type beginning struct {
	scn int64
	at  time.Time
}

// end removes a transaction from the open ones. The caller holds the lock.
func (l *redoLog) end(tx *OpenTx) {
	if i := slices.Index(l.open, tx); i >= 0 {
		l.open = slices.Delete(l.open, i, i+1)
		close(tx.ended)
	}
}
