package department

import (
	"fmt"
	"slices"

	"github.com/oralake/oralake/internal/yamlschema"
)

// checkTable looks at a table's filters and columns together.
func checkTable(d *yamlschema.Decoder, n *yamlschema.Node, t *Table) {
	filters, exclude := n.Get("filter"), n.Get("exclude")
	for i, column := range t.Exclude {
		item := exclude.Item(i)
		if item == nil || item.Refused() {
			continue
		}
		if slices.ContainsFunc(t.Filters, func(f Filter) bool { return f.Column == column }) {
			d.Refuse(item, yamlschema.Faultf("exclude another column, or filter by another",
				"column %s is excluded, but a filter needs it", column))
		}
	}
	for i, f := range t.Filters {
		item := filters.Item(i)
		if item == nil || !item.Has("column") {
			continue
		}
		for _, earlier := range t.Filters[:i] {
			if fault := alternatives(earlier, f); fault != nil {
				d.Report(item.Pos, fault.What, fault.Fix)
				break
			}
		}
	}
}

// alternatives is what is wrong with two conditions on one column, of which DMS lets a row satisfy either
// (CHAP_Tasks.CustomizingTasks.Filters). Written as if both had to hold, they often keep every row there is.
func alternatives(a, b Filter) *yamlschema.Fault {
	if a.Column != b.Column || a.Operator == "" || b.Operator == "" {
		return nil
	}
	ops := func(x, y string) bool {
		return a.Operator == x && b.Operator == y || a.Operator == y && b.Operator == x
	}
	apart := fmt.Sprintf(
		"the conditions %s and %s on column %s need not both hold: of several on one column, one suffices",
		a.Operator, b.Operator, a.Column)
	switch {
	case a == b:
		return &yamlschema.Fault{What: "the same condition on column " + a.Column + " is here twice", Fix: "remove one of them"}
	case ops("gte", "lte"):
		low, high := a.Value, b.Value
		if a.Operator == "lte" {
			low, high = high, low
		}
		if order, known := compare(low, high); known && order > 0 || low == "" || high == "" {
			return nil
		}
		return &yamlschema.Fault{What: apart, Fix: fmt.Sprintf("write one condition, between or notbetween: [%s, %s]", yamlschema.Clipped(low), yamlschema.Clipped(high))}
	case ops("null", "notnull"):
		return &yamlschema.Fault{What: apart, Fix: "remove both: together they keep every row"}
	case a.Operator == "noteq" && b.Operator == "noteq":
		return &yamlschema.Fault{What: apart, Fix: "keep one of them, or use notbetween: together they keep every row"}
	case ops("eq", "noteq"):
		return &yamlschema.Fault{What: apart, Fix: "remove one of them"}
	}
	return nil
}

// checkRanges wants boundaries that fit the columns and ascend, as far as that can be seen without the database.
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
				"the boundary is not above the one before it: its range would be empty"))
			return
		}
		before = values
	}
}

// ascends says whether b may be above a: only what is known to be otherwise is denied.
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
