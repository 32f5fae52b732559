package oracledb

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// changedRow is a row as SQLite reports it when it changes. old is nil for an inserted row, values for a deleted row.
type changedRow struct {
	table       Table
	old, values []driver.Value
}

// beginRedo prepares the database for its first transaction. The caller holds the writer's lock.
func (d *Database) beginRedo() error {
	w := d.writer
	if w.conn == nil {
		return errClosed
	}
	if w.begun {
		return nil
	}
	// After a write the database no longer holds only generated rows: delete the marker.
	if err := os.Remove(filepath.Join(d.dir, marker)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	w.begun = true
	return nil
}

// record makes SQLite report each row that changes, until end is called. Unlike a trigger, the hook costs nothing per
// table.
func (w *writer) record() (end func()) {
	w.rows, w.err = nil, nil
	hooks := w.conn.(sqlite.HookRegisterer)
	hooks.RegisterPreUpdateHook(w.changes)
	return func() {
		hooks.RegisterPreUpdateHook(nil)
		w.rows = nil
	}
}

// changes keeps a changed row. It must not use the connection, because a statement is running on it.
func (w *writer) changes(row sqlite.SQLitePreUpdateData) {
	c := changedRow{table: Table{row.DatabaseName, row.TableName}}
	read := func(all func(...any) error) []driver.Value {
		values := make([]any, row.Count())
		w.err = errors.Join(w.err, all(values...))
		out := make([]driver.Value, len(values))
		for i, v := range values {
			out[i] = v
		}
		return out
	}
	if row.Op != opInsert {
		c.old = read(row.Old)
	}
	if row.Op != opDelete {
		c.values = read(row.New)
	}
	w.rows = append(w.rows, c)
}

// SQLite's codes for the kinds of row changes.
const (
	opDelete = 9
	opInsert = 18
)

// recorded returns the changes of the open transaction.
func (d *Database) recorded(ctx context.Context) ([]Change, error) {
	if err := d.writer.err; err != nil {
		return nil, err
	}
	var all []Change
	for _, row := range d.writer.rows {
		columns, err := d.columnsWritten(ctx, row.table)
		if err != nil {
			return nil, err
		}
		change := func(op Op, values []driver.Value, missing []bool) {
			all = append(all, Change{Table: row.table, Op: op, Columns: columns, Values: asRead(columns, values), missing: missing})
		}
		switch {
		case row.old == nil:
			change(Insert, row.values, nil)
			continue
		case row.values == nil:
			change(Delete, row.old, nil)
			continue
		}
		missing := missingOf(row, columns, d.supplemental.logged(row.table, columns))
		switch isMoved := moved(columns, row); {
		case isMoved && missing == nil:
			change(Delete, row.old, nil)
			change(Insert, row.values, nil)
		case isMoved: // not an insert, which always has the whole row
			change(Delete, row.old, missing)
			change(Update, row.values, missing)
		default:
			change(Update, row.values, missing)
		}
	}
	return all, nil
}

// missingOf returns which values of an updated row the redo log lacks; nil when it has all.
func missingOf(row changedRow, columns []Column, logged loggedColumns) []bool {
	if logged == logsAll {
		return nil
	}
	missing, some := make([]bool, len(columns)), false
	for i, c := range columns {
		missing[i] = same(row.old[i], row.values[i]) && (logged == logsChanged || c.Key == 0)
		some = some || missing[i]
	}
	if !some {
		return nil
	}
	return missing
}

// columnsWritten returns the columns of a table that is written to.
func (d *Database) columnsWritten(ctx context.Context, t Table) ([]Column, error) {
	w := d.writer
	if columns, known := w.columns[t]; known {
		return columns, nil
	}
	columns, err := d.Columns(ctx, t)
	if err != nil {
		return nil, err
	}
	if w.columns == nil {
		w.columns = map[Table][]Column{}
	}
	w.columns[t] = columns
	return columns, nil
}

// asRead converts the values of a row to those that Select returns. SQLite stores a whole number in a floating-point
// column as an integer, and reads it as a float.
func asRead(columns []Column, values []driver.Value) []driver.Value {
	for i, c := range columns {
		if n, whole := values[i].(int64); whole && c.Type.Float() {
			values[i] = float64(n)
		}
	}
	return values
}

// moved reports whether an update changes the primary key.
func moved(columns []Column, row changedRow) bool {
	for i, c := range columns {
		if c.Key > 0 && !same(row.old[i], row.values[i]) {
			return true
		}
	}
	return false
}

func same(a, b driver.Value) bool {
	x, isBytes := a.([]byte)
	y, areBytes := b.([]byte)
	if isBytes || areBytes {
		return isBytes && areBytes && bytes.Equal(x, y)
	}
	return a == b
}
