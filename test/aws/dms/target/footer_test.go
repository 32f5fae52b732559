package target

import (
	"bytes"
	"cmp"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/big"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/test/oracledb"
)

// footerColumns has a column of each kind, with values.
var footerColumns = []struct {
	column Column
	values *rapid.Generator[driver.Value]
}{
	{Column{Name: "DECIMAL", Kind: Numeric, Precision: 15, Scale: 2}, numbers(-99_999, 99_999)},
	{Column{Name: "WIDE", Kind: Numeric, Precision: 38}, numbers(-1<<62, 1<<62)},
	{Column{Name: "SIGN", Kind: Numeric, Precision: 10}, numbers(-1, 1)},
	{Column{Name: "TINY", Kind: Int1, Precision: 2}, numbers(-99, 99)},
	{Column{Name: "INT", Kind: Int4, Precision: 9}, numbers(-999_999_999, 999_999_999)},
	{Column{Name: "REAL", Kind: Real4}, rapid.Map(rapid.Float32(), func(f float32) driver.Value { return float64(f) })},
	{Column{Name: "DOUBLE", Kind: Real8}, rapid.Map(rapid.Float64(), func(f float64) driver.Value { return f })},
	{Column{Name: "AT", Kind: DateTime}, rapid.Map(rapid.Int64Range(-1e10, 1e10), func(s int64) driver.Value {
		return oracledb.FormatTime(time.Unix(s, 0).UTC())
	})},
	{Column{Name: "TEXT", Kind: String}, rapid.Map(rapid.String(), func(s string) driver.Value { return s })},
}

func numbers(from, to int64) *rapid.Generator[driver.Value] {
	return rapid.Map(rapid.Int64Range(from, to), func(n int64) driver.Value { return n })
}

// TestFooterHasTheBoundsOfTheValues checks that the bounds of row groups and pages in a file are the bounds of their
// values, in the order of the type. A reader that skips pages by these bounds then misses no row. Pages and dictionaries
// are small, so that a file has many pages and some columns stop using their dictionary.
func TestFooterHasTheBoundsOfTheValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := Table{Schema: "S", Name: "T"}
		var values []*rapid.Generator[driver.Value]
		for _, c := range footerColumns {
			required, optional := c.column, c.column
			optional.Name, optional.Nullable = "NULL_"+c.column.Name, true
			table.Columns = append(table.Columns, required, optional)
			null := rapid.Just[driver.Value](nil)
			values = append(values, c.values, rapid.OneOf(c.values, null))
		}
		pageSize, dictSize, group := Int(rapid.IntRange(64, 4096).Draw(t, "page")),
			Int(rapid.IntRange(16, 4096).Draw(t, "dictionary")), Int(rapid.IntRange(64, 512).Draw(t, "group"))
		settings := Settings{
			DataFormat: "parquet", ParquetVersion: rapid.SampledFrom([]string{"parquet-1-0", "parquet-2-0"}).Draw(t, "version"),
			EncodingType: rapid.SampledFrom([]string{"rle-dictionary", "plain-dictionary", "plain"}).Draw(t, "encoding"),
			DataPageSize: &pageSize, DictPageSizeLimit: &dictSize, RowGroupLength: &group,
		}
		// Repeat a few rows many times: they are quick to draw and fill pages. A run of nulls fills whole pages.
		different := rapid.IntRange(1, 12).Draw(t, "different")
		var rows [][]driver.Value
		for range different {
			row := make([]driver.Value, len(values))
			for i, v := range values {
				row[i] = v.Draw(t, table.Columns[i].Name)
			}
			rows = append(rows, row)
		}
		var all []driver.Value
		for range rapid.IntRange(1, 12).Draw(t, "runs") {
			from := rapid.IntRange(0, different-1).Draw(t, "from")
			for i := range rapid.IntRange(1, 150).Draw(t, "rows") {
				all = append(all, rows[from+i%(different-from)]...)
			}
		}
		var file bytes.Buffer
		f := newParquet(&file, table, &settings)
		if _, err := f.write(all, 1<<40); err != nil {
			t.Fatal(err)
		}
		if err := f.close(); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range wrongBounds(t, file.Bytes()) {
			t.Error(wrong)
		}
	})
}

