package dms

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/oralake/oralake/test/oracledb"
)

// batchRows is the number of rows in a batch.
const batchRows = 512

// reader reads rows into batches and reuses the batches.
type reader struct {
	rows  *oracledb.Rows
	width int
	full  chan []driver.Value
	empty chan []driver.Value
	err   error // valid when full is closed
}

// batches is the number of batches of a reader: those being read, waiting and being written.
const batches = 4

func newReader(rows *oracledb.Rows, width int) *reader {
	r := &reader{rows: rows, width: width, full: make(chan []driver.Value, batches), empty: make(chan []driver.Value, batches)}
	for range batches {
		r.empty <- nil
	}
	return r
}

func (r *reader) read(ctx context.Context) {
	defer close(r.full)
	for {
		var batch []driver.Value
		select {
		case batch = <-r.empty:
		case <-ctx.Done():
			r.err = context.Cause(ctx)
			return
		}
		if batch == nil {
			batch = make([]driver.Value, 0, batchRows*r.width)
		}
		batch, err := r.fill(batch[:0])
		if len(batch) > 0 {
			r.full <- batch // never blocks: full has room for all batches
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.err = err
			return
		}
	}
}

func (r *reader) fill(batch []driver.Value) ([]driver.Value, error) {
	for range batchRows {
		if err := r.rows.Next(batch[len(batch) : len(batch)+r.width]); err != nil {
			return batch, err
		}
		batch = batch[:len(batch)+r.width]
	}
	return batch, nil
}
