package target

import (
	"database/sql/driver"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding"
)

// parquetFile is an encoder of Parquet. It keeps one row group in memory.
type parquetFile struct {
	out      *counter
	w        *parquet.GenericWriter[any]
	columns  []Column
	millis   bool
	pad      bool
	maxRows  int
	rows     int
	chunk    [][]parquet.Value // by column
	decimals [][]byte          // buffers of the values of Numeric columns
}

// parquetChunk is the number of rows that are written to a column at once. It is small so that pages end near their
// intended size.
const parquetChunk = 64

func newParquet(out io.Writer, table Table, s *Settings) *parquetFile {
	count := &counter{w: out}
	options := []parquet.WriterOption{
		parquetSchema(table, s),
		parquet.CreatedBy("AWS DMS (embedded)", "", ""),
		parquet.PageBufferSize(or(s.DataPageSize, defaultDataPageSize)),
		parquet.DictionaryMaxBytes(int64(or(s.DictPageSizeLimit, defaultDictPageSize))),
		parquet.DataPageVersion(map[string]int{"parquet-1-0": 1, "parquet-2-0": 2}[s.ParquetVersion]),
	}
	if s.EnableStatistics != nil && !bool(*s.EnableStatistics) {
		for _, c := range table.Columns {
			options = append(options, parquet.SkipPageBounds(c.Name), parquet.SkipPageStatistics(c.Name))
		}
	}
	f := &parquetFile{
		out: count, w: parquet.NewGenericWriter[any](count, options...), columns: table.Columns,
		millis: bool(s.ParquetTimestampInMillisecond), pad: bool(s.AddTrailingPaddingCharacter),
		maxRows:  or(s.RowGroupLength, defaultRowGroupLength),
		chunk:    make([][]parquet.Value, len(table.Columns)),
		decimals: make([][]byte, len(table.Columns)),
	}
	for i, c := range table.Columns {
		f.chunk[i] = make([]parquet.Value, parquetChunk)
		if c.Kind == Numeric {
			f.decimals[i] = make([]byte, parquetChunk*decimalSize)
		}
	}
	return f
}

// orderedGroup is a Parquet group that keeps the column order of the table. parquet.Group sorts columns by name.
type orderedGroup struct {
	parquet.Group
	names []string
}

func (g orderedGroup) Fields() []parquet.Field {
	fields := g.Group.Fields()
	slices.SortFunc(fields, func(a, b parquet.Field) int {
		return slices.Index(g.names, a.Name()) - slices.Index(g.names, b.Name())
	})
	return fields
}

// GoType returns an empty struct. Rows are never written as Go values, and a column name need not be a Go name.
func (g orderedGroup) GoType() reflect.Type { return reflect.TypeFor[struct{}]() }

func parquetSchema(table Table, s *Settings) *parquet.Schema {
	g := orderedGroup{Group: parquet.Group{}}
	var encode encoding.Encoding = &parquet.Plain
	switch s.EncodingType {
	case "rle-dictionary":
		encode = &parquet.RLEDictionary
	case "plain-dictionary":
		encode = &parquet.PlainDictionary
	}
	var codec compress.Codec = &parquet.Uncompressed
	if s.CompressionType == "gzip" {
		codec = &parquet.Gzip
	}
	for _, c := range table.Columns {
		node := parquet.Compressed(parquet.Encoded(parquetNode(c, bool(s.ParquetTimestampInMillisecond)), encode), codec)
		if c.Nullable {
			node = parquet.Optional(node)
		}
		g.Group[c.Name] = node
		g.names = append(g.names, c.Name)
	}
	return parquet.NewSchema("schema", g)
}

