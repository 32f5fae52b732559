package oracle

import (
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Filter is a condition on the rows that are counted, as in the department's file. Conditions on different columns must all
// hold. Of several conditions on one column, one is enough (CHAP_Tasks.CustomizingTasks.Filters).
type Filter struct {
	Column   string
	Operator string // eq, noteq, gte, lte, between, notbetween, null or notnull
	Value    string
	From, To string
}

// condition returns the table's filters as a WHERE clause with its arguments.
func (c *counter) condition() (string, []any, error) {
	var columns []string
	byColumn := map[string][]string{}
	var args []any
	for _, f := range c.loaded.Table.Filters {
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
		// Oracle ignores trailing spaces only if both sides are CHAR. A literal is CHAR, a bound text is not.
		case kind == "CHAR":
			return "CAST(:" + name + " AS CHAR(2000))"
		case kind == "NCHAR":
			return "CAST(:" + name + " AS NCHAR(1000))"
		case kind == "DATE" || strings.HasPrefix(kind, "TIMESTAMP"):
			if strings.Contains(v, ".") { // TO_DATE has no fractions of a second (ORA-01830)
				return "TO_TIMESTAMP(:" + name + ", '" + dateModel(v) + ".FF')"
			}
			return "TO_DATE(:" + name + ", '" + dateModel(v) + "')"
		default:
			return ":" + name
		}
	}
	if f.Operator != "null" && f.Operator != "notnull" {
		switch {
		case strings.HasSuffix(kind, "TIME ZONE"):
			c.filterDoubt = f.Column + " has a time zone, and DMS's session may have another one, so its filter may keep other rows"
		case kind == "CHAR" || kind == "NCHAR":
			c.filterDoubt = f.Column + " is a " + kind + ", and it is not documented how DMS compares trailing spaces in a filter"
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
	return "", fmt.Errorf("unknown filter operator %q", f.Operator)
}

// numberModel returns Oracle's format model of a number in plain digits.
func numberModel(v string) string {
	whole, fraction, found := strings.Cut(strings.TrimPrefix(v, "-"), ".")
	model := strings.Repeat("9", max(len(whole), 1))
	if found {
		model += "D" + strings.Repeat("9", max(len(fraction), 1))
	}
	return model
}

// dateModel returns Oracle's format model of a date of the department's file.
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
