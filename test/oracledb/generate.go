package oracledb

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/oralake/oralake/test/oracledb/tpch"
)

// marker is the file that says what a directory holds. It is written last, so a directory without it is not complete.
const marker = "tpch.json"

type generated struct {
	Scale float64          `json:"scale"`
	Rows  map[string]int64 `json:"rows"`
	// Layout is the version of this package's tables and rows. Generate writes a directory of another version again.
	Layout int `json:"layout"`
}

const layout = 2

// generating lets one caller write at a time, so that the next caller finds the finished tables.
var generating sync.Mutex

// tpchSchema owns the TPC-H tables.
const tpchSchema = "SALES"

// Generate writes the TPC-H tables at a scale factor (see [tpch.Rows]) into dir as schema SALES. It returns at once if
// dir already holds them at that scale. It calls progress, unless nil, with a table's row count from time to time and
// when the table is complete.
func Generate(ctx context.Context, dir string, scale float64, progress func(table string, rows int64)) error {
	if scale <= 0 || (scale > 1 && scale != float64(int64(scale))) || scale >= tpch.MaxScale {
		return fmt.Errorf("generate TPC-H: scale %v: want a fraction up to 1, or a whole number below %d", scale, tpch.MaxScale)
	}
	generating.Lock()
	defer generating.Unlock()
	if rows, ok := reusable(dir, scale); ok {
		if progress != nil {
			for _, t := range tpch.Tables {
				progress(t.Name, rows[t.Name])
			}
		}
		return nil
	}
	rows, err := write(ctx, dir, scale, progress)
	if err != nil {
		return fmt.Errorf("generate TPC-H in %s: %w", dir, err)
	}
	b, err := json.Marshal(generated{Scale: scale, Rows: rows, Layout: layout})
	if err != nil {
		return fmt.Errorf("generate TPC-H: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, marker), b, 0o644); err != nil {
		return fmt.Errorf("generate TPC-H: %w", err)
	}
	return nil
}

// reusable reports whether dir holds the tables at scale, and the row count of each.
func reusable(dir string, scale float64) (map[string]int64, bool) {
	b, err := os.ReadFile(filepath.Join(dir, marker))
	if err != nil {
		return nil, false
	}
	var g generated
	if json.Unmarshal(b, &g) != nil || g.Scale != scale || g.Layout != layout {
		return nil, false
	}
	if _, err := os.Stat(filepath.Join(dir, tpchSchema+extension)); err != nil {
		return nil, false
	}
	return g.Rows, true
}

func write(ctx context.Context, dir string, scale float64, progress func(string, int64)) (map[string]int64, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, tpchSchema+extension)
	for _, old := range []string{filepath.Join(dir, marker), path, path + "-journal", path + "-wal", path + "-shm"} {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	// A crash may leave a broken file, but never a broken file with a marker. So this needs no journal and no sync to
	// disk.
	c, err := open("file:"+path+"?mode=rwc", "PRAGMA page_size=16384", "PRAGMA journal_mode=OFF",
		"PRAGMA synchronous=OFF", "PRAGMA locking_mode=EXCLUSIVE", "PRAGMA cache_size=-32768")
	if err != nil {
		return nil, err
	}
	defer c.Close()
	statements := make([]string, 0, len(tpch.Tables)+1)
	for _, t := range tpch.Tables {
		// Without a rowid, SQLite stores the rows in the order of their key, so a range of keys is a range of pages.
		statements = append(statements,
			fmt.Sprintf("CREATE TABLE %s (%s, PRIMARY KEY (%s)) WITHOUT ROWID", t.Name, t.Columns, t.Key))
	}
	if err := execute(c, append(statements, "BEGIN")...); err != nil {
		return nil, err
	}
	in := newInserter(ctx, c, progress)
	err = tpch.Rows(scale, in.insert)
	rows, ended := in.close()
	if err = errors.Join(err, ended); err != nil {
		return nil, err
	}
	if err := execute(c, "COMMIT"); err != nil {
		return nil, err
	}
	return rows, nil
}

// inserter writes rows in batches in its own goroutine, so that making rows and storing them each use a core.
type inserter struct {
	ctx      context.Context
	progress func(string, int64)
	filling  map[string]*batch
	full     chan *batch
	spare    chan *batch
	done     chan struct{}

	rows map[string]int64 // owned by the writing goroutine until done
	err  error
}

// batch is some rows of one table: the parameters of one INSERT.
type batch struct {
	table  string
	values []driver.NamedValue
	rows   int
}

const (
	batchRows    = 64
	progressRows = 100_000
)

func newInserter(ctx context.Context, c conn, progress func(string, int64)) *inserter {
	in := &inserter{
		ctx: ctx, progress: progress, filling: map[string]*batch{}, rows: map[string]int64{},
		full: make(chan *batch, 64), spare: make(chan *batch, 64), done: make(chan struct{}),
	}
	go in.write(c)
	return in
}

// insert adds a row. It fails with the error of an earlier row that could not be written.
func (in *inserter) insert(table string, values ...any) error {
	b := in.filling[table]
	if b == nil {
		select {
		case b = <-in.spare:
		default:
			b = &batch{}
		}
		b.table, b.rows, b.values = table, 0, b.values[:0]
		in.filling[table] = b
	}
	for _, v := range values {
		b.values = append(b.values, driver.NamedValue{Ordinal: len(b.values) + 1, Value: v})
	}
	if b.rows++; b.rows < batchRows {
		return nil
	}
	return in.send(b)
}

func (in *inserter) send(b *batch) error {
	delete(in.filling, b.table)
	select {
	case in.full <- b:
		return nil
	case <-in.done:
		return errStopped
	case <-in.ctx.Done():
		return context.Cause(in.ctx)
	}
}

// errStopped means that writing stopped early. close returns the reason.
var errStopped = errors.New("writing stopped")

// close writes the remaining rows and returns the number of rows of each table.
func (in *inserter) close() (map[string]int64, error) {
	var err error
	for _, b := range in.filling {
		if err = errors.Join(err, in.send(b)); err != nil {
			break
		}
	}
	close(in.full)
	<-in.done
	if in.err != nil {
		return nil, in.err
	}
	return in.rows, err
}

// write stores batches until the last one or the first error.
func (in *inserter) write(c conn) {
	defer close(in.done)
	w := batchWriter{c: c, statements: map[string]driver.Stmt{}}
	defer w.close()
	for b := range in.full {
		if in.err = w.write(b); in.err != nil {
			return
		}
		before := in.rows[b.table]
		in.rows[b.table] += int64(b.rows)
		if in.progress != nil && before/progressRows != in.rows[b.table]/progressRows {
			in.progress(b.table, in.rows[b.table])
		}
		select {
		case in.spare <- b:
		default:
		}
	}
	if in.progress != nil {
		for _, t := range tpch.Tables {
			in.progress(t.Name, in.rows[t.Name])
		}
	}
}

// batchWriter holds a prepared INSERT for each table and number of rows.
type batchWriter struct {
	c          conn
	statements map[string]driver.Stmt
}

func (w *batchWriter) write(b *batch) error {
	columns := len(b.values) / b.rows
	row := "(?" + strings.Repeat(",?", columns-1) + ")"
	text := "INSERT INTO " + b.table + " VALUES " + row + strings.Repeat(","+row, b.rows-1)
	s := w.statements[text]
	if s == nil {
		var err error
		if s, err = w.c.Prepare(text); err != nil {
			return fmt.Errorf("prepare insert into %s: %w", b.table, err)
		}
		w.statements[text] = s
	}
	if _, err := s.(driver.StmtExecContext).ExecContext(context.Background(), b.values); err != nil {
		return fmt.Errorf("insert into %s: %w", b.table, err)
	}
	return nil
}

func (w *batchWriter) close() {
	for _, s := range w.statements {
		_ = s.Close() // the connection is closed next, which also closes s
	}
}
