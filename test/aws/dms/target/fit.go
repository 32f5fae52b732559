package target

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"unicode/utf8"
)

// rowError is the error of one row that cannot be written.
type rowError struct {
	at  int // index of the row among the rows that were not written
	err error
}

func (e *rowError) Error() string { return e.err.Error() }

func (e *rowError) Unwrap() error { return e.err }

// fit handles the values that are too long, as their columns require: it truncates the value or removes the row.
func (f *Files) fit(values []driver.Value) ([]driver.Value, error) {
	width := len(f.table.Columns)
	if len(f.limited) == 0 {
		return values, nil
	}
	for row := 0; row*width < len(values); {
		err := f.fitRow(values[row*width : (row+1)*width])
		if err == nil {
			row++
			continue
		}
		if err := f.bad(err); err != nil {
			return nil, err
		}
		values = without(values, row, width)
	}
	return values, nil
}

func (f *Files) fitRow(row []driver.Value) error {
	for _, i := range f.limited {
		c := &f.table.Columns[i]
		short, long := c.fit(row[i])
		if !long {
			continue
		}
		if !c.Cut {
			return fmt.Errorf("column %s: %s: %w", c.Name, c.size(row[i]), c.Refuse)
		}
		row[i] = short
		f.Cut[c.Name]++
	}
	return nil
}

// without removes one row from values, in place.
func without(values []driver.Value, row, width int) []driver.Value {
	copy(values[row*width:], values[(row+1)*width:])
	return values[:len(values)-width]
}

// limited reports whether a value of the column can be too long.
func (c *Column) limited() bool { return c.Limit > 0 || c.Length > 0 }

// fit reports whether a value is too long. short is then the truncated value.
func (c *Column) fit(v driver.Value) (short driver.Value, long bool) {
	switch v := v.(type) {
	case string:
		if end := c.end(v); end < len(v) {
			return v[:end], true
		}
	case []byte:
		if end := c.end(string(v)); end < len(v) {
			return v[:end], true
		}
	case int64, float64:
		if s, err := c.text(v, false); err == nil && c.end(s) < len(s) {
			return s[:c.end(s)], true
		}
	}
	return nil, false
}

// end is the number of bytes of s that fit into the column.
func (c *Column) end(s string) int {
	if c.Limit > 0 {
		if len(s) <= c.Limit {
			return len(s)
		}
		end := c.Limit
		for c.Kind == String && end > 0 && !utf8.RuneStart(s[end]) {
			end--
		}
		return end
	}
	if len(s) <= c.Length || c.Blank && len(strings.TrimRight(s, " ")) <= c.Length {
		return len(s)
	}
	if c.Kind == Bytes {
		return c.Length
	}
	characters := 0
	for at := range s {
		if characters == c.Length {
			if c.Blank && strings.Trim(s[at:], " ") == "" {
				break
			}
			return at
		}
		characters++
	}
	return len(s)
}

// size describes for an error the length of a value and the length that the column allows.
func (c *Column) size(v driver.Value) string {
	s, err := c.text(v, false)
	switch {
	case err != nil:
		return err.Error()
	case c.Limit > 0:
		return fmt.Sprintf("%d bytes, but the limit is %d", len(s), c.Limit)
	case c.Kind == Bytes:
		return fmt.Sprintf("%d bytes, but the column has %d", len(s), c.Length)
	default:
		return fmt.Sprintf("%d characters, but the column has %d", utf8.RuneCountInString(s), c.Length)
	}
}
