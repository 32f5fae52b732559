package target

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// decimalType is a DECIMAL in decimalSize bytes that orders values as signed numbers, as the Parquet format requires
// (LogicalTypes.md, DECIMAL). parquet-go v0.32.0 orders the bytes as unsigned. Its bounds of negative numbers are
// therefore wrong (parquet-go/parquet-go#592), and a reader that skips row groups by these bounds loses rows.
type decimalType struct{ parquet.Type }

func decimalNode(scale, precision int) parquet.Node {
	plain := parquet.Decimal(scale, precision, parquet.FixedLenByteArrayType(decimalSize))
	return parquet.Leaf(decimalType{plain.Type()})
}

// Compare orders two values as numbers.
func (t decimalType) Compare(a, b parquet.Value) int {
	return ordered(a.ByteArray()).compare(ordered(b.ByteArray()))
}

// NewColumnIndexer returns an indexer that collects the bounds of pages. It ignores the size limit: a bound is as short
// as a value.
func (t decimalType) NewColumnIndexer(int) parquet.ColumnIndexer { return &decimalIndexer{} }

// NewColumnBuffer returns a buffer of plain values.
func (t decimalType) NewColumnBuffer(columnIndex, numValues int) parquet.ColumnBuffer {
	return decimalBuffer{t.Type.NewColumnBuffer(columnIndex, numValues), func(page parquet.Page) (least, most decimal) {
		data := page.Data()
		values, _ := data.FixedLenByteArray()
		least, most = greatestDecimal, leastDecimal
		for v := range slices.Chunk(values, decimalSize) {
			least, most = extend(least, most, ordered(v))
		}
		return least, most
	}}
}

// NewDictionary returns a dictionary. The Type of the dictionary creates buffers of indexes.
func (t decimalType) NewDictionary(columnIndex, numValues int, data encoding.Values) parquet.Dictionary {
	return decimalDictionary{t.Type.NewDictionary(columnIndex, numValues, data), t}
}

type decimalDictionary struct {
	parquet.Dictionary
	plain decimalType
}

// Type returns the type that creates buffers of indexes into the dictionary.
func (d decimalDictionary) Type() parquet.Type {
	return &decimalIndexType{decimalType: d.plain, indexes: d.Dictionary.Type(), dictionary: d.Dictionary}
}

// decimalIndexType is the type of a column with a dictionary.
type decimalIndexType struct {
	decimalType
	indexes    parquet.Type
	dictionary parquet.Dictionary
	indexed    bool // the buffer of indexes exists
}

// NewColumnBuffer returns a buffer of indexes the first time. The writer calls it again when the dictionary becomes too
// large and the writer stops using it: then the buffer has plain values.
func (t *decimalIndexType) NewColumnBuffer(columnIndex, numValues int) parquet.ColumnBuffer {
	if t.indexed {
		return t.decimalType.NewColumnBuffer(columnIndex, numValues)
	}
	t.indexed = true
	return decimalBuffer{t.indexes.NewColumnBuffer(columnIndex, numValues), func(page parquet.Page) (least, most decimal) {
		data := page.Data()
		least, most = greatestDecimal, leastDecimal
		for _, i := range data.Int32() {
			least, most = extend(least, most, ordered(t.dictionary.Index(i).ByteArray()))
		}
		return least, most
	}}
}

// decimalBuffer is a buffer whose pages have bounds in the order of numbers.
type decimalBuffer struct {
	parquet.ColumnBuffer
	bounds func(parquet.Page) (least, most decimal)
}

func (b decimalBuffer) Page() parquet.Page { return decimalPage{b.ColumnBuffer.Page(), b.bounds} }

type decimalPage struct {
	parquet.Page
	bounds func(parquet.Page) (least, most decimal)
}

func (p decimalPage) Bounds() (least, most parquet.Value, ok bool) {
	if p.NumValues() == 0 {
		return least, most, false
	}
	from, to := p.bounds(p.Page)
	return parquet.FixedLenByteArrayValue(from.bytes()), parquet.FixedLenByteArrayValue(to.bytes()), true
}

// decimal is an unscaled value with its sign bit inverted, so that unsigned comparison gives the order of numbers.
type decimal struct{ high, low uint64 }

const signBit = 1 << 63

var leastDecimal, greatestDecimal = decimal{}, decimal{^uint64(0), ^uint64(0)}

// ordered reads a stored value: decimalSize bytes of big-endian two's complement.
func ordered(b []byte) decimal {
	return decimal{binary.BigEndian.Uint64(b) ^ signBit, binary.BigEndian.Uint64(b[8:])}
}

func (d decimal) bytes() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, decimalSize), d.high^signBit)
	return binary.BigEndian.AppendUint64(b, d.low)
}

func (d decimal) compare(o decimal) int {
	switch {
	case d == o:
		return 0
	case d.high < o.high || d.high == o.high && d.low < o.low:
		return -1
	default:
		return 1
	}
}

// extend widens the bounds least and most so that they include by.
func extend(least, most, by decimal) (decimal, decimal) {
	if by.compare(least) < 0 {
		least = by
	}
	if by.compare(most) > 0 {
		most = by
	}
	return least, most
}

// decimalIndexer collects the bounds of the pages of a column chunk.
type decimalIndexer struct{ index format.ColumnIndex }

// Reset starts a new chunk. It does not change an index that ColumnIndex returned before.
func (i *decimalIndexer) Reset() { i.index = format.ColumnIndex{} }

// IndexPage adds a page. A page with only nulls has empty bounds.
func (i *decimalIndexer) IndexPage(numValues, numNulls int64, least, most parquet.Value) {
	x := &i.index
	x.NullPages = append(x.NullPages, numValues == numNulls)
	x.NullCounts = append(x.NullCounts, numNulls)
	x.MinValues = append(x.MinValues, bytes.Clone(least.ByteArray()))
	x.MaxValues = append(x.MaxValues, bytes.Clone(most.ByteArray()))
}

// ColumnIndex returns the index of the pages that were added.
func (i *decimalIndexer) ColumnIndex() format.ColumnIndex {
	x := i.index
	switch {
	case sorted(x.MinValues, 1) && sorted(x.MaxValues, 1):
		x.BoundaryOrder = format.Ascending
	case sorted(x.MinValues, -1) && sorted(x.MaxValues, -1):
		x.BoundaryOrder = format.Descending
	}
	return x
}

// sorted reports whether bounds ascend (direction 1) or descend (direction -1). It ignores the empty bounds of null pages.
func sorted(bounds [][]byte, direction int) bool {
	stated := slices.DeleteFunc(slices.Clone(bounds), func(b []byte) bool { return len(b) == 0 })
	return slices.IsSortedFunc(stated, func(a, b []byte) int { return direction * ordered(a).compare(ordered(b)) })
}
