package manifest

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/oralake/oralake/internal/department"
)

// TableRules is what a task's mappings and settings say of one of its tables, besides its names.
type TableRules struct {
	Filters  []department.Filter
	Exclude  []string // columns that stay behind
	LOBMaxKB int
	Split    string // how its load is split, in DMS's words; empty for not at all
}

// Details reads what a task does with each of its tables, by SCHEMA.TABLE. The error is that of a document which is not
// one of ours.
func (t Task) Details() (map[string]TableRules, error) {
	all, own, err := t.read()
	if err != nil {
		return nil, err
	}
	details := make(map[string]TableRules, len(t.Tables))
	for _, table := range t.Tables {
		d := TableRules{LOBMaxKB: own.TargetMetadata.LobMaxSize}
		for _, r := range all.Rules {
			if r.Locator.Schema != table.Schema || r.Locator.Table != table.Name {
				continue
			}
			switch {
			case r.Type == "selection" && r.Action != "exclude":
				d.Filters = conditionsOf(r.Filters)
			case r.Action == "remove-column":
				d.Exclude = append(d.Exclude, r.Locator.Column)
			case r.Type == tableSettings:
				if d.LOBMaxKB, err = r.lob(d.LOBMaxKB); err != nil {
					return nil, fmt.Errorf("task %s, table %s: %w", t.Name, table, err)
				}
				if r.ParallelLoad != nil {
					d.Split = r.ParallelLoad.Type
				}
			}
		}
		details[table.String()] = d
	}
	return details, nil
}

// read decodes the documents of a task.
func (t Task) read() (m mappings, s settings, err error) {
	if err := json.Unmarshal(t.Mappings, &m); err != nil {
		return m, s, fmt.Errorf("read the mappings of task %s: %w", t.Name, err)
	}
	if err := json.Unmarshal(t.Settings, &s); err != nil {
		return m, s, fmt.Errorf("read the settings of task %s: %w", t.Name, err)
	}
	return m, s, nil
}

// lob is the limit of a table-settings rule in KB; the task's own when it has none.
func (r rule) lob(task int) (int, error) {
	if r.LOBSettings == nil {
		return task, nil
	}
	return strconv.Atoi(r.LOBSettings.BulkMaxSize)
}

// conditionsOf is the reverse of filtersOf.
func conditionsOf(filters []filter) (all []department.Filter) {
	for _, f := range filters {
		for _, c := range f.Conditions {
			all = append(all, department.Filter{Column: f.Column, Operator: c.Operator, Value: c.Value, From: c.Start, To: c.End})
		}
	}
	return all
}
