package oracle

import (
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Filter keeps rows in a count as the table's filter keeps them in the load: conditions on different columns must all
// hold, of several on one column one suffices (CHAP_Tasks.CustomizingTasks.Filters).
type Filter struct {
	Column   string
	Operator string // eq, noteq, gte, lte, between, notbetween, null, notnull
	Value    string
	From, To string
}

// condition is the filter as SQL.
func (c *counter) condition() (string, []any, error) {
	var columns []string
	byColumn := map[string][]string{}
	var args []any
	for _, f := range c.arrival.Table.Filters {
		one, err := c.compare(f, &args)
		if err != nil {
			return "", nil, err
		}
		if !slices.Contains(columns, f.Column) {
			columns = append(columns, f.Column)
		}
		byColumn[f.Column] = append(byColumn[f.Column], one)
	}
	if len(columns) == 0 {
		return "", nil, nil
	}
	all := make([]string, len(columns))
	for i, column := range columns {
		all[i] = "(" + strings.Join(byColumn[column], " OR ") + ")"
	}
	return " WHERE " + strings.Join(all, " AND "), args, nil
}

func (c *counter) compare(f Filter, args *[]any) (string, error) {
	kind, ok := c.kinds[f.Column]
	if !ok {
		return "", fmt.Errorf("the table has no column %s", f.Column)
	}
	value := func(v string) string {
		name := "v" + strconv.Itoa(len(*args)+1)
		*args = append(*args, sql.Named(name, v))
		switch {
		case kind == "NUMBER" || kind == "FLOAT":
			return "TO_NUMBER(:" + name + ", '" + numberModel(v) + "', 'NLS_NUMERIC_CHARACTERS=''.,''')"
		// Trailing spaces count unless both sides are CHAR, as a literal is and a bound text is not.
		case kind == "CHAR":
			return "CAST(:" + name + " AS CHAR(2000))"
		case kind == "NCHAR":
			return "CAST(:" + name + " AS NCHAR(1000))"
		case kind == "DATE" || strings.HasPrefix(kind, "TIMESTAMP"):
			return "TO_DATE(:" + name + ", '" + dateModel(v) + "')"
		default:
			return ":" + name
		}
	}
	if f.Operator != "null" && f.Operator != "notnull" {
		switch {
		case strings.HasSuffix(kind, "TIME ZONE"):
			c.unsure = f.Column + " has a time zone, and the filter may keep other rows in DMS's session, whose zone may be another"
		case kind == "CHAR" || kind == "NCHAR":
			c.unsure = f.Column + " is a " + kind + ", and whether DMS heeds trailing spaces in the filter is not documented"
		}
	}
	column := quote(f.Column)
	switch f.Operator {
	case "eq":
		return column + " = " + value(f.Value), nil
	case "noteq":
		return column + " <> " + value(f.Value), nil
	case "gte":
		return column + " >= " + value(f.Value), nil
	case "lte":
		return column + " <= " + value(f.Value), nil
	case "between":
		return column + " BETWEEN " + value(f.From) + " AND " + value(f.To), nil
	case "notbetween":
		return column + " NOT BETWEEN " + value(f.From) + " AND " + value(f.To), nil
	case "null":
		return column + " IS NULL", nil
	case "notnull":
		return column + " IS NOT NULL", nil
	}
	return "", fmt.Errorf("filter operator %q is not one of this package", f.Operator)
}

// numberModel is the format of a number that is written in plain digits.
func numberModel(v string) string {
	whole, fraction, found := strings.Cut(strings.TrimPrefix(v, "-"), ".")
	model := strings.Repeat("9", max(len(whole), 1))
	if found {
		model += "D" + strings.Repeat("9", max(len(fraction), 1))
	}
	return model
}

// dateModel is the format of a date of the department's file.
func dateModel(v string) string {
	model := "YYYY-MM-DD"
	switch {
	case len(v) >= len("2006-01-02 15:04:05"):
		model += " HH24:MI:SS"
	case len(v) > len("2006-01-02"):
		model += " HH24:MI"
	}
	if strings.Contains(v, "T") {
		model = strings.Replace(model, " ", `"T"`, 1)
	}
	return model
}
