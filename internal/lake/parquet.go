package lake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Decimal is a number as text, without an exponent and without unnecessary zeros: "-12.5", "0", "300".
type Decimal string

// record is a row of a file.
type record struct {
	values  []any // the values of the source's columns
	headers [headers]string
}

// header is a column that DMS adds.
type header int

const (
	headerOp header = iota
	headerSequence
	headerSCN
	headerTime
	headers int = iota
)

// file is an open Parquet file.
type file struct {
	parquet *parquet.File
	columns []string // the columns of the source
	times   []bool   // which of them are timestamps
	read    []column // all columns, in the order of the file
}

type column struct {
	name   string
	header header // -1 for a column of the source
	value  func(parquet.Value) any
}

// openFile opens a file in memory. added names the columns that are headers.
func openFile(body []byte, added map[string]header) (*file, error) {
	// The indexes are for finding single rows. Here all rows are read.
	p, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)),
		parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	f := &file{parquet: p}
	for _, field := range p.Root().Columns() {
		c := column{name: field.Name(), header: -1}
		if c.value, err = converter(field); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.name, err)
		}
		if h, ok := added[c.name]; ok && c.name != "" {
			c.header = h
		} else {
			f.columns, f.times = append(f.columns, c.name), append(f.times, isTimestamp(field))
		}
		f.read = append(f.read, c)
	}
	return f, nil
}

// rowsAtOnce is the largest number of rows that are read together.
const rowsAtOnce = 256

// each calls take for every row. take may keep the values.
func (f *file) each(take func(record) error) error {
	n := 0
	for _, group := range f.parquet.RowGroups() {
		if err := f.eachOf(group, func(r record) error {
			n++
			if err := take(r); err != nil {
				return fmt.Errorf("row %d: %w", n, err)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

func (f *file) eachOf(group parquet.RowGroup, take func(record) error) (err error) {
	rows := group.Rows()
	defer func() { err = errors.Join(err, rows.Close()) }()
	buffer := make([]parquet.Row, max(1, min(rowsAtOnce, group.NumRows())))
	for {
		n, err := rows.ReadRows(buffer)
		for _, row := range buffer[:n] {
			r, err := f.record(row)
			if err != nil {
				return err
			}
			if err := take(r); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// record converts a row. Its values are in the order of the columns, because no column is nested.
func (f *file) record(row parquet.Row) (record, error) {
	r := record{values: make([]any, 0, len(f.columns))}
	for i, c := range f.read {
		var v any
		if !row[i].IsNull() {
			v = c.value(row[i])
		}
		if c.header < 0 {
			r.values = append(r.values, v)
			continue
		}
		switch v := v.(type) {
		case nil:
		case string:
			r.headers[c.header] = v
		case time.Time:
			r.headers[c.header] = v.Format("2006-01-02 15:04:05.000000") // the form that DMS uses for text
		default:
			return r, fmt.Errorf("column %s, which DMS adds as text, has %T %v", c.name, v, v)
		}
	}
	return r, nil
}

// isTimestamp reports whether the values of a column are timestamps.
func isTimestamp(c *parquet.Column) bool {
	logical := c.Type().LogicalType()
	if logical == nil {
		return false
	}
	_, is := logical.Value.(*format.TimestampType)
	return is
}

// converter returns a function that converts a column's values, except null, into Go values.
func converter(c *parquet.Column) (func(parquet.Value) any, error) {
	if !c.Leaf() || c.Repeated() {
		return nil, errors.New("it is nested, and DMS never writes nested columns")
	}
	kind := c.Type().Kind()
	if logical := c.Type().LogicalType(); logical != nil && logical.Value != nil {
		switch t := logical.Value.(type) {
		case *format.DecimalType:
			return decimals(kind, int(t.Scale)), nil
		case *format.TimestampType:
			unit := map[string]time.Duration{
				"MILLIS": time.Millisecond, "MICROS": time.Microsecond, "NANOS": time.Nanosecond,
			}[t.Unit.String()]
			perSecond := int64(time.Second / unit)
			return func(v parquet.Value) any {
				n := v.Int64()
				return time.Unix(n/perSecond, n%perSecond*int64(unit)).UTC()
			}, nil
		case *format.DateType:
			return func(v parquet.Value) any { return time.Unix(int64(v.Int32())*24*60*60, 0).UTC() }, nil
		case *format.StringType:
			return func(v parquet.Value) any { return string(v.ByteArray()) }, nil
		case *format.IntType:
			if !t.IsSigned && t.BitWidth == 64 {
				return func(v parquet.Value) any { return decimal(new(big.Int).SetUint64(v.Uint64()), 0) }, nil
			}
			if !t.IsSigned {
				return func(v parquet.Value) any { return int64(v.Uint32()) }, nil
			}
		default:
			return nil, fmt.Errorf("DMS never writes its type %s", logical)
		}
	}
	switch kind {
	case parquet.Boolean:
		return func(v parquet.Value) any { return v.Boolean() }, nil
	case parquet.Int32:
		return func(v parquet.Value) any { return int64(v.Int32()) }, nil
	case parquet.Int64:
		return func(v parquet.Value) any { return v.Int64() }, nil
	case parquet.Float:
		return func(v parquet.Value) any { return float64(v.Float()) }, nil
	case parquet.Double:
		return func(v parquet.Value) any { return v.Double() }, nil
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(v parquet.Value) any { return bytes.Clone(v.ByteArray()) }, nil
	default:
		return nil, fmt.Errorf("DMS never writes its type %s", kind)
	}
}

// decimals returns a function that converts numbers that Parquet stores without their decimal point. Byte arrays are
// big-endian two's complement.
func decimals(kind parquet.Kind, scale int) func(parquet.Value) any {
	switch kind {
	case parquet.Int32:
		return func(v parquet.Value) any { return decimal(big.NewInt(int64(v.Int32())), scale) }
	case parquet.Int64:
		return func(v parquet.Value) any { return decimal(big.NewInt(v.Int64()), scale) }
	}
	return func(v parquet.Value) any {
		b := v.ByteArray()
		n := new(big.Int).SetBytes(b)
		if len(b) > 0 && b[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		return decimal(n, scale)
	}
}

// decimal returns n / 10^scale.
func decimal(n *big.Int, scale int) Decimal {
	digits, negative := strings.CutPrefix(n.String(), "-")
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	text := digits[:len(digits)-scale]
	if fraction := strings.TrimRight(digits[len(digits)-scale:], "0"); fraction != "" {
		text += "." + fraction
	}
	if negative {
		text = "-" + text
	}
	return Decimal(text)
}
