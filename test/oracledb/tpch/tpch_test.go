package tpch

import (
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// At scale 1 the row counts are those of the standard, and the values are those of dbgen. Source: TPC Benchmark H,
// clause 4.2.5.1, and the output of dbgen -s 1. With -short the orders and their lines, which are most rows, are not counted.
func TestScale1(t *testing.T) {
	enough := errors.New("enough")
	rows := map[string]int{}
	first := map[string]string{}
	reviews := 0
	if err := Rows(1, func(table string, values ...any) error {
		rows[table]++
		if rows[table] == 1 {
			first[table] = fmt.Sprint(values[:len(values)-1]...) // without the comment
		}
		if table == "SUPPLIER" && review.MatchString(values[6].(string)) {
			reviews++
		}
		if testing.Short() && rows["ORDERS"] > 0 && rows["LINEITEM"] > 0 {
			return enough
		}
		return nil
	}); err != nil && !errors.Is(err, enough) {
		t.Fatal(err)
	}
	want := map[string]int{
		"REGION": 5, "NATION": 25, "SUPPLIER": 10_000, "CUSTOMER": 150_000, "PART": 200_000, "PARTSUPP": 800_000,
		"ORDERS": 1_500_000, "LINEITEM": 6_001_215,
	}
	if testing.Short() {
		want["ORDERS"], want["LINEITEM"] = rows["ORDERS"], rows["LINEITEM"]
	}
	if diff := cmp.Diff(rows, want); diff != "" {
		t.Errorf("rows (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(first, map[string]string{
		"REGION":   fmt.Sprint(0, "AFRICA"),
		"NATION":   fmt.Sprint(0, "ALGERIA", 0),
		"SUPPLIER": fmt.Sprint(1, "Supplier#000000001", " N kD4on9OM Ipw3,gf0JBoQDd7tgrzrddZ", 17, "27-918-335-1736", 5755.94),
		"CUSTOMER": fmt.Sprint(1, "Customer#000000001", "IVhzIApeRb ot,c,E", 15, "25-989-741-2988", 711.56, "BUILDING"),
		"PART": fmt.Sprint(1, "goldenrod lavender spring chocolate lace", "Manufacturer#1", "Brand#13",
			"PROMO BURNISHED COPPER", 7, "JUMBO PKG", 901),
		"PARTSUPP": fmt.Sprint(1, 2, 3325, 771.64),
		"ORDERS":   fmt.Sprint(1, 36901, "O", 173665.47, "1996-01-02", "5-LOW", "Clerk#000000951", 0),
		"LINEITEM": fmt.Sprint(1, 155190, 7706, 1, 17, 21168.23, 0.04, 0.02, "N", "O", "1996-03-13", "1996-02-12",
			"1996-03-22", "DELIVER IN PERSON", "TRUCK"),
	}); diff != "" {
		t.Errorf("first rows (-got +want):\n%s", diff)
	}
	if reviews != 9 { // the standard expects about 10
		t.Errorf("%d suppliers are praised or complained about, want 9", reviews)
	}
}

var review = regexp.MustCompile("Customer .*(Recommends|Complaints)")

// Every row has a value for each column, and every text fits its column.
func TestRowsFitTheirColumns(t *testing.T) {
	limits := map[string][]int{} // in characters; 0 for a column that is not text
	for _, table := range Tables {
		for _, column := range regexp.MustCompile(`,\s+`).Split(table.Columns, -1) {
			limit := 0
			if m := regexp.MustCompile(`CHAR2?\((\d+)\)`).FindStringSubmatch(column); m != nil {
				limit, _ = strconv.Atoi(m[1])
			}
			limits[table.Name] = append(limits[table.Name], limit)
		}
	}
	if err := Rows(0.01, func(table string, values ...any) error {
		if got, want := len(values), len(limits[table]); got != want {
			return fmt.Errorf("%s has %d values, want %d", table, got, want)
		}
		for i, limit := range limits[table] {
			if text, ok := values[i].(string); ok && limit > 0 && len(text) > limit {
				return fmt.Errorf("%s: %q has more than %d characters", table, text, limit)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func TestRowsAreTheSameEachTime(t *testing.T) {
	sum := func() uint64 {
		hash := fnv.New64()
		if err := Rows(0.001, func(table string, values ...any) error {
			_, err := fmt.Fprintln(hash, table, values)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return hash.Sum64()
	}
	if first, second := sum(), sum(); first != second {
		t.Error("two runs at the same scale differ")
	}
}

// After a row, its stream is at the same number whether the row used all of its numbers or not.
func TestEndRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := streamsAtStart[rapid.IntRange(0, int(columns)-1).Draw(t, "column")]
		all, some := start, start
		for range start.perRow {
			all.next()
		}
		for range rapid.IntRange(0, start.perRow).Draw(t, "drawn") {
			some.next()
		}
		some.endRow()
		if some.last != all.last || some.drawn != 0 {
			t.Errorf("got %+v, want last to be %d", some, all.last)
		}
	})
}

func TestRowsEndWithTheErrorOfInsert(t *testing.T) {
	for _, table := range Tables {
		full := fmt.Errorf("%s is full", table.Name)
		if err := Rows(0.0001, func(name string, _ ...any) error {
			if name == table.Name {
				return full
			}
			return nil
		}); err != full {
			t.Errorf("got %v, want %v", err, full)
		}
	}
}
