package oracledb

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Truncate deletes all rows of a table. The redo log holds this as one change, without the rows.
func (d *Database) Truncate(ctx context.Context, t Table) error {
	return d.define(ctx, t, Truncate, "DELETE FROM "+t.quoted())
}

// Drop deletes a table.
func (d *Database) Drop(ctx context.Context, t Table) error {
	return d.define(ctx, t, Drop, "DROP TABLE "+t.quoted())
}

// AddColumn adds a column. The column is written as in CREATE TABLE: `NOTE VARCHAR2(20)`.
func (d *Database) AddColumn(ctx context.Context, t Table, column string) error {
	return d.define(ctx, t, Alter, "ALTER TABLE "+t.quoted()+" ADD COLUMN "+column)
}

// CreateTable makes a table of columns and constraints: `ID NUMBER(10) NOT NULL, PRIMARY KEY (ID)`. The schema must
// exist since Open.
func (d *Database) CreateTable(ctx context.Context, t Table, columns string) error {
	return d.define(ctx, t, Define, "CREATE TABLE "+t.quoted()+" ("+columns+")")
}

func (t Table) quoted() string { return Quote(t.Schema) + "." + Quote(t.Name) }

// define runs a definition statement and records it. The statement commits by itself, as in Oracle.
func (d *Database) define(ctx context.Context, t Table, op Op, statement string) error {
	w := d.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	verb := strings.ToLower(string(op))
	if w.conn == nil {
		return fmt.Errorf("%s %s: %w", verb, t, errClosed)
	}
	if !slices.Contains(d.schemas, t.Schema) {
		return fmt.Errorf("%s %s: %w", verb, t, ErrNoTable)
	}
	var columns []Column
	if op != Define {
		var err error
		if columns, err = w.describe(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", verb, err)
		}
	}
	delete(w.columns, t)
	if err := execute(w.conn, statement); err != nil {
		return fmt.Errorf("%s %s: %w", verb, t, err)
	}
	if op == Alter || op == Define {
		var err error
		if columns, err = w.describe(ctx, t); err != nil {
			return fmt.Errorf("%s: %w", verb, err)
		}
	}
	if op == Drop {
		d.supplemental.forget(t)
	}
	d.log.commit([]Change{{Table: t, Op: op, Columns: columns}}, nil)
	return nil
}

// describe does what Columns does, on the writer's connection. Another connection would read all definitions again
// after each change of them.
func (w *writer) describe(ctx context.Context, t Table) ([]Column, error) {
	rows, err := selectAll(ctx, w.conn, tableInfo, t.Name, t.Schema)
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", t, err)
	}
	return columnsOf(t, rows)
}
