package manifest

import "github.com/oralake/oralake/internal/department"

// filter keeps the rows for which at least one of its conditions holds. If a rule has several filters, a row must pass all
// of them (CHAP_Tasks.CustomizingTasks.Filters).
type filter struct {
	Type       string      `json:"filter-type"`
	Column     string      `json:"column-name"`
	Conditions []condition `json:"filter-conditions"`
}

// condition compares a column with a value, with a range, or with NULL. The operator decides which fields are set.
type condition struct {
	Operator string `json:"filter-operator"`
	Value    string `json:"value,omitempty"`
	Start    string `json:"start-value,omitempty"`
	End      string `json:"end-value,omitempty"`
}

// wildcardClasses are DMS patterns for the characters that an underscore, read as a wildcard, matches in an unquoted
// Oracle name, without the underscore itself. Letters beyond ASCII are missing: DMS has no pattern for "any character
// except this one".
var wildcardClasses = []string{"[A-Z]", "[0-9]", "[$#]"}

// selection adds the rules that select one table, and only that table.
//
// The rule action "explicit" reads names literally. But DMS applies filters only to rules with the action "include", and
// only to tables with exact names (CHAP_Tasks.CustomizingTasks.Filters). A name with an escape, such as [_], is not an
// exact name. So a table with filters is included by its plain name, and its lookalikes (names that match if its
// underscores are wildcards) are excluded. An exclusion has priority over an inclusion.
func (w *writer) selection(t department.Table) {
	at := locator{Schema: t.Schema, Table: t.Name}
	if t.View {
		at.Type = "view"
	}
	if len(t.Filters) == 0 {
		w.add("select", rule{Type: "selection", Action: "explicit", Locator: at})
		return
	}
	w.add("select", rule{Type: "selection", Action: "include", Locator: at, Filters: filtersOf(t.Filters)})
	for _, schema := range lookalikes(t.Schema) {
		w.add("not", rule{Type: "selection", Action: "exclude", Locator: locator{Schema: schema, Table: t.Name, Type: at.Type}})
	}
	for _, table := range lookalikes(t.Name) {
		w.add("not", rule{Type: "selection", Action: "exclude", Locator: locator{Schema: t.Schema, Table: table, Type: at.Type}})
	}
}

// lookalikes returns patterns for all names that match name if its underscores are wildcards, except name itself.
func lookalikes(name string) []string {
	var patterns []string
	for i, r := range name {
		if r != '_' {
			continue
		}
		for _, class := range wildcardClasses {
			patterns = append(patterns, name[:i]+class+name[i+1:])
		}
	}
	return patterns
}

// filtersOf groups conditions by column, in the order in which the columns first appear.
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
