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

// writer is the one connection that changes a database. It is kept open so that readers need never recover the
// write-ahead log.
type writer struct {
	mu      sync.Mutex // one transaction at a time
	conn    conn
	begun   bool               // something was written
	columns map[Table][]Column // of tables that were written to
	rows    []changedRow       // of the transaction on its way
	err     error              // of reading one of them
}

// Tx is a transaction on its way. It is only good inside the function that Write gives it to.
type Tx struct {
	ctx    context.Context
	writer *writer
}

// Exec runs an INSERT, UPDATE, DELETE or REPLACE, with or without a WITH before it, on tables named SCHEMA.TABLE; args
// are as for Select. A statement that fails changes nothing, hence OR FAIL and OR ROLLBACK are refused.
func (tx *Tx) Exec(query string, args ...any) error {
	if err := tx.ctx.Err(); err != nil {
		return context.Cause(tx.ctx)
	}
	verb, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	if !slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"}, strings.ToUpper(verb)) {
		return fmt.Errorf("run %s: want an INSERT, UPDATE, DELETE or REPLACE", query)
	}
	if halfway.MatchString(query) {
		return fmt.Errorf("run %s: want no OR FAIL and no OR ROLLBACK", query)
	}
	w := tx.writer
	before := len(w.rows)
	// A statement is short, and interrupting it would cost more than it saves.
	if _, err := w.conn.ExecContext(context.Background(), query, named(args)); err != nil {
		w.rows = w.rows[:before]
		return fmt.Errorf("run %s: %w", query, err)
	}
	return w.err
}

// halfway is in statements that leave what they changed before they failed, or end the transaction.
var halfway = regexp.MustCompile(`(?i)\b(INSERT|UPDATE)\s+OR\s+(FAIL|ROLLBACK)\b`)

// Write makes one transaction of what f does, over all schemas, and records it in the redo log. When f fails nothing
// has happened. Transactions go one after the other; readers are not in their way, and read what was there when they
// began; f itself must neither write nor define anything but by its Tx. A change of a primary key is recorded as the
// deletion of one row and the insertion of another.
//
// The redo log begins with the first Write after Open, and is in memory. In it a text ends before its first zero byte.
func (d *Database) Write(ctx context.Context, f func(*Tx) error) error {
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
	d.log.commit(changes)
	return nil
}

// openWriter connects, and puts the files into WAL mode, in which readers and the writer are not in each other's way.
func (d *Database) openWriter() (conn, error) {
	// A crash may cost the last transactions, as a crash of this process costs the redo log.
	statements := append([]string{"PRAGMA busy_timeout=10000"}, d.attach("rw")...)
	for _, schema := range d.schemas {
		statements = append(statements, "PRAGMA "+Quote(schema)+".journal_mode=WAL",
			"PRAGMA "+Quote(schema)+".synchronous=OFF", "SELECT count(*) FROM "+Quote(schema)+".sqlite_schema")
	}
	return open("file::memory:", statements...)
}

// Close ends the connections that wait. Reading goes on, each time with a new one; nothing can be written any more.
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

// errClosed is what writing to a closed database fails with.
var errClosed = errors.New("the database is closed")

// connections are those that a database keeps.
type connections struct {
	writer *writer
	pool   *pool
}

// close closes the connections of a database that nobody has any more.
func (c connections) close() {
	_ = c.pool.close() // nobody is left to be told, here and below
	if c.writer.conn != nil {
		_ = c.writer.conn.Close()
	}
}

// closeWhenForgotten has the connections closed at the latest when nobody has the database any more.
func (d *Database) closeWhenForgotten() {
	d.cleanup = runtime.AddCleanup(d, connections.close, connections{d.writer, d.pool})
}
