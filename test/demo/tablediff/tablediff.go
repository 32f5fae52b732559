// Package tablediff compares a table that a reader rebuilds from the lake with the source, row by row and column by column.
package tablediff

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/test/oracledb"
)

// Difference is how a table in the lake differs from its source.
type Difference struct {
	Rows    int // of the source
	Missing int // rows that the lake lacks
	Extra   int // rows that the source lacks
	Changed int // rows with another value in a column
	// Example describes the first difference; empty when there is none.
	Example string
}

// Equal reports whether there is no difference.
func (d Difference) Equal() bool { return d.Missing+d.Extra+d.Changed == 0 }

func (d *Difference) note(count *int, format string, args ...any) {
	*count++
	if d.Example == "" {
		d.Example = fmt.Sprintf(format, args...)
	}
}

// Keys returns the names of the primary key's columns, in the order of the key.
func Keys(columns []oracledb.Column) []string {
	var of []oracledb.Column
	for _, c := range columns {
		if c.Key > 0 {
			of = append(of, c)
		}
	}
	slices.SortFunc(of, func(a, b oracledb.Column) int { return a.Key - b.Key })
	names := make([]string, len(of))
	for i, c := range of {
		names[i] = c.Name
	}
	return names
}

// Compare compares a table with its source as it is now. A column that is not in the lake yet counts as null.
func Compare(ctx context.Context, db *oracledb.Database, t oracledb.Table, inLake *lake.Table) (Difference, error) {
	columns, err := db.Columns(ctx, t)
	if err != nil {
		return Difference{}, err
	}
	want, err := read(ctx, db, t, columns)
	if err != nil {
		return Difference{}, err
	}
	at := make([]int, len(columns))
	for i, c := range columns {
		at[i] = slices.Index(inLake.Columns, c.Name)
	}
	d := Difference{Rows: len(want)}
	keys := keyPlaces(columns)
	for _, row := range inLake.Rows {
		values := make([]string, len(columns))
		for i, place := range at {
			values[i] = "null"
			if place >= 0 {
				values[i] = Text(row[place])
			}
		}
		key := keyOf(values, keys)
		source, ok := want[key]
		if !ok {
			d.note(&d.Extra, "%s: the source has no row %s", t, key)
			continue
		}
		delete(want, key)
		for i := range columns {
			if source[i] != values[i] {
				d.note(&d.Changed, "%s: row %s: %s is %s in the lake and %s at the source", t, key, columns[i].Name, values[i], source[i])
				break
			}
		}
	}
	for key := range want {
		d.note(&d.Missing, "%s: the lake has no row %s", t, key)
	}
	return d, nil
}

// read reads the rows of a source table by key.
func read(ctx context.Context, db *oracledb.Database, t oracledb.Table, columns []oracledb.Column) (map[string][]string, error) {
	// An expression returns a value as it is stored; a plain DATE column would become a time.Time.
	var names []string
	for _, c := range columns {
		names = append(names, "+"+oracledb.Quote(c.Name))
	}
	rows, err := db.Select(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+oracledb.Quote(t.Schema)+"."+oracledb.Quote(t.Name))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found, keys := map[string][]string{}, keyPlaces(columns)
	row := make([]driver.Value, len(columns))
	for {
		if err := rows.Next(row); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, err
		}
		values := make([]string, len(columns))
		for i, v := range row {
			if s, ok := v.(string); ok && (columns[i].Type.Name == "DATE" || columns[i].Type.Name == "TIMESTAMP") {
				if v, err = moment(s); err != nil {
					return nil, fmt.Errorf("%s: column %s: %w", t, columns[i].Name, err)
				}
			}
			values[i] = Text(v)
		}
		found[keyOf(values, keys)] = values
	}
}

func keyPlaces(columns []oracledb.Column) []int {
	var places []int
	for _, name := range Keys(columns) {
		places = append(places, slices.IndexFunc(columns, func(c oracledb.Column) bool { return c.Name == name }))
	}
	return places
}

func keyOf(values []string, places []int) string {
	var parts []string
	for _, i := range places {
		parts = append(parts, values[i])
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// moment parses a DATE or TIMESTAMP in the format of the source.
func moment(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time in the format of the source", s)
}

// Text formats a value so that equal values of source and lake have equal texts, whatever their types.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case int64:
		return fmt.Sprint(v)
	case float64:
		return number(fmt.Sprint(v))
	case lake.Decimal:
		return number(string(v))
	case string:
		return fmt.Sprintf("%q", strings.TrimRight(v, " ")) // CHAR values are padded with blanks.
	case []byte:
		return "x" + hex.EncodeToString(v)
	case time.Time:
		return v.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
	default:
		return fmt.Sprint(v)
	}
}

// number formats a decimal number in one form.
func number(s string) string {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return s
	}
	if r.IsInt() {
		return r.Num().String()
	}
	return r.RatString()
}
