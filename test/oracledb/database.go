// Package oracledb stands in for Oracle databases. A database is a set of SQLite files that hold schemas and tables
// with Oracle's names and declared types. A registry maps host names, services and passwords to databases.
//
// Values are stored as SQLite has them. A NUMBER is an integer or a double, and therefore exact to 15 digits. A RAW or
// BLOB is a blob. A DATE or TIMESTAMP is text: "2006-01-02", "2006-01-02 15:04:05" or with a fraction. A midnight
// always has the short form, so that the order of the text is the order of time.
package oracledb

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// extension of a schema's file: the file SALES.db holds the schema SALES.
const extension = ".db"

// Database is a directory of SQLite files, one for each schema. Any number of goroutines may read at the same time.
type Database struct {
	dir     string
	schemas []string
	pool    *pool
	log     redoLog
	writer  *writer
	cleanup runtime.Cleanup

	// What Oracle's dictionary has besides names and types.
	opened       time.Time
	supplemental supplemental
	gathered     gathered
}

// Open finds the schemas in dir. The directory must be writable: Open sets SQLite's WAL mode, in which readers and the
// writer do not block each other.
func Open(dir string) (*Database, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open source database: %w", err)
	}
	d := &Database{dir: dir, pool: &pool{}, opened: time.Now()}
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), extension); ok && !f.IsDir() {
			d.schemas = append(d.schemas, name)
		}
	}
	if len(d.schemas) == 0 {
		return nil, fmt.Errorf("open source database: %s has no schema: want a file such as SALES%s", dir, extension)
	}
	c, err := d.openWriter()
	if err != nil {
		return nil, fmt.Errorf("open source database %s: %w", dir, err)
	}
	d.writer = &writer{conn: c}
	d.closeWhenCollected()
	return d, nil
}

// Table is a table or a view of a database.
type Table struct {
	Schema, Name string
}

func (t Table) String() string { return t.Schema + "." + t.Name }

// Tables lists all tables, sorted by schema and name.
func (d *Database) Tables(ctx context.Context) ([]Table, error) { return d.list(ctx, "table") }

// Views lists all views, sorted by schema and name. A view has columns and rows like a table, but no key and no redo log. The
// type of a column is that of the table's column which the view shows; a column of an expression has none, and cannot be
// described.
func (d *Database) Views(ctx context.Context) ([]Table, error) { return d.list(ctx, "view") }

// list lists all objects of a kind of SQLite, sorted by schema and name.
func (d *Database) list(ctx context.Context, kind string) ([]Table, error) {
	var tables []Table
	for _, schema := range d.schemas {
		names, err := d.column(ctx, "SELECT name FROM "+Quote(schema)+
			".sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%'", kind)
		if err != nil {
			return nil, fmt.Errorf("list %ss of %s: %w", kind, schema, err)
		}
		for _, name := range names {
			tables = append(tables, Table{schema, name})
		}
	}
	slices.SortFunc(tables, func(a, b Table) int {
		return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Name, b.Name))
	})
	return tables, nil
}

func (d *Database) column(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := d.Select(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	row := make([]driver.Value, 1)
	for {
		if err := rows.Next(row); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, fmt.Sprint(row[0]))
	}
}

// Column is a column of a table.
type Column struct {
	Name string
	Type Type
	// Nullable is false for NOT NULL and for the primary key.
	Nullable bool
	// Key is the column's position in the primary key, from 1. It is 0 for a column outside the key.
	Key int
}

// ErrNoTable means that a table does not exist. Oracle reports this as ORA-00942.
var ErrNoTable = errors.New("ORA-00942: table or view does not exist")

// Columns describes a table in the order of its columns. It fails with ErrNoTable if the table does not exist.
func (d *Database) Columns(ctx context.Context, t Table) ([]Column, error) {
	if !slices.Contains(d.schemas, t.Schema) {
		return nil, fmt.Errorf("describe %s: %w", t, ErrNoTable)
	}
	rows, err := d.Select(ctx, tableInfo, t.Name, t.Schema)
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", t, err)
	}
	return columnsOf(t, rows)
}

const tableInfo = `SELECT name, type, "notnull", pk FROM pragma_table_info(?, ?) ORDER BY cid`

// columnsOf reads the rows of tableInfo and closes them.
func columnsOf(t Table, rows *Rows) ([]Column, error) {
	defer rows.Close()
	var columns []Column
	row := make([]driver.Value, 4)
	for {
		if err := rows.Next(row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("describe %s: %w", t, err)
		}
		declared, _ := row[1].(string)
		notNull, _ := row[2].(int64)
		key, _ := row[3].(int64)
		name := fmt.Sprint(row[0])
		kind, err := ParseType(declared)
		if err != nil {
			return nil, fmt.Errorf("describe %s: column %s: %w", t, name, err)
		}
		columns = append(columns, Column{Name: name, Type: kind, Nullable: notNull == 0 && key == 0, Key: int(key)})
	}
	if len(columns) == 0 {
		return nil, fmt.Errorf("describe %s: %w", t, ErrNoTable)
	}
	return columns, nil
}

// attach returns the first statements of a connection. mode is the mode of SQLite's URIs: ro or rw.
func (d *Database) attach(mode string) []string {
	all := []string{"PRAGMA cache_size=-4096"}
	for _, schema := range d.schemas {
		file := "file:" + filepath.ToSlash(filepath.Join(d.dir, schema+extension)) + "?mode=" + mode
		all = append(all, fmt.Sprintf("ATTACH DATABASE '%s' AS %s", strings.ReplaceAll(file, "'", "''"), Quote(schema)))
	}
	return all
}

// Quote writes a name so that SQL takes it literally.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// conn lists the methods of a driver connection that this package calls.
type conn interface {
	driver.Conn
	driver.ExecerContext
}

func open(dsn string, statements ...string) (conn, error) {
	opened, err := (&sqlite.Driver{}).Open(dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dsn, err)
	}
	c := opened.(conn)
	if err := execute(c, statements...); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func execute(c conn, statements ...string) error {
	for _, s := range statements {
		if _, err := c.ExecContext(context.Background(), s, nil); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}
