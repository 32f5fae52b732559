package mapping

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/oracledb"
)

// Matches reports whether the filter accepts a row, with the same result as the SQL of Where. row has a value for each
// of columns. Matches fails when Where fails.
func (f Filter) Matches(columns []oracledb.Column, row []driver.Value) (bool, error) {
	if len(f.rules) == 0 {
		return true, nil
	}
	accepted := false
	for _, filters := range f.rules {
		all := true
		for _, one := range filters {
			ok, err := one.matches(columns, row)
			if err != nil {
				return false, err
			}
			all = all && ok
		}
		accepted = accepted || all
	}
	return accepted, nil
}

func (f filter) matches(columns []oracledb.Column, row []driver.Value) (bool, error) {
	if _, _, err := f.where(columns); err != nil {
		return false, err
	}
	i := slices.IndexFunc(columns, func(c oracledb.Column) bool { return c.Name == f.column })
	for _, c := range f.conditions {
		arguments := make([]driver.Value, len(c.values))
		for j, v := range c.values {
			literal, err := Literal(columns[i].Type, v)
			if err != nil {
				return false, err
			}
			arguments[j] = literal
		}
		if c.holds(row[i], arguments) {
			return true, nil
		}
	}
	return false, nil
}

// holds reports whether the condition is true for v, as in SQL: with a null, every comparison is false.
func (c condition) holds(v driver.Value, arguments []driver.Value) bool {
	switch c.operator {
	case "null":
		return v == nil
	case "notnull":
		return v != nil
	}
	if v == nil {
		return false
	}
	first := compare(v, arguments[0])
	switch c.operator {
	case "lte", "ste":
		return first <= 0
	case "gte":
		return first >= 0
	case "eq":
		return first == 0
	case "noteq":
		return first != 0
	}
	between := first >= 0 && compare(v, arguments[1]) <= 0
	return between == (c.operator == "between")
}

// compare orders values as SQLite does: numbers come first, then texts, then blobs.
func compare(a, b driver.Value) int {
	rank := func(v driver.Value) int {
		switch v.(type) {
		case int64, float64:
			return 0
		case string:
			return 1
		default:
			return 2
		}
	}
	if by := cmp.Compare(rank(a), rank(b)); by != 0 || rank(a) == 2 {
		return cmp.Or(by, strings.Compare(fmt.Sprintf("%s", a), fmt.Sprintf("%s", b)))
	}
	if rank(a) == 1 {
		return strings.Compare(a.(string), b.(string))
	}
	i, whole := a.(int64)
	j, wholeToo := b.(int64)
	if whole && wholeToo {
		return cmp.Compare(i, j)
	}
	return cmp.Compare(float(a), float(b))
}

func float(v driver.Value) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	return v.(float64)
}