func parquetNode(c Column, millis bool) parquet.Node {
	switch c.Kind {
	case Int1:
		return parquet.Int(8)
	case Int2:
		return parquet.Int(16)
	case Int4:
		return parquet.Leaf(parquet.Int32Type)
	case Numeric:
		return decimalNode(c.Scale, c.Precision)
	case Real4:
		return parquet.Leaf(parquet.FloatType)
	case Real8:
		return parquet.Leaf(parquet.DoubleType)
	case DateTime:
		if millis {
			return parquet.Timestamp(parquet.Millisecond)
		}
		return parquet.Timestamp(parquet.Microsecond)
	case Bytes:
		return parquet.Leaf(parquet.ByteArrayType)
	default:
		return parquet.String()
	}
}

// write encodes rows and returns their number. values has the rows one after another. write stops before the file becomes
// larger than limit, in bytes, unless the file is empty.
func (f *parquetFile) write(values []driver.Value, limit int64) (int, error) {
	width := len(f.columns)
	done := 0
	for done*width < len(values) {
		rows := min(parquetChunk, len(values)/width-done)
		before := f.w.Size()
		if f.rows > 0 || f.out.n > 0 {
			if before+chunkBytes(values[done*width:(done+rows)*width]) > limit {
				return done, nil
			}
		}
		for i := range f.columns {
			if err := f.convert(i, values[done*width:(done+rows)*width], rows); err != nil {
				return done, err
			}
		}
		for i, w := range f.w.ColumnWriters() {
			if _, err := w.WriteRowValues(f.chunk[i][:rows]); err != nil {
				return done, err
			}
		}
		done += rows
		f.rows += rows
		if f.rows >= f.maxRows || f.w.Size()-f.out.n >= maxRowGroupBytes {
			if err := f.flush(); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

// chunkBytes estimates the number of bytes that rows add to a file.
func chunkBytes(values []driver.Value) int64 {
	n := int64(0)
	for _, v := range values {
		switch v := v.(type) {
		case string:
			n += int64(len(v)) + 4
		case []byte:
			n += int64(len(v)) + 4
		default:
			n += decimalSize
		}
	}
	return n
}

func (f *parquetFile) flush() error {
	f.rows = 0
	return f.w.Flush()
}

// convert prepares one column of a chunk. All columns are prepared before any is written, so a bad row can be left out.
func (f *parquetFile) convert(i int, values []driver.Value, rows int) error {
	c := &f.columns[i]
	defined := 0
	if c.Nullable {
		defined = 1
	}
	out := f.chunk[i]
	for r := range rows {
		v := values[r*len(f.columns)+i]
		if v == nil {
			if !c.Nullable {
				return &rowError{r, fmt.Errorf("column %s: the source has a null, but declares the column NOT NULL", c.Name)}
			}
			out[r] = parquet.NullValue().Level(0, 0, i)
			continue
		}
		var decimal []byte
		if c.Kind == Numeric {
			decimal = f.decimals[i][r*decimalSize : (r+1)*decimalSize]
		}
		value, err := f.value(c, v, decimal)
		if err != nil {
			return &rowError{r, err}
		}
		out[r] = value.Level(0, defined, i)
	}
	return nil
}

func (f *parquetFile) value(c *Column, v driver.Value, decimal []byte) (parquet.Value, error) {
	switch c.Kind {
	case String, Bytes:
		if _, plain := v.(string); plain && !c.Blank {
			return parquet.ValueOf(v), nil
		}
		s, err := c.text(v, f.pad)
		return parquet.ValueOf(s), err
	case Int1, Int2, Int4:
		n, err := c.integer(v)
		return parquet.Int32Value(int32(n)), err
	case Numeric:
		err := c.decimal(decimal, v)
		return parquet.FixedLenByteArrayValue(decimal), err
	case Real4:
		n, err := c.real(v)
		return parquet.FloatValue(float32(n)), err
	case Real8:
		n, err := c.real(v)
		return parquet.DoubleValue(n), err
	default:
		n, err := c.micros(v)
		if f.millis {
			n = floorDiv(n, 1000)
		}
		return parquet.Int64Value(n), err
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (f *parquetFile) close() error { return f.w.Close() }

func (f *parquetFile) extension() string { return ".parquet" }

// counter counts the bytes that are written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