// wrongBounds describes the bounds of a file that differ from the bounds of its values.
func wrongBounds(t *rapid.T, file []byte) (all []string) {
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	schema := f.Metadata().Schema[1:]
	for g, group := range f.RowGroups() {
		for c, chunk := range group.ColumnChunks() {
			where := fmt.Sprintf("row group %d, column %s", g, schema[c].Name)
			values := chunkValues(t, chunk)
			order := orderOf(schema[c])
			stated := f.Metadata().RowGroups[g].Columns[c].MetaData.Statistics
			least, most, some := bounds(values, order)
			kind := chunk.Type().Kind()
			switch {
			case !some && (stated.MinValue != nil || stated.MaxValue != nil):
				all = append(all, where+": has bounds, and no value")
			case some && kind != parquet.ByteArray && (stated.MinValue == nil || stated.MaxValue == nil):
				all = append(all, where+": has values, and no bounds")
			case some && (order(kind.Value(stated.MinValue), least) != 0 || order(kind.Value(stated.MaxValue), most) != 0):
				all = append(all, fmt.Sprintf("%s: is from %x to %x, its values are from %x to %x", where,
					stated.MinValue, stated.MaxValue, least.Bytes(), most.Bytes()))
			}
			index := f.ColumnIndexes()[g*len(schema)+c]
			pages := f.OffsetIndexes()[g*len(schema)+c].PageLocations
			all = append(all, wrongPages(where, &index, pages, values, kind, order)...)
		}
	}
	return all
}

// wrongPages describes the pages of a column chunk whose bounds exclude a value.
func wrongPages(
	where string, index *format.ColumnIndex, pages []format.PageLocation, values []parquet.Value, kind parquet.Kind,
	order func(a, b parquet.Value) int,
) (all []string) {
	if len(index.MinValues) != len(pages) || len(index.MaxValues) != len(pages) || len(index.NullPages) != len(pages) {
		return []string{fmt.Sprintf("%s: %d pages have %d and %d bounds", where, len(pages), len(index.MinValues), len(index.MaxValues))}
	}
	var before []parquet.Value // the bounds of the last page that has bounds
	for p := range pages {
		to := int64(len(values))
		if p+1 < len(pages) {
			to = pages[p+1].FirstRowIndex
		}
		least, most, some := bounds(values[pages[p].FirstRowIndex:to], order)
		if some == index.NullPages[p] {
			all = append(all, fmt.Sprintf("%s, page %d: null %v, with values %v", where, p, index.NullPages[p], some))
		}
		if !some {
			continue
		}
		from, upTo := kind.Value(index.MinValues[p]), kind.Value(index.MaxValues[p])
		if order(from, least) > 0 || order(upTo, most) < 0 {
			all = append(all, fmt.Sprintf("%s, page %d: is from %x to %x, its values are from %x to %x", where, p,
				index.MinValues[p], index.MaxValues[p], least.Bytes(), most.Bytes()))
		}
		if before != nil {
			a, b := order(before[0], from), order(before[1], upTo)
			if index.BoundaryOrder == format.Ascending && (a > 0 || b > 0) ||
				index.BoundaryOrder == format.Descending && (a < 0 || b < 0) {
				all = append(all, fmt.Sprintf("%s, page %d: is not in the order %s", where, p, index.BoundaryOrder))
			}
		}
		before = []parquet.Value{from, upTo}
	}
	return all
}

// chunkValues returns all values of a column chunk.
func chunkValues(t *rapid.T, chunk parquet.ColumnChunk) (all []parquet.Value) {
	pages := chunk.Pages()
	defer pages.Close()
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		values := make([]parquet.Value, page.NumValues())
		if n, err := page.Values().ReadValues(values); n < len(values) {
			t.Fatal(err)
		}
		for _, v := range values {
			all = append(all, v.Clone())
		}
	}
}

// bounds returns the least and the greatest value, without nulls. some is false when all values are null.
func bounds(values []parquet.Value, order func(a, b parquet.Value) int) (least, most parquet.Value, some bool) {
	for _, v := range values {
		if v.IsNull() {
			continue
		}
		if !some || order(v, least) < 0 {
			least = v
		}
		if !some || order(v, most) > 0 {
			most = v
		}
		some = true
	}
	return least, most, some
}

// orderOf returns the order that the Parquet format defines for the values of a column.
func orderOf(e format.SchemaElement) func(a, b parquet.Value) int {
	_, decimal := e.LogicalType.Value.(*format.DecimalType)
	return func(a, b parquet.Value) int {
		switch a.Kind() {
		case parquet.Int32:
			return cmp.Compare(a.Int32(), b.Int32())
		case parquet.Int64:
			return cmp.Compare(a.Int64(), b.Int64())
		case parquet.Float:
			return cmp.Compare(a.Float(), b.Float())
		case parquet.Double:
			return cmp.Compare(a.Double(), b.Double())
		}
		if decimal {
			return signed(a.ByteArray()).Cmp(signed(b.ByteArray()))
		}
		return bytes.Compare(a.ByteArray(), b.ByteArray())
	}
}

// signed parses a big-endian two's complement number.
func signed(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 8*uint(len(b))))
	}
	return n
}
