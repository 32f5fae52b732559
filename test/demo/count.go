package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/oracledb"
)

// CountSource counts the rows of a table at the source that pass its filters. It does not use the table mappings, so that
// it is an independent check of them.
func (w *World) CountSource(ctx context.Context, t department.Table) (int64, error) {
	byColumn := map[string][]string{}
	var columns []string
	values := map[string][]any{}
	for _, f := range t.Filters {
		condition, arguments, err := compare(f)
		if err != nil {
			return 0, fmt.Errorf("count %s: %w", t, err)
		}
		if byColumn[f.Column] == nil {
			columns = append(columns, f.Column)
		}
		byColumn[f.Column] = append(byColumn[f.Column], condition)
		values[f.Column] = append(values[f.Column], arguments...)
	}
	var all []string
	var arguments []any
	for _, column := range columns {
		all = append(all, "("+strings.Join(byColumn[column], " OR ")+")")
		arguments = append(arguments, values[column]...)
	}
	return w.database.CountWhere(ctx, oracledb.Table{Schema: t.Schema, Name: t.Name}, strings.Join(all, " AND "), arguments...)
}

// compare returns a filter as an SQL condition with its arguments.
func compare(f department.Filter) (condition string, arguments []any, err error) {
	column := oracledb.Quote(f.Column)
	switch f.Operator {
	case "eq":
		return column + " = ?", []any{f.Value}, nil
	case "noteq":
		return column + " <> ?", []any{f.Value}, nil
	case "gte":
		return column + " >= ?", []any{f.Value}, nil
	case "lte":
		return column + " <= ?", []any{f.Value}, nil
	case "between":
		return column + " BETWEEN ? AND ?", []any{f.From, f.To}, nil
	case "notbetween":
		return column + " NOT BETWEEN ? AND ?", []any{f.From, f.To}, nil
	case "null":
		return column + " IS NULL", nil, nil
	case "notnull":
		return column + " IS NOT NULL", nil, nil
	default:
		return "", nil, fmt.Errorf("unknown filter operator %q", f.Operator)
	}
}
