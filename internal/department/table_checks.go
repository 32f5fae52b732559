package department

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/yamlschema"
)

// checkTable checks those keys of a table together that may contradict each other.
func checkTable(d *yamlschema.Decoder, n *yamlschema.Node, t *Table) {
	checkExcluded(d, n, t)
	checkConditions(d, n.Get("filter"), t.Filters)
	checkSplitView(d, n, t)
}

// checkExcluded refuses excluded columns that DMS cannot remove, or that a filter or a range needs. DMS cannot transform a column with a
// special character in its name (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Transformations). The
// only such character in unquoted Oracle names is #.
func checkExcluded(d *yamlschema.Decoder, n *yamlschema.Node, t *Table) {
	for i, column := range t.Exclude {
		item := n.Get("exclude").Item(i)
		filter := slices.IndexFunc(t.Filters, func(f Filter) bool { return f.Column == column })
		switch {
		case item == nil || item.Refused():
		case strings.Contains(column, "#"):
			d.Refuse(item, yamlschema.Faultf("remove it from exclude",
				"column %s cannot be excluded: DMS cannot transform a column with # in its name", column))
		case filter >= 0:
			d.Refuse(item, yamlschema.Faultf("exclude another column, or filter by another",
				"column %s is excluded, but a filter (line %d) needs it", column, n.Get("filter").Item(filter).Line))
		case t.Parallel != nil && slices.Contains(t.Parallel.Columns, column):
			d.Refuse(item, yamlschema.Faultf("exclude another column, or write ranges of another",
				"column %s is excluded, but the ranges (line %d) need it", column, n.Get("parallel").Line))
		}
	}
}

// checkConditions refuses two conditions on one column if DMS does not allow both, or if together they keep more rows than
// a reader expects. A row needs to satisfy only one of several conditions on a column. A negative condition must be the
// only one on its column (CHAP_Tasks.CustomizingTasks.Filters).
func checkConditions(d *yamlschema.Decoder, filter *yamlschema.Node, conditions []Filter) {
	for i, f := range conditions {
		item := filter.Item(i)
		if item == nil || !item.Has("column") {
			continue
		}
		for k, earlier := range conditions[:i] {
			at := item
			if earlier.negative() && !f.negative() {
				at = filter.Item(k)
			}
			if fault := conflict(earlier, f); fault != nil && !at.Refused() {
				other := filter.Item(k).Line
				if at != item {
					other = item.Line
				}
				fault.What = fmt.Sprintf("%s (the other condition is in line %d)", fault.What, other)
				d.Refuse(at, fault)
				break
			}
		}
	}
}

// negative reports whether the condition excludes some rows and keeps all others.
func (f Filter) negative() bool {
	return f.Operator == "noteq" || f.Operator == "notbetween" || f.Operator == "notnull"
}

// key returns the condition's operator as the file writes it.
func (f Filter) key() string {
	switch f.Operator {
	case "null":
		return "isNull: true"
	case "notnull":
		return "isNull: false"
	default:
		return f.Operator
	}
}

// conflict returns why conditions a and b of one table exclude each other, or nil. b is later in the file.
func conflict(a, b Filter) *yamlschema.Fault {
	if a.Column != b.Column || a.Operator == "" || b.Operator == "" {
		return nil
	}
	ops := func(x, y string) bool {
		return a.Operator == x && b.Operator == y || a.Operator == y && b.Operator == x
	}
	switch {
	case a == b:
		return yamlschema.Faultf("remove one of them", "the same condition on column %s is here twice", a.Column)
	case a.negative() || b.negative():
		fix := "keep one of them"
		switch {
		case ops("null", "notnull"):
			fix = "remove both, which together keep every row"
		case a.Operator == "noteq" && b.Operator == "noteq":
			fix = "keep one of them, or use notbetween"
		}
		return yamlschema.Faultf(fix, "the conditions %s and %s on column %s cannot be combined: DMS takes noteq, notbetween "+
			"and isNull: false only as the only condition on their column", a.key(), b.key(), a.Column)
	case ops("gte", "lte"):
		low, high := a.Value, b.Value
		if a.Operator == "lte" {
			low, high = high, low
		}
		if order, known := compare(low, high); known && order > 0 || low == "" || high == "" {
			return nil
		}
		return yamlschema.Faultf(
			fmt.Sprintf("write one condition, between or notbetween: [%s, %s]", yamlschema.Clipped(low), yamlschema.Clipped(high)),
			"the conditions %s and %s on column %s need not both hold: of several conditions on one column, one is enough",
			a.Operator, b.Operator, a.Column)
	}
	return nil
}

// checkRanges refuses boundaries that do not have a value for each column, or that are known not to ascend.
func checkRanges(d *yamlschema.Decoder, n *yamlschema.Node, p *Parallel) {
	boundaries := n.Get("boundaries")
	if !n.Has("columns") || !n.Has("boundaries") {
		return
	}
	var before []string
	for i, values := range p.Boundaries {
		item := boundaries.Item(i)
		if item == nil || item.Refused() || slices.ContainsFunc(item.Items, func(v *yamlschema.Node) bool { return v.Refused() }) {
			return
		}
		if len(values) != len(p.Columns) {
			d.Refuse(item, yamlschema.Faultf("write one value for each column", "the boundary has %d %s for %d %s",
				len(values), yamlschema.Plural(len(values), "value"), len(p.Columns), yamlschema.Plural(len(p.Columns), "column")))
			return
		}
		if before != nil && !ascends(before, values) {
			d.Refuse(item, yamlschema.Faultf("put the boundaries in ascending order, each once",
				"the boundary is not above the previous one: its range would be empty"))
			return
		}
		before = values
	}
}

// ascends reports whether boundary b may be above boundary a. It returns false only if b is certainly not above a.
func ascends(a, b []string) bool {
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		order, known := compare(a[i], b[i])
		if !known || order < 0 {
			return true
		}
		if order > 0 {
			return false
		}
	}
	return false
}
