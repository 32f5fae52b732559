package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/oracledb"
)

type transformation struct {
	target                string // "schema", "table" or "column"
	schema, table, column pattern
	action                string
	value, old            string
}

// renaming are the actions that change a name, with whether they need value and old-value.
var renaming = map[string]struct{ value, old bool }{
	"rename": {true, false}, "convert-lowercase": {}, "convert-uppercase": {},
	"add-prefix": {true, false}, "remove-prefix": {true, false}, "replace-prefix": {true, true},
	"add-suffix": {true, false}, "remove-suffix": {true, false}, "replace-suffix": {true, true},
}

func (m *Mapping) addTransformation(raw json.RawMessage) error {
	var r transformationRule
	// The members below belong to actions that are refused, and a refusal should name the action.
	var action struct {
		Action string `json:"rule-action"`
		Target string `json:"rule-target"`
	}
	if err := json.Unmarshal(raw, &action); err != nil {
		return err
	}
	if _, ok := renaming[action.Action]; !ok && action.Action != "remove-column" && action.Action != "add-column" {
		return fmt.Errorf("rule-action %q of a transformation is not implemented", action.Action)
	}
	if err := strictly(raw, &r); err != nil {
		return err
	}
	if r.Action == "add-column" {
		return m.addAddition(r)
	}
	if r.Expression != nil || r.DataType != nil {
		return fmt.Errorf("rule-action %s takes no expression and no data-type", r.Action)
	}
	t := transformation{target: r.Target, action: r.Action}
	needs := renaming[r.Action]
	if (r.Value != nil) != needs.value || (r.OldValue != nil) != needs.old {
		return fmt.Errorf("rule-action %s takes %s", r.Action, takes(needs.value, needs.old))
	}
	if r.Value != nil {
		t.value = *r.Value
	}
	if r.OldValue != nil {
		t.old = *r.OldValue
	}
	if r.Action == "remove-column" && r.Target != "column" {
		return errors.New("remove-column has rule-target column")
	}
	return m.addTransformed(t, r)
}

func (m *Mapping) addTransformed(t transformation, r transformationRule) error {
	if r.Locator.Type != "" {
		return fmt.Errorf("table-type %s is not implemented", r.Locator.Type)
	}
	has := []bool{r.Locator.Schema != "", r.Locator.Table != "", r.Locator.Column != ""}
	want, ok := map[string][]bool{
		"schema": {true, false, false}, "table": {true, true, false}, "column": {true, true, true},
	}[t.target]
	if !ok {
		return fmt.Errorf("rule-target %q is not implemented", t.target)
	}
	if !slices.Equal(has, want) {
		return fmt.Errorf("object-locator of rule-target %s has %s", t.target, map[string]string{
			"schema": "schema-name only", "table": "schema-name and table-name",
			"column": "schema-name, table-name and column-name",
		}[t.target])
	}
	var err error
	if t.schema, err = wildcards(r.Locator.Schema); err != nil {
		return err
	}
	if t.table, err = wildcards(r.Locator.Table); err != nil {
		return err
	}
	if t.column, err = wildcards(r.Locator.Column); err != nil {
		return err
	}
	if t.target == "schema" {
		m.transforming.addWild(len(m.transformations))
	} else {
		m.transforming.add(len(m.transformations), t.schema, t.table)
	}
	m.transformations = append(m.transformations, t)
	return nil
}

func takes(value, old bool) string {
	switch {
	case old:
		return "value and old-value"
	case value:
		return "value only"
	default:
		return "no value"
	}
}

// Target is the table that a source table becomes.
type Target struct {
	Schema, Table string
	// Columns are those that arrive, in the order of the source.
	Columns []TargetColumn
	// Added are those that come after them.
	Added []AddedColumn
}

// TargetColumn is a column and its name at the target.
type TargetColumn struct {
	oracledb.Column
	As string
}

// Target applies the transformations, in the order of the document. Each looks at the names of the source.
func (m *Mapping) Target(t oracledb.Table, columns []oracledb.Column) (Target, error) {
	out := Target{Schema: t.Schema, Table: t.Name}
	transforming := m.transforming.of(t)
	for _, i := range transforming {
		r := &m.transformations[i]
		if !r.schema.matches(t.Schema) {
			continue
		}
		switch {
		case r.target == "schema":
			out.Schema = r.apply(out.Schema)
		case r.target == "table" && r.table.matches(t.Name):
			out.Table = r.apply(out.Table)
		}
	}
	names := map[string]bool{}
	for _, c := range columns {
		as, kept := m.column(transforming, t, c.Name)
		if !kept {
			continue
		}
		if names[as] {
			return out, fmt.Errorf("two columns of %s would be named %s at the target", t, as)
		}
		names[as] = true
		out.Columns = append(out.Columns, TargetColumn{c, as})
	}
	out.Added = m.added(t)
	for _, a := range out.Added {
		if names[a.As] {
			return out, fmt.Errorf("two columns of %s would be named %s at the target", t, a.As)
		}
		names[a.As] = true
	}
	if len(out.Columns) == 0 {
		return out, fmt.Errorf("no column of %s is left", t)
	}
	return out, nil
}

// column is the name that a column gets from some of the transformations.
func (m *Mapping) column(transforming []int, t oracledb.Table, name string) (as string, kept bool) {
	as = name
	for _, i := range transforming {
		r := &m.transformations[i]
		if r.target != "column" || !r.schema.matches(t.Schema) || !r.table.matches(t.Name) || !r.column.matches(name) {
			continue
		}
		if r.action == "remove-column" {
			return "", false
		}
		as = r.apply(as)
	}
	return as, true
}

func (r transformation) apply(name string) string {
	switch r.action {
	case "rename":
		return r.value
	case "convert-lowercase":
		return strings.ToLower(name)
	case "convert-uppercase":
		return strings.ToUpper(name)
	case "add-prefix":
		return r.value + name
	case "remove-prefix":
		return strings.TrimPrefix(name, r.value)
	case "replace-prefix":
		if rest, ok := strings.CutPrefix(name, r.old); ok {
			return r.value + rest
		}
	case "add-suffix":
		return name + r.value
	case "remove-suffix":
		return strings.TrimSuffix(name, r.value)
	case "replace-suffix":
		if rest, ok := strings.CutSuffix(name, r.old); ok {
			return rest + r.value
		}
	}
	return name
}
