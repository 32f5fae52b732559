package dms

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/dms/target"
	"github.com/oralake/oralake/test/oracledb"
)

// segment is a part of a table, read by one subtask.
type segment struct {
	table  *tableLoad
	number int // 0 for a whole table, otherwise from 1
	where  string
	args   []any
}

// load reads and writes the segment at the same time.
func (g *segment) load() error {
	t := g.table
	if err := t.ctx.Err(); err != nil {
		return context.Cause(t.ctx)
	}
	t.locked(func() {
		if t.stats.start.IsZero() {
			t.stats.start = time.Now()
		}
		t.stats.set(t.loading)
	})
	ctx, cancel := context.WithCancelCause(t.ctx)
	defer cancel(nil)
	rows, err := t.database.Select(ctx, g.query(), g.args...)
	if err != nil {
		return err
	}
	r := newReader(rows, len(t.expressions))
	var reading sync.WaitGroup
	reading.Go(func() { r.read(ctx) })
	files := t.bucket.NewFiles(ctx, t.target, g.number, t.started)
	files.Bad = func(err error) error { return t.badRow(t.selected.Table, &t.bads, err) }
	err = g.write(ctx, r, files)
	cancel(err)
	reading.Wait()
	t.reportCut(t.selected.Table, files.Cut)
	err = errors.Join(err, rows.Close())
	if err != nil {
		return errors.Join(err, files.Abort())
	}
	return nil
}

func (g *segment) query() string {
	t := g.table
	q := "SELECT " + strings.Join(t.expressions, ", ") + " FROM " +
		oracledb.Quote(t.selected.Table.Schema) + "." + oracledb.Quote(t.selected.Table.Name)
	if g.where != "" {
		q += " WHERE " + g.where
	}
	return q
}

func (g *segment) write(ctx context.Context, r *reader, files *target.Files) error {
	fault := g.table.fault
	for batch := range r.full {
		if fault.Kind == TableSourceLost {
			batch = batch[:len(batch)/r.width/2*r.width] // half of the rows that were read
		}
		written, err := files.Write(batch)
		g.table.locked(func() {
			g.table.stats.rows += int64(written)
			g.table.stats.updated = time.Now()
		})
		if err != nil {
			return err
		}
		r.empty <- batch
		if fault.Kind != TableFine {
			return g.failAfterRead(ctx, files)
		}
	}
	if r.err != nil {
		return r.err
	}
	if fault.Kind != TableFine {
		return g.failAfterRead(ctx, files)
	}
	if err := g.move(ctx); err != nil {
		return err
	}
	if err := g.delay(ctx); err != nil {
		return err
	}
	return files.Close()
}

// failAfterRead completes the file of the rows that were read and returns the fault of the table.
func (g *segment) failAfterRead(ctx context.Context, files *target.Files) error {
	if err := g.delay(ctx); err != nil {
		return err
	}
	if err := files.Close(); err != nil {
		return err
	}
	return tableFault(g.table.fault.Kind)
}

// delay waits for the time that a fault adds to the table.
func (g *segment) delay(ctx context.Context) error {
	if g.table.fault.Takes <= 0 {
		return nil
	}
	return g.table.s.clock.Sleep(ctx, g.table.fault.Takes)
}
