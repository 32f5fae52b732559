// Package mapping reads DMS table mappings and applies them to the tables of a source. The mappings decide which tables
// and rows a task migrates, which names the target uses, and in which segments a table is read.
//
// Parse refuses a rule, an action or an attribute that is not implemented. The error names it.
package mapping

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/oracledb"
)

// Mapping is a table-mapping document, read and checked.
type Mapping struct {
	selections      []selection
	transformations []transformation
	additions       []addition
	settings        map[oracledb.Table]Settings

	selecting, transforming, adding rules // index the slices above by table
}

type selection struct {
	schema, table pattern
	tables, views bool // what table-type selects
	action        string
	order         int
	filters       []filter
}

// maxBytes is the size of the largest document that DMS takes: 2 MB.
const maxBytes = 2 << 20

// Parse reads and checks a table-mapping document. An error about a rule names the id of the rule.
func Parse(mappings string) (*Mapping, error) {
	if len(mappings) > maxBytes {
		return nil, fmt.Errorf("the document has %d bytes, and the limit is 2 MB", len(mappings))
	}
	var d document
	if err := decodeStrict([]byte(mappings), &d); err != nil {
		return nil, fmt.Errorf("not a table mappings document: %w", err)
	}
	if len(d.Rules) == 0 {
		return nil, errors.New("the document has no rules")
	}
	m := &Mapping{settings: map[oracledb.Table]Settings{}}
	ids, names := map[text]bool{}, map[text]bool{}
	for i, raw := range d.Rules {
		var h header
		if err := json.Unmarshal(raw, &h); err != nil {
			return nil, fmt.Errorf("rule %d is malformed: %w", i+1, err)
		}
		if err := m.add(h, raw, ids, names); err != nil {
			return nil, fmt.Errorf("rule with ruleId = %s failed validation: %w", h.ID, err)
		}
	}
	if len(m.selections) == 0 {
		return nil, errors.New("at least one selection rule is required")
	}
	return m, nil
}

func (m *Mapping) add(h header, raw json.RawMessage, ids, names map[text]bool) error {
	switch {
	case h.ID == "":
		return errors.New("rule-id is missing")
	case ids[h.ID]:
		return errors.New("rule-id is not unique")
	case h.Name == "":
		return errors.New("rule-name is missing")
	case names[h.Name]:
		return fmt.Errorf("rule-name %s is not unique", h.Name)
	}
	ids[h.ID], names[h.Name] = true, true
	switch h.Type {
	case "selection":
		return m.addSelection(raw)
	case "transformation":
		return m.addTransformation(raw)
	case "table-settings":
		return m.addSettings(raw)
	case "":
		return errors.New("rule-type is missing")
	default:
		return fmt.Errorf("rule-type %s is not implemented", h.Type)
	}
}

func (m *Mapping) addSelection(raw json.RawMessage) error {
	var r selectionRule
	if err := decodeStrict(raw, &r); err != nil {
		return err
	}
	if r.Locator.Schema == "" || r.Locator.Table == "" {
		return errors.New("object-locator needs schema-name and table-name")
	}
	if r.Locator.Column != "" {
		return errors.New("object-locator of a selection rule takes no column-name")
	}
	s := selection{action: r.Action}
	switch r.Locator.Type {
	case "", "table":
		s.tables = true
	case "view":
		s.views = true
	case "all":
		s.tables, s.views = true, true
	default:
		return fmt.Errorf("table-type %q is not one of table, view, all", r.Locator.Type)
	}
	var err error
	if s.order, err = r.LoadOrder.number("load-order", 0); err != nil {
		return err
	}
	switch r.Action {
	case "include", "exclude":
		s.schema, err = wildcards(r.Locator.Schema)
		if err == nil {
			s.table, err = wildcards(r.Locator.Table)
		}
		if err != nil {
			return err
		}
	case "explicit":
		s.schema, s.table = literal(r.Locator.Schema), literal(r.Locator.Table)
	default:
		return fmt.Errorf("rule-action %q of a selection rule is not one of include, exclude, explicit", r.Action)
	}
	// Filters need an exact table name (DMS User Guide, CHAP_Tasks.CustomizingTasks.Filters). An underscore is a wildcard
	// too, but many exact names contain one, so it is accepted.
	if len(r.Filters) > 0 && r.Action != "include" {
		return errors.New("filters are only for rule-action include")
	}
	if len(r.Filters) > 0 && strings.ContainsAny(r.Locator.Schema+r.Locator.Table, "%[") {
		return errors.New("filters are only for a table with an exact name: remove the wildcards")
	}
	for _, f := range r.Filters {
		checked, err := parseFilter(f)
		if err != nil {
			return err
		}
		s.filters = append(s.filters, checked)
	}
	m.selecting.add(len(m.selections), s.schema, s.table)
	m.selections = append(m.selections, s)
	return nil
}

// Selected is a table or view that a task migrates.
type Selected struct {
	Table oracledb.Table
	// Missing is true when a rule names the table explicitly and the source does not have it, or has only a view of that name
	// and the rule is for tables, or the reverse.
	Missing bool
	// Filter decides which rows the task migrates.
	Filter Filter
	order  int
}

// Select returns the tables and views that the rules select. Those with a higher load-order come first; those with the same
// load-order are sorted by name. tables and views are all that the task can see of the source. A rule selects a view only if
// its table-type says so: the default is "table" (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Selections).
func (m *Mapping) Select(tables, views []oracledb.Table) []Selected {
	missing := map[oracledb.Table]bool{}
	for _, s := range m.selections {
		if s.action == "explicit" {
			missing[oracledb.Table{Schema: s.schema.text, Name: s.table.text}] = true
		}
	}
	var all []Selected
	for _, t := range tables {
		if s, ok := m.selected(t, selection.ofTables); ok {
			delete(missing, t)
			all = append(all, s)
		}
	}
	for _, v := range views {
		if s, ok := m.selected(v, selection.ofViews); ok {
			delete(missing, v)
			all = append(all, s)
		}
	}
	for t := range missing {
		if s, ok := m.selected(t, selection.ofAny); ok {
			s.Missing = true
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b Selected) int {
		return cmp.Or(cmp.Compare(b.order, a.order), cmp.Compare(a.Table.Schema, b.Table.Schema),
			cmp.Compare(a.Table.Name, b.Table.Name))
	})
	return all
}

func (s selection) ofTables() bool { return s.tables }
func (s selection) ofViews() bool  { return s.views }
func (s selection) ofAny() bool    { return true }

// Filter decides which rows of a table the rules migrate. It is that of Select.
func (m *Mapping) Filter(t oracledb.Table) Filter {
	s, _ := m.selected(t, selection.ofAny)
	return s.Filter
}

// selected returns what the rules for which applies holds say about a table or view.
func (m *Mapping) selected(t oracledb.Table, applies func(selection) bool) (Selected, bool) {
	out, included := Selected{Table: t}, false
	for _, i := range m.selecting.of(t) {
		s := &m.selections[i]
		if !applies(*s) || !s.schema.matches(t.Schema) || !s.table.matches(t.Name) {
			continue
		}
		if s.action == "exclude" {
			return Selected{}, false
		}
		included = true
		out.order = max(out.order, s.order)
		// A row is migrated when any of the rules accepts it.
		out.Filter.rules = append(out.Filter.rules, s.filters)
	}
	return out, included
}
