package mapping

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oralake/oralake/test/oracledb"
)

// Filter decides which rows of a table a task migrates. A row is migrated when any rule accepts it. A rule accepts a row
// when all filters of the rule accept it. A filter accepts a row when any of its conditions is true. The zero Filter
// accepts every row.
type Filter struct {
	rules [][]filter
}

type filter struct {
	column     string
	conditions []condition
}

type condition struct {
	operator string
	values   []string
}

// operators maps each source filter operator to its SQL, in which %s stands for the column, and to its number of values.
var operators = map[string]struct {
	sql    string
	values int
}{
	"lte":        {"%s <= ?", 1},
	"ste":        {"%s <= ?", 1},
	"gte":        {"%s >= ?", 1},
	"eq":         {"%s = ?", 1},
	"noteq":      {"%s <> ?", 1},
	"between":    {"%s BETWEEN ? AND ?", 2},
	"notbetween": {"%s NOT BETWEEN ? AND ?", 2},
	"null":       {"%s IS NULL", 0},
	"notnull":    {"%s IS NOT NULL", 0},
}

func parseFilter(r filterRule) (filter, error) {
	f := filter{column: r.Column}
	switch {
	case r.Type != "source":
		return f, fmt.Errorf("filter-type %q: only source is implemented", r.Type)
	case r.Column == "":
		return f, errors.New("a filter needs a column-name")
	case len(r.Conditions) == 0:
		return f, errors.New("a filter needs filter-conditions")
	}
	for _, c := range r.Conditions {
		op, ok := operators[c.Operator]
		if !ok {
			return f, fmt.Errorf("filter-operator %q is not implemented", c.Operator)
		}
		var want, other []*text
		switch op.values {
		case 0:
			other = []*text{c.Value, c.Start, c.End}
		case 1:
			want, other = []*text{c.Value}, []*text{c.Start, c.End}
		case 2:
			want, other = []*text{c.Start, c.End}, []*text{c.Value}
		}
		if slices.Contains(want, nil) || slices.ContainsFunc(other, func(t *text) bool { return t != nil }) {
			return f, fmt.Errorf("filter-operator %s takes %s", c.Operator,
				[]string{"no value", "value", "start-value and end-value"}[op.values])
		}
		values := make([]string, len(want))
		for i, v := range want {
			values[i] = string(*v)
		}
		f.conditions = append(f.conditions, condition{c.Operator, values})
	}
	return f, nil
}

// Where returns the filter as an SQL condition with its arguments. Values compare by the types of the columns. The
// condition is empty when the filter accepts every row. Where fails when a column does not exist, is a LOB, or cannot
// hold a value of the filter.
func (f Filter) Where(columns []oracledb.Column) (string, []any, error) {
	var rules []string
	var args []any
	for _, filters := range f.rules {
		if len(filters) == 0 {
			return "", nil, nil
		}
		var all []string
		for _, one := range filters {
			sql, values, err := one.where(columns)
			if err != nil {
				return "", nil, err
			}
			all = append(all, sql)
			args = append(args, values...)
		}
		rules = append(rules, "("+strings.Join(all, " AND ")+")")
	}
	return strings.Join(rules, " OR "), args, nil
}

func (f filter) where(columns []oracledb.Column) (string, []any, error) {
	i := slices.IndexFunc(columns, func(c oracledb.Column) bool { return c.Name == f.column })
	if i < 0 {
		return "", nil, fmt.Errorf(`ORA-00904: "%s": invalid identifier`, f.column)
	}
	if columns[i].Type.LOB() {
		return "", nil, fmt.Errorf("filter on %s: a LOB column cannot be filtered", f.column)
	}
	var conditions []string
	var args []any
	for _, c := range f.conditions {
		conditions = append(conditions, fmt.Sprintf(operators[c.operator].sql, oracledb.Quote(f.column)))
		for _, v := range c.values {
			arg, err := Literal(columns[i].Type, v)
			if err != nil {
				return "", nil, fmt.Errorf("filter on %s: %w", f.column, err)
			}
			args = append(args, arg)
		}
	}
	return "(" + strings.Join(conditions, " OR ") + ")", args, nil
}

// Literal converts a value of a mapping document to the value that a source stores for a column of type t. It fails with
// Oracle's error when the value is not valid for the type.
func Literal(t oracledb.Type, value string) (any, error) {
	switch {
	case t.Numeric():
		if n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil {
			return n, nil
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, fmt.Errorf("ORA-01722: invalid number: %q", value)
		}
		return n, nil
	case t.Name == "DATE" || t.Name == "TIMESTAMP":
		for _, layout := range []string{"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", time.DateOnly} {
			if at, err := time.Parse(layout, value); err == nil {
				return oracledb.FormatTime(at), nil
			}
		}
		return nil, fmt.Errorf("ORA-01861: literal does not match format string: %q: want 2006-01-02 or 2006-01-02 15:04:05",
			value)
	case t.Name == "CHAR" || t.Name == "NCHAR":
		// Oracle ignores trailing blanks when it compares these types, and the source stores no trailing blanks.
		return strings.TrimRight(value, " "), nil
	default:
		return value, nil
	}
}
