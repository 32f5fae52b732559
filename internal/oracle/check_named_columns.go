package oracle

import (
	"regexp"
	"strings"
)

const noColumn = "oralake-no-such-column"

// checkNamed looks for the columns that the department's file names, and at whether the values of its filters are of the
// columns' types. Of an excluded column that is not there DMS says nothing, and loads the one that was meant; of a filter
// that cannot be evaluated it says no more than "Table error".
func (c *checker) checkNamed(t Table, d *described) {
	if c.lost[queryColumns.name] {
		return
	}
	for _, name := range t.Exclude {
		if _, ok := d.column(name); !ok {
			c.fail(t, name, noColumn, d.columnsInWords(), "the file excludes a column %s, which the table does not have", name)
		}
	}
	for _, f := range t.Filters {
		col, ok := d.column(f.Column)
		if !ok {
			c.fail(t, f.Column, noColumn, d.columnsInWords(), "the file filters by a column %s, which the table does not have", f.Column)
			continue
		}
		for _, value := range []string{f.Value, f.From, f.To} {
			if want := col.refuses(value); value != "" && want != "" {
				c.fail(t, f.Column, "oralake-filter-value", want, "the file filters by the value %q, and the column is of type %s",
					value, col.kind)
			}
		}
	}
}

// columnsInWords is what may have been meant.
func (d *described) columnsInWords() string {
	const most = 30
	var names []string
	for _, c := range d.columns {
		if !c.generated() {
			names = append(names, c.name)
		}
	}
	if len(names) > most {
		names = append(names[:most:most], "...")
	}
	return "write one of its columns: " + strings.Join(names, ", ")
}

var (
	decimalValue = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)$`)
	// As the DMS guide writes dates in filters (CHAP_Tasks.CustomizingTasks.Filters), the time of day added or not.
	dateValue = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$`)
)

// refuses says how the value of a filter on the column is to be written, if it is not so.
func (c column) refuses(value string) string {
	switch {
	case (c.kind == "NUMBER" || c.kind == "FLOAT") && !decimalValue.MatchString(value):
		return "write a number, such as 12.5"
	case (c.kind == "DATE" || strings.HasPrefix(c.kind, "TIMESTAMP")) && !dateValue.MatchString(value):
		return "write a date as 2024-12-31 or 2024-12-31 23:59:59"
	}
	return ""
}
