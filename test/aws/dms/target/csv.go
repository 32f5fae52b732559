package target

import (
	"bufio"
	"compress/gzip"
	"database/sql/driver"
	"encoding/hex"
	"io"
	"strconv"
	"strings"
	"time"
)

// csvFile is an encoder of comma-separated values.
type csvFile struct {
	s       *Settings
	null    string
	quote   bool
	columns []Column
	out     *counter
	w       *bufio.Writer
	zip     *gzip.Writer // nil without compression
	size    int64        // bytes before compression
	row     []byte
}

// defaultNull is written for a null when the endpoint has no CsvNullValue.
const defaultNull = "NULL"

func newCSV(out io.Writer, table Table, s *Settings) *csvFile {
	f := &csvFile{s: s, null: defaultNull, quote: s.Rfc4180 == nil || bool(*s.Rfc4180), columns: table.Columns}
	if s.CsvNullValue != nil {
		f.null = *s.CsvNullValue
	}
	f.out = &counter{w: out}
	f.w = bufio.NewWriterSize(f.out, 64<<10)
	if s.CompressionType == "gzip" {
		f.zip = gzip.NewWriter(f.out)
		f.w.Reset(f.zip)
	}
	return f
}

func (f *csvFile) write(values []driver.Value, limit int64) (int, error) {
	width := len(f.columns)
	if f.size == 0 && bool(f.s.AddColumnName) {
		f.row = f.row[:0]
		for i, c := range f.columns {
			f.row = f.text(f.separate(f.row, i), c.Name)
		}
		if err := f.end(); err != nil {
			return 0, err
		}
	}
	for done := 0; done*width < len(values); done++ {
		f.row = f.row[:0]
		for i := range f.columns {
			var err error
			if f.row, err = f.value(f.separate(f.row, i), &f.columns[i], values[done*width+i]); err != nil {
				return done, &rowError{err: err}
			}
		}
		if f.size > 0 && f.size+int64(len(f.row)) > limit {
			return done, nil
		}
		if err := f.end(); err != nil {
			return done, err
		}
	}
	return len(values) / width, nil
}

func (f *csvFile) separate(b []byte, column int) []byte {
	if column == 0 {
		return b
	}
	return append(b, f.s.CsvDelimiter...)
}

func (f *csvFile) end() error {
	f.row = append(f.row, f.s.CsvRowDelimiter...)
	f.size += int64(len(f.row))
	_, err := f.w.Write(f.row)
	return err
}

func (f *csvFile) value(b []byte, c *Column, v driver.Value) ([]byte, error) {
	if v == nil {
		return append(b, f.null...), nil
	}
	switch c.Kind {
	case Int1, Int2, Int4:
		n, err := c.integer(v)
		return strconv.AppendInt(b, n, 10), err
	case Numeric:
		return c.number(b, v)
	case Real4:
		n, err := c.real(v)
		return strconv.AppendFloat(b, n, 'g', -1, 32), err
	case Real8:
		n, err := c.real(v)
		return strconv.AppendFloat(b, n, 'g', -1, 64), err
	case DateTime:
		n, err := c.micros(v)
		return time.UnixMicro(n).UTC().AppendFormat(b, timestampLayout), err
	case Bytes:
		s, err := c.text(v, false)
		return append(b, strings.ToUpper(hex.EncodeToString([]byte(s)))...), err
	default:
		s, err := c.text(v, bool(f.s.AddTrailingPaddingCharacter))
		return f.text(b, s), err
	}
}

// text appends s. It quotes s when a delimiter, a quote or a line break in s would split the value.
func (f *csvFile) text(b []byte, s string) []byte {
	if !f.quote || !strings.ContainsAny(s, "\"\r\n") && !strings.Contains(s, f.s.CsvDelimiter) &&
		!strings.Contains(s, f.s.CsvRowDelimiter) {
		return append(b, s...)
	}
	return append(append(append(b, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
}

func (f *csvFile) close() error {
	if err := f.w.Flush(); err != nil {
		return err
	}
	if f.zip != nil {
		return f.zip.Close()
	}
	return nil
}

func (f *csvFile) extension() string {
	if f.zip != nil {
		return ".csv.gz"
	}
	return ".csv"
}
