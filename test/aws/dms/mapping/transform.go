package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/oralake/oralake/test/oracledb"
)

// transformation renames a schema, a table or a column, or removes a column.
type transformation struct {
	target                string // "schema", "table" or "column"
	schema, table, column pattern
	removes               bool
	name                  string // new name; empty when it removes
}

func (m *Mapping) addTransformation(raw json.RawMessage) error {
	var r transformationRule
	// Read the action first: a refused action may have unknown members, and the error must name the action, not the
	// members.
	var action struct {
		Action string `json:"rule-action"`
		Target string `json:"rule-target"`
	}
	if err := json.Unmarshal(raw, &action); err != nil {
		return err
	}
	if !slices.Contains([]string{"rename", "remove-column", "add-column"}, action.Action) {
		return fmt.Errorf("rule-action %q of a transformation is not implemented", action.Action)
	}
	if err := decodeStrict(raw, &r); err != nil {
		return err
	}
	if r.Action == "add-column" {
		return m.addAddition(r)
	}
	if r.Expression != nil || r.DataType != nil {
		return fmt.Errorf("rule-action %s takes no expression and no data-type", r.Action)
	}
	t := transformation{target: r.Target, removes: r.Action == "remove-column"}
	switch {
	case t.removes && r.Value != nil:
		return errors.New("rule-action remove-column takes no value")
	case t.removes && r.Target != "column":
		return errors.New("remove-column needs rule-target column")
	case !t.removes && r.Value == nil:
		return errors.New("rule-action rename needs value")
	case !t.removes:
		t.name = *r.Value
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
		return fmt.Errorf("object-locator of rule-target %s needs %s", t.target, map[string]string{
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

// Target is the target table of a source table.
type Target struct {
	Schema, Table string
	// Columns are the source columns that are migrated, in the order of the source.
	Columns []TargetColumn
	// Added are the columns that follow Columns and exist only at the target.
	Added []AddedColumn
}

// TargetColumn is a column and its name at the target.
type TargetColumn struct {
	oracledb.Column
	As string
}

// Target applies the transformations to a table, in the order of the document. Each transformation matches the names of
// the source, not the new names. Target fails when two columns get the same name or when no column remains.
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
			out.Schema = r.name
		case r.target == "table" && r.table.matches(t.Name):
			out.Table = r.name
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
		return out, fmt.Errorf("all columns of %s are removed", t)
	}
	return out, nil
}

// column returns the target name of a column. transforming are the transformations that may apply to the table. kept is
// false when a transformation removes the column.
func (m *Mapping) column(transforming []int, t oracledb.Table, name string) (as string, kept bool) {
	as = name
	for _, i := range transforming {
		r := &m.transformations[i]
		if r.target != "column" || !r.schema.matches(t.Schema) || !r.table.matches(t.Name) || !r.column.matches(name) {
			continue
		}
		if r.removes {
			return "", false
		}
		as = r.name
	}
	return as, true
}
