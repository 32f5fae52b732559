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
	ctx     context.Context
	b       *Bucket
	table   Table
	prefix  string // of the file names
	started time.Time
	limit   int64
	added   int // columns that DMS adds before those of the table

	number int
	out    *upload
	file   encoder
	rows   []driver.Value
}

// encoder is an open file.
type encoder interface {
	// write takes rows until the file would be larger than limit, and says how many it took.
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
	f := &Files{
		ctx: ctx, b: b, started: started,
		limit: int64(or(b.settings.MaxFileSize, defaultMaxFileSize)) << 10,
	}
	if segment > 0 {
		f.prefix = fmt.Sprintf("SEGMENT%d_", segment)
	}
	var columns []Column
	if b.settings.IncludeOpForFullLoad {
		columns = append(columns, Column{Name: opColumn, Kind: String})
	}
	if b.settings.TimestampColumnName != "" {
		columns = append(columns, Column{Name: b.settings.TimestampColumnName, Kind: String})
	}
	f.added = len(columns)
	f.table = table
	f.table.Columns = append(columns, table.Columns...)
	return f
}

// Write adds rows, which lie one after another in values.
func (f *Files) Write(values []driver.Value) error {
	values = f.extend(values)
	width := len(f.table.Columns)
	for len(values) > 0 {
		if f.file == nil {
			f.open()
		}
		n, err := f.file.write(values, f.limit)
		if err != nil {
			return err
		}
		if values = values[n*width:]; len(values) > 0 {
			if err := f.end(); err != nil {
				return err
			}
		}
	}
	return nil
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
	f.out = f.b.create(f.ctx, "")
	if f.b.settings.DataFormat == "parquet" {
		f.file = newParquet(f.out, f.table, &f.b.settings)
	} else {
		f.file = newCSV(f.out, f.table, &f.b.settings)
	}
	f.out.key = fmt.Sprintf("%s%sLOAD%08X%s", f.b.folder(f.table.Schema, f.table.Name), f.prefix, f.number, f.file.extension())
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

// Close completes the last file.
func (f *Files) Close() error {
	if f.file == nil {
		return nil
	}
	return f.end()
}

// Abort gives the open file up.
func (f *Files) Abort() error {
	if f.file == nil {
		return nil
	}
	f.file = nil
	return f.out.abort()
}
