package target

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// Table is a table as it arrives.
type Table struct {
	Schema, Name string
	Columns      []Column
}

// Files writes a table, or a segment of one, as LOAD00000001, LOAD00000002 and so on. The first file is made with the
// first row, so an empty table leaves none.
type Files struct {
	// Bad decides about a row that cannot be written: nil leaves it out, an error ends the writing. Without a Bad every bad
	// row ends it.
	Bad func(error) error
	// Cut counts the values that were cut, by column.
	Cut map[string]int

	ctx     context.Context
	b       *Bucket
	table   Table
	name    func(number int) string // of a file in the table's folder, without its extension
	started time.Time
	limit   int64
	added   int // columns that DMS adds before those of the table

	limited []int // the columns that may have values that are too long

	number int
	out    *upload
	file   encoder
	inFile int // rows
	rows   []driver.Value
}

// encoder is an open file.
type encoder interface {
	// write takes rows until the file would be larger than limit, and says how many it took. At a *rowError the file is as
	// if that row, and those after it, had not been given.
	write(values []driver.Value, limit int64) (int, error)
	close() error
	extension() string
}

const (
	opColumn        = "Op"
	opInsert        = "I"
	timestampLayout = "2006-01-02 15:04:05.000000"
)

// NewFiles writes a table's files. segment is the number of the part of a table that is loaded in ranges, 0 for a whole
// table; started is when the task started.
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

// files writes rows of a table into files with these names.
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

// Write adds rows, which lie one after another in values, and says how many were written. It may change values.
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
		f.inFile += n
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

// extend puts DMS's own columns before those of the table.
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
	f.inFile = 0
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

// Close completes the last file. One that got no row, since all were bad, is not made.
func (f *Files) Close() error {
	switch {
	case f.file == nil:
		return nil
	case f.inFile == 0:
		return f.Abort()
	default:
		return f.end()
	}
}

// Abort gives the open file up.
func (f *Files) Abort() error {
	if f.file == nil {
		return nil
	}
	f.file = nil
	return f.out.abort()
}
