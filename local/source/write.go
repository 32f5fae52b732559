package source

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// writer is the one connection that changes a database. It is kept open so that readers need never recover the
// write-ahead log.
type writer struct {
	mu       sync.Mutex // one transaction at a time
	conn     conn
	followed []*followed // by their number in the redo table; nil before the first transaction, and after a definition
}

// followed is a table whose changes are recorded.
type followed struct {
	table   Table
	columns []Column
}

// Tx is a transaction on its way. It is only good inside the function that Write gives it to.
type Tx struct {
	ctx  context.Context
	conn conn
}

// Exec runs an INSERT, UPDATE, DELETE or REPLACE, with or without a WITH before it, on tables named SCHEMA.TABLE; args
// are as for Select.
func (tx *Tx) Exec(query string, args ...any) error {
	if err := tx.ctx.Err(); err != nil {
		return context.Cause(tx.ctx)
	}
	verb, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	if !slices.Contains([]string{"INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"}, strings.ToUpper(verb)) {
		return fmt.Errorf("run %s: want an INSERT, UPDATE, DELETE or REPLACE", query)
	}
	// A statement is short, and interrupting it would cost more than it saves.
	if _, err := tx.conn.ExecContext(context.Background(), query, named(args)); err != nil {
		return fmt.Errorf("run %s: %w", query, err)
	}
	return nil
}

// Write makes one transaction of what f does, over all schemas, and records it in the redo log. When f fails nothing
// has happened. Transactions go one after the other; readers are not in their way, and read what was there when they
// began; f itself must neither write nor define anything but by its Tx. A change of a primary key is recorded as the
// deletion of one row and the insertion of another.
//
// The redo log begins with the first Write after Open, and is in memory.
func (d *Database) Write(ctx context.Context, f func(*Tx) error) error {
	w := d.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := d.follow(ctx); err != nil {
		return fmt.Errorf("write: prepare the redo log: %w", err)
	}
	if err := execute(w.conn, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	err := f(&Tx{ctx: ctx, conn: w.conn})
	if err == nil {
		err = ctx.Err()
	}
	var changes []Change
	if err == nil {
		changes, err = w.recorded()
	}
	if err == nil {
		err = execute(w.conn, "DELETE FROM temp.redo", "COMMIT")
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
	// A REPLACE is then recorded as the deletion of what it replaces.
	return open("file::memory:", append(statements, "PRAGMA recursive_triggers=ON", "PRAGMA temp_store=MEMORY")...)
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

// reconnect gives the writer a fresh connection, which follows no table. Its lock is held.
func (d *Database) reconnect() error {
	if d.writer.conn == nil {
		return errClosed
	}
	fresh, err := d.openWriter()
	if err != nil {
		return err
	}
	old := d.writer.conn
	d.writer.conn, d.writer.followed = fresh, nil
	return old.Close()
}

// follow has the changes of every table recorded, if they are not yet. The writer's lock is held.
func (d *Database) follow(ctx context.Context) error {
	w := d.writer
	if w.conn == nil {
		return errClosed
	}
	if w.followed != nil {
		return nil
	}
	// What was generated is not what it was when it is written to.
	if err := os.Remove(filepath.Join(d.dir, marker)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	tables, err := d.Tables(ctx)
	if err != nil {
		return err
	}
	all, width := make([]*followed, len(tables)), 0
	for i, t := range tables {
		columns, err := d.Columns(ctx, t)
		if err != nil {
			return err
		}
		all[i] = &followed{t, columns}
		width = max(width, len(columns))
	}
	statements := []string{"CREATE TEMP TABLE redo (id INTEGER PRIMARY KEY, tab, op" + places(width) + ")"}
	for i, f := range all {
		statements = append(statements, f.triggers(i)...)
	}
	if err := execute(w.conn, statements...); err != nil {
		return errors.Join(err, d.reconnect()) // with none of the triggers
	}
	w.followed = all
	return nil
}

// places are the columns of the redo table for the values of a row. They have no type, so that they keep a value as it
// is stored.
func places(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ", c%d", i)
	}
	return b.String()
}

// triggers record each change of a table, whose number is i, with the whole row.
func (f *followed) triggers(i int) []string {
	record := func(row string, op Op) string {
		values := fmt.Sprintf("%d, '%s'", i, op)
		for _, c := range f.columns {
			values += ", " + row + "." + Quote(c.Name)
		}
		return "INSERT INTO redo (tab, op" + places(len(f.columns)) + ") VALUES (" + values + ");"
	}
	var moved []string // conditions under which an update changes the key
	for _, c := range f.columns {
		if c.Key > 0 {
			moved = append(moved, "old."+Quote(c.Name)+" IS NOT new."+Quote(c.Name))
		}
	}
	trigger := func(name, when, actions string) string {
		return fmt.Sprintf("CREATE TEMP TRIGGER redo_%s_%d AFTER %s BEGIN %s END", name, i, when, actions)
	}
	on := " ON " + Quote(f.table.Schema) + "." + Quote(f.table.Name)
	kept := ""
	all := []string{
		trigger("insert", "INSERT"+on, record("new", Insert)),
		trigger("delete", "DELETE"+on, record("old", Delete)),
	}
	if len(moved) > 0 {
		key := strings.Join(moved, " OR ")
		kept = " WHEN NOT (" + key + ")"
		all = append(all, trigger("move", "UPDATE"+on+" WHEN "+key, record("old", Delete)+record("new", Insert)))
	}
	return append(all, trigger("update", "UPDATE"+on+kept, record("new", Update)))
}

// recorded are the changes of the transaction on its way.
func (w *writer) recorded() ([]Change, error) {
	stmt, err := w.conn.Prepare("SELECT * FROM temp.redo ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(context.Background(), nil)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	const before = 3 // id, tab, op
	row := make([]driver.Value, len(rows.Columns()))
	var changes []Change
	for {
		if err := rows.Next(row); errors.Is(err, io.EOF) {
			return changes, nil
		} else if err != nil {
			return nil, err
		}
		f := w.followed[row[1].(int64)]
		changes = append(changes, Change{
			Table: f.table, Op: Op(row[2].(string)), Columns: f.columns,
			Values: slices.Clone(row[before : before+len(f.columns)]),
		})
	}
}

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
