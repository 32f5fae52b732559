package oracledb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// readAhead is about how many bytes of a query's rows are read before the caller asks for them. A query with fewer rows
// frees its connection at once, even if its caller reads them for hours.
const readAhead = 1 << 20

// Rows are the rows of a query. Each is read into a slice of int64, float64, string, []byte or nil.
type Rows struct {
	columns []string
	ahead   []driver.Value // the values of rows that are already read, row after row
	err     error          // what follows those rows; io.EOF if nothing does
	rest    *query         // reads the rows after those; nil when err is set
}

// query is a query with rows left to read.
type query struct {
	pool *pool
	conn conn
	stmt driver.Stmt
	rows driver.Rows
}

func (q *query) close() error {
	if err := errors.Join(q.rows.Close(), q.stmt.Close()); err != nil {
		return errors.Join(err, q.conn.Close())
	}
	return q.pool.give(q.conn)
}

// Select reads rows of the database. The query names tables as SCHEMA.TABLE; args are int64, float64, string or []byte.
// An expression keeps SQLite's type of a value, while a plain DATE or TIMESTAMP column becomes a time.Time: write
// +"COLUMN" to get the stored text.
func (d *Database) Select(ctx context.Context, text string, args ...any) (*Rows, error) {
	end := d.pool.turn()
	defer end()
	q, err := d.query(ctx, text, args)
	if err != nil {
		return nil, err
	}
	r := &Rows{columns: q.rows.Columns()}
	if r.read(q.rows); r.err == nil {
		r.rest = q
		return r, nil
	}
	// Closing a query that failed returns the same error, which Next returns.
	if err := q.close(); err != nil && errors.Is(r.err, io.EOF) {
		return nil, err
	}
	return r, nil
}

// query starts a query.
func (d *Database) query(ctx context.Context, text string, args []any) (*query, error) {
	c := d.pool.take()
	if c == nil {
		var err error
		if c, err = open("file::memory:", d.attach("ro")...); err != nil {
			return nil, err
		}
	}
	stmt, err := c.Prepare(text)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare %s: %w", text, err), d.pool.give(c))
	}
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(ctx, named(args))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("run %s: %w", text, err), stmt.Close(), c.Close())
	}
	return &query{pool: d.pool, conn: c, stmt: stmt, rows: rows}, nil
}

// selectAll reads all rows of a query at once.
func selectAll(ctx context.Context, c conn, text string, args ...any) (*Rows, error) {
	stmt, err := c.Prepare(text)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", text, err)
	}
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(ctx, named(args))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("run %s: %w", text, err), stmt.Close())
	}
	r := &Rows{columns: rows.Columns()}
	for r.err == nil {
		r.read(rows)
	}
	return r, errors.Join(rows.Close(), stmt.Close())
}

// read reads about readAhead bytes of rows.
func (r *Rows) read(rows driver.Rows) {
	row := make([]driver.Value, len(r.columns))
	for size := 0; size < readAhead; {
		if r.err = rows.Next(row); r.err != nil {
			return
		}
		r.ahead = append(r.ahead, row...)
		for _, v := range row {
			size += sizeOf(v)
		}
	}
}

// sizeOf is about how many bytes a value takes in memory.
func sizeOf(v driver.Value) int {
	const header = 32
	switch v := v.(type) {
	case string:
		return header + len(v)
	case []byte:
		return header + len(v)
	default:
		return header
	}
}

func (r *Rows) Columns() []string { return r.columns }

// Next reads a row. It fails with io.EOF after the last row.
func (r *Rows) Next(row []driver.Value) error {
	switch {
	case len(r.ahead) > 0:
		copy(row, r.ahead[:len(r.columns)])
		r.ahead = r.ahead[len(r.columns):]
		return nil
	case r.rest != nil:
		return r.rest.rows.Next(row)
	default:
		return r.err
	}
}

// Close ends the query.
func (r *Rows) Close() error {
	q := r.rest
	r.ahead, r.rest, r.err = nil, nil, errRowsClosed
	if q == nil {
		return nil
	}
	return q.close()
}

var errRowsClosed = errors.New("read a row: the rows are closed")

func named(args []any) []driver.NamedValue {
	values := make([]driver.NamedValue, len(args))
	for i, a := range args {
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return values
}
