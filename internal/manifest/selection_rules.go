package manifest

import "github.com/oralake/oralake/internal/department"

// filter keeps the rows for which one of its conditions holds. Several filters must all hold
// (CHAP_Tasks.CustomizingTasks.Filters).
type filter struct {
	Type       string      `json:"filter-type"`
	Column     string      `json:"column-name"`
	Conditions []condition `json:"filter-conditions"`
}

// condition compares a column with one value, two values or none, as its operator wants.
type condition struct {
	Operator string `json:"filter-operator"`
	Value    string `json:"value,omitempty"`
	Start    string `json:"start-value,omitempty"`
	End      string `json:"end-value,omitempty"`
}

// lookalikes are the characters, other than the underscore itself, that an underscore can stand for in an unquoted
// Oracle name. Letters beyond ASCII are left out: DMS has no way to write "any character but this".
var lookalikes = []string{"[A-Z]", "[0-9]", "[$#]"}

// selection selects one table, by its exact name.
//
// The rule action "explicit" takes names literally, but DMS applies filters only to rules with the action "include",
// and only to tables with exact names (CHAP_Tasks.CustomizingTasks.Filters); an escape such as [_] is no exact name.
// So a filtered table is included by its plain name, and every name that its underscores could also stand for is
// excluded. An exclusion wins over an inclusion.
func (w *writer) selection(t department.Table) {
	at := locator{Schema: t.Schema, Table: t.Name}
	if len(t.Filters) == 0 {
		w.add("select", rule{Type: "selection", Action: "explicit", Locator: at})
		return
	}
	w.add("select", rule{Type: "selection", Action: "include", Locator: at, Filters: filtersOf(t.Filters)})
	for _, schema := range others(t.Schema) {
		w.add("not", rule{Type: "selection", Action: "exclude", Locator: locator{Schema: schema, Table: t.Name}})
	}
	for _, table := range others(t.Name) {
		w.add("not", rule{Type: "selection", Action: "exclude", Locator: locator{Schema: t.Schema, Table: table}})
	}
}

// others are patterns for all names that match a name when its underscores are wildcards, but not the name itself.
func others(name string) []string {
	var patterns []string
	for i, r := range name {
		if r != '_' {
			continue
		}
		for _, class := range lookalikes {
			patterns = append(patterns, name[:i]+class+name[i+1:])
		}
	}
	return patterns
}

// filtersOf gathers conditions by column, in the order in which the columns first appear.
func filtersOf(wanted []department.Filter) []filter {
	var out []filter
	place := map[string]int{}
	for _, f := range wanted {
		i, ok := place[f.Column]
		if !ok {
			i = len(out)
			place[f.Column] = i
			out = append(out, filter{Type: "source", Column: f.Column})
		}
		out[i].Conditions = append(out[i].Conditions, conditionOf(f))
	}
	return out
}

func conditionOf(f department.Filter) condition {
	c := condition{Operator: f.Operator}
	switch f.Operator {
	case "eq", "noteq", "gte", "lte":
		c.Value = f.Value
	case "between", "notbetween":
		c.Start, c.End = f.From, f.To
	}
	return c
}
