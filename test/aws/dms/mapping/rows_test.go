package mapping_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/test/aws/dms/mapping"
	"github.com/oralake/oralake/test/oracledb"
)

// row is a row of the table T. A nil is a null.
type row struct {
	id     int
	amount *float64
	name   *string
	day    *string
}

func rowsOf(t *rapid.T) []row {
	n := rapid.IntRange(0, 30).Draw(t, "rows")
	all := make([]row, n)
	for i := range all {
		all[i].id = i
		if rapid.Bool().Draw(t, "has amount") {
			v := float64(rapid.IntRange(-500, 500).Draw(t, "amount")) / 4
			all[i].amount = &v
		}
		if rapid.Bool().Draw(t, "has name") {
			v := rapid.SampledFrom([]string{"", "a", "A", "b", "10", "9", "it's", "ü"}).Draw(t, "name")
			all[i].name = &v
		}
		if rapid.Bool().Draw(t, "has day") {
			v := day(t)
			all[i].day = &v
		}
	}
	return all
}

func day(t *rapid.T) string {
	return rapid.SampledFrom([]string{"2023-12-31", "2024-01-01", "2024-01-01 00:00:01", "2024-01-01 12:00:00", "2024-02-29"}).Draw(t, "day")
}

// database creates the table S.T with the rows.
func database(t *rapid.T, dir string, rows []row) *oracledb.Database {
	text := func(s *string) string {
		if s == nil {
			return "NULL"
		}
		return "'" + strings.ReplaceAll(*s, "'", "''") + "'"
	}
	var script strings.Builder
	script.WriteString(`CREATE TABLE T (ID NUMBER(10), AMOUNT NUMBER(12,2), NAME VARCHAR2(10), DAY DATE);`)
	for _, r := range rows {
		amount := "NULL"
		if r.amount != nil {
			amount = strconv.FormatFloat(*r.amount, 'f', -1, 64)
		}
		fmt.Fprintf(&script, "INSERT INTO T VALUES (%d, %s, %s, %s);", r.id, amount, text(r.name), text(r.day))
	}
	if err := os.Remove(filepath.Join(dir, "S.db")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if err := oracledb.Create(dir, "S", script.String()); err != nil {
		t.Fatal(err)
	}
	d, err := oracledb.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// ids returns the sorted ids of the rows of S.T for which an SQL condition is true.
func ids(t *rapid.T, d *oracledb.Database, where string, args []any) []int {
	query := "SELECT ID FROM S.T"
	if where != "" {
		query += " WHERE " + where
	}
	rows, err := d.Select(context.Background(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := []int{}
	value := make([]driver.Value, 1)
	for {
		if err := rows.Next(value); errors.Is(err, io.EOF) {
			slices.Sort(got)
			return got
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, int(value[0].(int64)))
	}
}

// matching returns the ids of the rows of S.T that Filter.Matches accepts.
func matching(t *rapid.T, d *oracledb.Database, filter mapping.Filter, columns []oracledb.Column) []int {
	rows, err := d.Select(context.Background(), "SELECT +ID, +AMOUNT, +NAME, +DAY FROM S.T ORDER BY ID")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := []int{}
	for row := make([]driver.Value, 4); rows.Next(row) == nil; {
		ok, err := filter.Matches(columns, row)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			got = append(got, int(row[0].(int64)))
		}
	}
	return got
}

func columnsOf(t *rapid.T, d *oracledb.Database) []oracledb.Column {
	columns, err := d.Columns(context.Background(), oracledb.Table{Schema: "S", Name: "T"})
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

// check is one filter condition, as JSON and as a Go function.
type check struct {
	json   string
	passes func(r row) bool
}

// conditionOn draws a condition on a column. Every comparison with a null is false, as in SQL.
func conditionOn(t *rapid.T, column string) check {
	compare := func(r row, value string) (int, bool) { return 0, false }
	var value func() string
	switch column {
	case "AMOUNT":
		value = func() string { return strconv.Itoa(rapid.IntRange(-130, 130).Draw(t, "value")) }
		compare = func(r row, v string) (int, bool) {
			if r.amount == nil {
				return 0, false
			}
			n, _ := strconv.ParseFloat(v, 64)
			return compareFloats(*r.amount, n), true
		}
	case "NAME":
		value = func() string { return rapid.SampledFrom([]string{"", "a", "B", "10", "it's"}).Draw(t, "value") }
		compare = func(r row, v string) (int, bool) {
			if r.name == nil {
				return 0, false
			}
			return strings.Compare(*r.name, v), true
		}
	case "DAY":
		value = func() string { return day(t) }
		compare = func(r row, v string) (int, bool) {
			if r.day == nil {
				return 0, false
			}
			return strings.Compare(*r.day, v), true
		}
	}
	op := rapid.SampledFrom([]string{"lte", "ste", "gte", "eq", "noteq", "between", "notbetween", "null", "notnull"}).Draw(t, "operator")
	a, b := value(), value()
	passes := func(f func(toA, toB int) bool) func(row) bool {
		return func(r row) bool {
			toA, known := compare(r, a)
			toB, _ := compare(r, b)
			return known && f(toA, toB)
		}
	}
	one := fmt.Sprintf(`{"filter-operator":%q,"value":%q}`, op, a)
	two := fmt.Sprintf(`{"filter-operator":%q,"start-value":%q,"end-value":%q}`, op, a, b)
	none := fmt.Sprintf(`{"filter-operator":%q}`, op)
	switch op {
	case "lte", "ste":
		return check{one, passes(func(toA, _ int) bool { return toA <= 0 })}
	case "gte":
		return check{one, passes(func(toA, _ int) bool { return toA >= 0 })}
	case "eq":
		return check{one, passes(func(toA, _ int) bool { return toA == 0 })}
	case "noteq":
		return check{one, passes(func(toA, _ int) bool { return toA != 0 })}
	case "between":
		return check{two, passes(func(toA, toB int) bool { return toA >= 0 && toB <= 0 })}
	case "notbetween":
		return check{two, passes(func(toA, toB int) bool { return toA < 0 || toB > 0 })}
	case "null":
		return check{none, func(r row) bool { _, known := compare(r, a); return !known }}
	default:
		return check{none, func(r row) bool { _, known := compare(r, a); return known }}
	}
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	default:
		return 0
	}
}

// TestFiltersAgreeWithGo checks that a rule accepts exactly the rows that the same filters in Go accept: all filters must
// accept the row, and a filter needs one true condition.
func TestFiltersAgreeWithGo(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rows := rowsOf(t)
		var filters []string
		var checks [][]check
		for range rapid.IntRange(0, 3).Draw(t, "filters") {
			column := rapid.SampledFrom([]string{"AMOUNT", "NAME", "DAY"}).Draw(t, "column")
			var conditions []string
			var any []check
			for range rapid.IntRange(1, 3).Draw(t, "conditions") {
				c := conditionOn(t, column)
				conditions, any = append(conditions, c.json), append(any, c)
			}
			filters = append(filters, fmt.Sprintf(`{"filter-type":"source","column-name":%q,"filter-conditions":[%s]}`,
				column, strings.Join(conditions, ",")))
			checks = append(checks, any)
		}
		want := []int{}
		for _, r := range rows {
			passes := true
			for _, any := range checks {
				passes = passes && slices.ContainsFunc(any, func(c check) bool { return c.passes(r) })
			}
			if passes {
				want = append(want, r.id)
			}
		}
		m, err := mapping.Parse(rules(selects("include", "S.T", `,"filters":[`+strings.Join(filters, ",")+`]`)))
		if err != nil {
			t.Fatal(err)
		}
		d := database(t, dir, rows)
		filter, columns := m.Select(tables("S.T"), nil)[0].Filter, columnsOf(t, d)
		where, args, err := filter.Where(columns)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(matching(t, d, filter, columns), want); diff != "" {
			t.Errorf("rows that match (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(ids(t, d, where, args), want); diff != "" {
			t.Errorf("%s %v (-got +want):\n%s", where, args, diff)
		}
	})
}

// TestSegmentsHaveEveryRowOnce checks that segments are disjoint, and that together they have every row without a null in
// the range columns.
func TestSegmentsHaveEveryRowOnce(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rows := rowsOf(t)
		two := rapid.Bool().Draw(t, "two columns")
		var boundaries []string
		for _, b := range slices.Sorted(slices.Values(rapid.SliceOfNDistinct(rapid.IntRange(-60, 60), 1, 4, rapid.ID).Draw(t, "boundaries"))) {
			if two {
				boundaries = append(boundaries, fmt.Sprintf(`[%d,%q]`, b, day(t)))
			} else {
				boundaries = append(boundaries, fmt.Sprintf(`["%d"]`, b))
			}
		}
		columns := `"AMOUNT"`
		if two {
			columns = `"AMOUNT","DAY"`
		}
		m, err := mapping.Parse(rules(selects("include", "S.T"), fmt.Sprintf(`"rule-type":"table-settings",
			"object-locator":{"schema-name":"S","table-name":"T"},
			"parallel-load":{"type":"ranges","columns":[%s],"boundaries":[%s]}`, columns, strings.Join(boundaries, ","))))
		if err != nil {
			t.Fatal(err)
		}
		d := database(t, dir, rows)
		segments, err := m.Settings(tables("S.T")[0]).Segments(columnsOf(t, d))
		if err != nil {
			t.Fatal(err)
		}
		if len(segments) != len(boundaries)+1 {
			t.Errorf("%d segments for %d boundaries", len(segments), len(boundaries))
		}
		got, want := []int{}, []int{}
		for _, s := range segments {
			got = append(got, ids(t, d, s.Where, s.Args)...)
		}
		slices.Sort(got)
		for _, r := range rows {
			if r.amount != nil && (!two || r.day != nil) {
				want = append(want, r.id)
			}
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("rows of all segments (-got +want):\n%s", diff)
		}
	})
}
