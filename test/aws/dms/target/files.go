package target

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// Table is a table of the target.
type Table struct {
	Schema, Name string
	Columns      []Column
}

// Files writes a table, or a segment of a table, into files named LOAD00000001, LOAD00000002 and so on. The first row
// creates the first file, so an empty table has no file.
type Files struct {
	// Bad receives the error of a row that cannot be written. When Bad returns nil, the row is left out. When it returns an
	// error, Write fails with it. When Bad is nil, every bad row makes Write fail.
	Bad func(error) error
	// Cut counts the truncated values, by column.
	Cut map[string]int

	ctx     context.Context
	b       *Bucket
	table   Table
	name    func(number int) string // of a file in the table's folder, without extension
	started time.Time
	limit   int64
	added   int // number of columns that DMS adds before the columns of the table

	limited []int // indexes of the columns whose values may be too long

	number     int
	out        *upload
	file       encoder
	rowsInFile int
	rows       []driver.Value
}

// encoder is an open file.
type encoder interface {
	// write encodes rows until the file would be larger than limit, in bytes, and returns the number of rows. After a
	// *rowError, the file contains neither the bad row nor the rows after it.
	write(values []driver.Value, limit int64) (int, error)
	close() error
	extension() string
}

const (
	opColumn        = "Op"
	opInsert        = "I"
	timestampLayout = "2006-01-02 15:04:05.000000"
)

// NewFiles returns the files of a full load of a table. segment is the number of a segment, from 1, or 0 for a whole
// table. started is the time at which the task started.
func (b *Bucket) NewFiles(ctx context.Context, table Table, segment int, started time.Time) *Files {
	prefix := ""
	if segment > 0 {
		prefix = fmt.Sprintf("SEGMENT%d_", segment)
	}
	var columns []Column
	if b.settings.IncludeOpForFullLoad {
		columns = append(columns, Column{Name: opColumn, Kind: String})
	}
	if b.settings.TimestampColumnName != "" {
		columns = append(columns, Column{Name: b.settings.TimestampColumnName, Kind: String})
	}
	table.Columns = append(columns, table.Columns...)
	f := b.files(ctx, table, func(number int) string { return fmt.Sprintf("%sLOAD%08X", prefix, number) })
	f.started, f.added = started, len(columns)
	return f
}

// files returns the files of a table. name returns the name of each file.
func (b *Bucket) files(ctx context.Context, table Table, name func(number int) string) *Files {
	f := &Files{
		Cut: map[string]int{}, ctx: ctx, b: b, table: table, name: name,
		limit: int64(or(b.settings.MaxFileSize, defaultMaxFileSize)) << 10,
	}
	for i := range f.table.Columns {
		if f.table.Columns[i].limited() {
			f.limited = append(f.limited, i)
		}
	}
	return f
}

// Write adds rows and returns the number of rows written. values has the rows one after another. Write may change values.
func (f *Files) Write(values []driver.Value) (written int, err error) {
	if values, err = f.fit(f.extend(values)); err != nil {
		return 0, err
	}
	width := len(f.table.Columns)
	for len(values) > 0 {
		if f.file == nil {
			f.open()
		}
		n, err := f.file.write(values, f.limit)
		written += n
		f.rowsInFile += n
		values = values[n*width:]
		var row *rowError
		switch {
		case errors.As(err, &row):
			if err := f.bad(row.err); err != nil {
				return written, err
			}
			values = without(values, row.at, width)
		case err != nil:
			return written, err
		case len(values) > 0:
			if err := f.end(); err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

func (f *Files) bad(err error) error {
	if f.Bad == nil {
		return err
	}
	return f.Bad(err)
}

// extend puts the columns that DMS adds before the columns of the table.
func (f *Files) extend(values []driver.Value) []driver.Value {
	if f.added == 0 {
		return values
	}
	at := f.started
	if !f.b.settings.UseTaskStartTimeForFullLoadTimestamp {
		at = time.Now()
	}
	var first []driver.Value
	if f.b.settings.IncludeOpForFullLoad {
		first = append(first, opInsert)
	}
	if f.b.settings.TimestampColumnName != "" {
		first = append(first, at.UTC().Format(timestampLayout))
	}
	width := len(f.table.Columns) - f.added
	f.rows = f.rows[:0]
	for len(values) > 0 {
		f.rows = append(append(f.rows, first...), values[:width]...)
		values = values[width:]
	}
	return f.rows
}

func (f *Files) open() {
	f.number++
	f.rowsInFile = 0
	f.out = f.b.create(f.ctx, "")
	if f.b.settings.DataFormat == "parquet" {
		f.file = newParquet(f.out, f.table, &f.b.settings)
	} else {
		f.file = newCSV(f.out, f.table, &f.b.settings)
	}
	f.out.key = f.b.folder(f.table.Schema, f.table.Name) + f.name(f.number) + f.file.extension()
}

func (f *Files) end() error {
	file := f.file
	f.file = nil
	if err := file.close(); err != nil {
		return errors.Join(err, f.out.abort())
	}
	if err := f.out.close(); err != nil {
		return errors.Join(err, f.out.abort())
	}
	return nil
}

// Close completes the last file. It discards a file without rows, which happens when all rows were bad.
func (f *Files) Close() error {
	switch {
	case f.file == nil:
		return nil
	case f.rowsInFile == 0:
		return f.Abort()
	default:
		return f.end()
	}
}

// Abort discards the open file.
func (f *Files) Abort() error {
	if f.file == nil {
		return nil
	}
	f.file = nil
	return f.out.abort()
}
