package oracledb

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// writer is the only connection that changes a database. It stays open so that readers never need to recover the
// write-ahead log.
type writer struct {
	mu      sync.Mutex // one transaction at a time
	conn    conn
	begun   bool               // the redo log has begun
	columns map[Table][]Column // of tables that were written to
	rows    []changedRow       // rows changed by the open transaction
	err     error              // the error of reading such a row
}

// Tx is an open transaction. It is valid only inside the function that Write calls.
type Tx struct {
	ctx    context.Context
	writer *writer
}

// Exec runs an INSERT, UPDATE, DELETE or REPLACE, with an optional WITH clause, on tables named SCHEMA.TABLE; args are
// as in Select. A statement that fails changes nothing. Exec therefore refuses OR FAIL and OR ROLLBACK.
func (tx *Tx) Exec(query string, args ...any) error {
	if err := tx.ctx.Err(); err != nil {
		return context.Cause(tx.ctx)
	}
	verb, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	if !slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"}, strings.ToUpper(verb)) {
		return fmt.Errorf("run %s: want an INSERT, UPDATE, DELETE or REPLACE", query)
	}
	if halfway.MatchString(query) {
		return fmt.Errorf("run %s: OR FAIL and OR ROLLBACK are not allowed: remove them", query)
	}
	w := tx.writer
	before := len(w.rows)
	// The statement ignores ctx: statements are short, and making them interruptible costs more than it saves.
	if _, err := w.conn.ExecContext(context.Background(), query, named(args)); err != nil {
		w.rows = w.rows[:before]
		return fmt.Errorf("run %s: %w", query, err)
	}
	return w.err
}

// halfway matches statements that keep changes from before they failed, or that end the transaction.
var halfway = regexp.MustCompile(`(?i)\b(INSERT|UPDATE)\s+OR\s+(FAIL|ROLLBACK)\b`)

// Write runs f as one transaction over all schemas and records its changes in the redo log. If f fails, nothing is
// changed. Transactions run one after the other. They do not block readers: a reader sees the data as it was when its
// read began. f must write and define only through its Tx. A change of a primary key is recorded as a Delete of one row
// and an Insert of another.
//
// The redo log is in memory and begins with the first Write after Open. In the log, a text ends before its first zero
// byte.
func (d *Database) Write(ctx context.Context, f func(*Tx) error) error { return d.write(ctx, nil, f) }

// write is Write. open is the open transaction that ends with the commit, or nil.
func (d *Database) write(ctx context.Context, open *OpenTx, f func(*Tx) error) error {
	w := d.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := d.beginRedo(); err != nil {
		return fmt.Errorf("write: begin the redo log: %w", err)
	}
	defer w.record()()
	if err := execute(w.conn, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	err := f(&Tx{ctx: ctx, writer: w})
	if err == nil {
		err = ctx.Err()
	}
	var changes []Change
	if err == nil {
		changes, err = d.recorded(ctx)
	}
	if err == nil {
		err = execute(w.conn, "COMMIT")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write: %w", err), execute(w.conn, "ROLLBACK"))
	}
	d.log.commit(changes, open)
	return nil
}

// openWriter connects and sets WAL mode, in which readers and the writer do not block each other.
func (d *Database) openWriter() (conn, error) {
	// A crash may lose the last transactions: synchronous=OFF is acceptable because a crash also loses the redo log.
	statements := append([]string{"PRAGMA busy_timeout=10000"}, d.attach("rw")...)
	for _, schema := range d.schemas {
		statements = append(statements, "PRAGMA "+Quote(schema)+".journal_mode=WAL",
			"PRAGMA "+Quote(schema)+".synchronous=OFF", "SELECT count(*) FROM "+Quote(schema)+".sqlite_schema")
	}
	return open("file::memory:", statements...)
}

// Close closes the idle connections. Reads still work, each with a new connection; writes fail.
func (d *Database) Close() error {
	d.writer.mu.Lock()
	defer d.writer.mu.Unlock()
	d.cleanup.Stop()
	err := d.pool.close()
	if d.writer.conn != nil {
		err = errors.Join(err, d.writer.conn.Close())
		d.writer.conn = nil
	}
	return err
}

// errClosed is the error of a write to a closed database.
var errClosed = errors.New("the database is closed")

// connections are the connections that a database keeps open.
type connections struct {
	writer *writer
	pool   *pool
}

// close closes the connections of a database that is no longer referenced.
func (c connections) close() {
	_ = c.pool.close() // no caller is left to receive the error, here and below
	if c.writer.conn != nil {
		_ = c.writer.conn.Close()
	}
}

// closeWhenCollected makes the runtime close the connections when the database is garbage collected.
func (d *Database) closeWhenCollected() {
	d.cleanup = runtime.AddCleanup(d, connections.close, connections{d.writer, d.pool})
}
