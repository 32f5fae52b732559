package manifest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// ChangedTables compares two DMS mapping documents. It lists the tables, as SCHEMA.TABLE, that both documents select and
// for which the later document gives other filters, other columns or another name in the lake. Rows already in the lake
// keep the old columns and filters, and DMS applies the later rules only to a new task. The error is that of a document that is not JSON.
func ChangedTables(before, after []byte) ([]string, error) {
	var old, current mappings
	if err := json.Unmarshal(before, &old); err != nil {
		return nil, fmt.Errorf("read table mappings: %w", err)
	}
	if err := json.Unmarshal(after, &current); err != nil {
		return nil, fmt.Errorf("read table mappings: %w", err)
	}
	var names []string
	for _, r := range current.Rules {
		if !r.selects() {
			continue
		}
		rules := old.contentRules(r.Locator)
		if len(rules) > 0 && !reflect.DeepEqual(rules, current.contentRules(r.Locator)) {
			names = append(names, r.Locator.Schema+"."+r.Locator.Table)
		}
	}
	return names, nil
}

// ContentHashes returns, by SCHEMA.TABLE, a hash of the rules that decide which rows and columns of a table come to the lake, and
// under which name. It has the tables that the document selects. The error is that of a document that is not JSON.
func ContentHashes(document []byte, tables []Table) (map[string]string, error) {
	var all mappings
	if err := json.Unmarshal(document, &all); err != nil {
		return nil, fmt.Errorf("read table mappings: %w", err)
	}
	hashes := map[string]string{}
	for _, t := range tables {
		rules := all.contentRules(locator{Schema: t.Schema, Table: t.Name})
		if len(rules) == 0 {
			continue
		}
		content, err := json.Marshal(rules)
		if err != nil {
			return nil, fmt.Errorf("write the rules of table %s: %w", t, err)
		}
		sum := sha256.Sum256(content)
		hashes[t.String()] = hex.EncodeToString(sum[:])
	}
	return hashes, nil
}

// selects reports whether the rule is a selection rule that includes its table.
func (r rule) selects() bool { return r.Type == "selection" && r.Action != "exclude" }

// contentRules returns the rules that decide which rows and columns of a table come to the lake, and under which name.
// Table-settings rules, which decide only how the table is read, are not among them. The result is empty for a table that
// the document does not select.
func (m mappings) contentRules(table locator) (rules []rule) {
	selected := false
	for _, r := range m.Rules {
		applies := r.Locator.Table == table.Table || r.Locator.Table == "" // "" is a rule for the whole schema
		ofTable := r.Locator.Schema == table.Schema && applies
		ofAll := r.Locator.Schema == anyName // a rule that adds a column to all tables
		if !ofTable && !ofAll || r.Type == tableSettings || r.Action == "exclude" {
			continue
		}
		selected = selected || r.selects()
		r.ID, r.Name = "", "" // Both depend on the rules of other tables.
		rules = append(rules, r)
	}
	if !selected {
		return nil
	}
	slices.SortFunc(rules, func(a, b rule) int { // Columns excluded in another order are no change.
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Locator.Column, b.Locator.Column),
			cmp.Compare(a.Value, b.Value))
	})
	return rules
}

// SelectedTables returns the tables that a mapping document of this package selects, by their names at the source, in the
// order of the document. A rule that selects by a wildcard or without a name is an error: this package writes no such
// rule.
func SelectedTables(source []byte) ([]Table, error) {
	var all mappings
	if err := json.Unmarshal(source, &all); err != nil {
		return nil, fmt.Errorf("read table mappings: %w", err)
	}
	var tables []Table
	for _, r := range all.Rules {
		if !r.selects() {
			continue
		}
		if strings.ContainsAny(r.Locator.Schema+r.Locator.Table, "%[]") || r.Locator.Schema == "" || r.Locator.Table == "" {
			return nil, fmt.Errorf("read table mappings: rule %s selects %s.%s, which is not the name of one table: "+
				"oralake did not write this document", r.ID, r.Locator.Schema, r.Locator.Table)
		}
		tables = append(tables, Table{Schema: r.Locator.Schema, Name: r.Locator.Table})
	}
	return tables, nil
}
