package oracle

import (
	"regexp"
	"slices"
	"strings"
)

const (
	noColumn    = "oralake-no-such-column"
	filterValue = "oralake-filter-value"
	writeDate   = "write a date as 2024-12-31 or 2024-12-31 23:59:59"
)

// checkNamed checks that the table has the columns that the department's file names, and that the values of its filters
// match the columns' types. DMS does not report these mistakes well. It ignores an excluded column that does not exist, and
// loads the column that the author meant. For a filter that it cannot evaluate, it reports only "Table error".
func (c *checker) checkNamed(t Table, d *tableInfo) {
	if c.lost[queryColumns.name] {
		return
	}
	for _, name := range t.Exclude {
		if _, ok := d.column(name); !ok {
			c.fail(t, name, noColumn, d.columnChoices(), "the file excludes column %s, which the table does not have", name)
		}
	}
	for _, f := range t.Filters {
		col, ok := d.column(f.Column)
		if !ok {
			c.fail(t, f.Column, noColumn, d.columnChoices(), "the file filters by column %s, which the table does not have", f.Column)
			continue
		}
		for _, value := range []string{f.Value, f.From, f.To} {
			if want := col.valueFix(value); value != "" && want != "" {
				c.fail(t, f.Column, filterValue, want, "the file filters by the value %q, and the column is of type %s",
					value, col.kind)
			} else if strings.HasPrefix(col.kind, "TIMESTAMP") && strings.Contains(value, ".") {
				c.warn(t, f.Column, filterValue, writeDate, "the file filters by the value %q: whether DMS reads fractions of a second in a filter is "+
					"not documented", value)
			}
		}
	}
}

// checkFilters reports filters that DMS evaluates badly (CHAP_Tasks.CustomizingTasks.Filters: filters are for columns that are not LOBs
// and never change).
func (c *checker) checkFilters(t Table, d *tableInfo) {
	if c.lost[queryColumns.name] {
		return
	}
	keyKnown := !c.lost[queryKeys.name] && !c.lost[queryIndexColumns.name]
	var seen []string
	for _, f := range t.Filters {
		col, ok := d.column(f.Column)
		if !ok || slices.Contains(seen, f.Column) {
			continue
		}
		seen = append(seen, f.Column)
		switch kind := digits.ReplaceAllString(col.kind, ""); {
		case col.isLOB() || kind == xmlType || strings.HasPrefix(kind, "LONG") || col.owner != "" || !slices.Contains(readTypes, kind):
			c.fail(t, f.Column, "oralake-filter-on-lob", "filter by another column",
				"the file filters by column %s of type %s: DMS evaluates filters only of columns that are not LOBs", f.Column, col.kind)
		case col.absent():
			c.fail(t, f.Column, "oralake-filter-on-absent-column", "filter by another column",
				"the file filters by column %s, which is hidden or virtual: DMS does not read it", f.Column)
		case c.needs.CDC && keyKnown && !slices.Contains(d.rowKey(), f.Column):
			c.warn(t, f.Column, "oralake-filter-on-changing-column", "filter by a column of the key, or "+toFullLoad,
				"the file filters by column %s: if an update changes it, DMS may not delete the row in the lake, or not insert it", f.Column)
		}
	}
}

// columnChoices returns the fix for an unknown column: a list of the table's columns.
func (d *tableInfo) columnChoices() string {
	var names []string
	for _, c := range d.columns {
		if !c.generated() {
			names = append(names, c.name)
		}
	}
	return choose("write one of its columns: ", names)
}

var (
	decimalValue = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)$`)
	// The form of dates in filters of the DMS guide (CHAP_Tasks.CustomizingTasks.Filters), with or without a time of day.
	dateValue = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$`)
)

// valueFix returns how to write a filter's value for the column, or "" if the value is valid.
func (c column) valueFix(value string) string {
	switch {
	case (c.kind == "NUMBER" || c.kind == "FLOAT") && !decimalValue.MatchString(value):
		return "write a number, such as 12.5"
	case (c.kind == "DATE" || strings.HasPrefix(c.kind, "TIMESTAMP")) && !dateValue.MatchString(value),
		c.kind == "DATE" && strings.Contains(value, "."): // a DATE has no fraction of a second: ORA-01830
		return writeDate
	}
	return ""
}
