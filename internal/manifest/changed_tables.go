package manifest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// ChangedTables lists the tables of two mapping documents, SCHEMA.TABLE, of which the later one takes other rows or other
// columns, or that it brings to another place. What came by the earlier one is not so in the lake.
func ChangedTables(before, after []byte) ([]string, error) {
	var was, is mappings
	if err := json.Unmarshal(before, &was); err != nil {
		return nil, fmt.Errorf("read table mappings: %w", err)
	}
	if err := json.Unmarshal(after, &is); err != nil {
		return nil, fmt.Errorf("read table mappings: %w", err)
	}
	var names []string
	for _, r := range is.Rules {
		if !r.selects() {
			continue
		}
		shape := was.shape(r.Locator)
		if len(shape) > 0 && !reflect.DeepEqual(shape, is.shape(r.Locator)) {
			names = append(names, r.Locator.Schema+"."+r.Locator.Table)
		}
	}
	return names, nil
}

// selects says that the rule names a table that is loaded.
func (r rule) selects() bool { return r.Type == "selection" && r.Action != "exclude" }

// shape is what the rules say of a table, without how it is read; empty for one that they do not select.
func (m mappings) shape(table locator) (rules []rule) {
	selected := false
	for _, r := range m.Rules {
		own := r.Locator.Table == table.Table || r.Locator.Table == "" // a rule of the whole schema
		if r.Locator.Schema != table.Schema || !own || r.Type == tableSettings || r.Action == "exclude" {
			continue
		}
		selected = selected || r.selects()
		r.ID, r.Name = "", "" // They count the rules of other tables.
		rules = append(rules, r)
	}
	if !selected {
		return nil
	}
	slices.SortFunc(rules, func(a, b rule) int { // The order in which columns are excluded matters to nobody.
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Locator.Column, b.Locator.Column))
	})
	return rules
}

// SelectedTables are the tables that a mapping document of ours selects, by their names at the source, in its order. A document
// that somebody else wrote, with wildcards or in another form, is an error.
func SelectedTables(source []byte) ([]Table, error) {
	var all mappings
	if err := json.Unmarshal(source, &all); err != nil {
		return nil, fmt.Errorf("read table mappings: %w", err)
	}
	var tables []Table
	for _, r := range all.Rules {
		if r.Type != "selection" || r.Action == "exclude" {
			continue
		}
		if strings.ContainsAny(r.Locator.Schema+r.Locator.Table, "%[]") || r.Locator.Schema == "" || r.Locator.Table == "" {
			return nil, fmt.Errorf("read table mappings: rule %s selects %s.%s, which is no single table: "+
				"the document is not one of ours", r.ID, r.Locator.Schema, r.Locator.Table)
		}
		tables = append(tables, Table{Schema: r.Locator.Schema, Name: r.Locator.Table})
	}
	return tables, nil
}
