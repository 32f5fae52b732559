package manifest

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/oralake/oralake/internal/department"
)

// TableRules is what a task's mappings and settings say about one of its tables, without the table's names.
type TableRules struct {
	Filters  []department.Filter
	Exclude  []string // columns that are not loaded
	LOBMaxKB int
	Split    string // the parallel-load type, such as ranges; empty if the table is read by one thread
	// RangeColumns and Partitions are the columns or the partitions by which the load is split, if the file names them.
	RangeColumns, Partitions []string
}

// Details reads the rules for each table of the task, by SCHEMA.TABLE. The error is that of mappings or settings that
// this package did not write.
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
			case r.selects():
				d.Filters = conditionsOf(r.Filters)
			case r.Action == "remove-column":
				d.Exclude = append(d.Exclude, r.Locator.Column)
			case r.Type == tableSettings:
				if d.LOBMaxKB, err = r.lobLimit(d.LOBMaxKB); err != nil {
					return nil, fmt.Errorf("task %s, table %s: %w", t.Name, table, err)
				}
				if r.ParallelLoad != nil {
					d.Split, d.RangeColumns, d.Partitions = r.ParallelLoad.Type, r.ParallelLoad.Columns, r.ParallelLoad.Partitions
				}
			}
		}
		details[table.String()] = d
	}
	return details, nil
}

// read decodes the mappings and settings of a task.
func (t Task) read() (m mappings, s settings, err error) {
	if err := json.Unmarshal(t.Mappings, &m); err != nil {
		return m, s, fmt.Errorf("read the mappings of task %s: %w", t.Name, err)
	}
	if err := json.Unmarshal(t.Settings, &s); err != nil {
		return m, s, fmt.Errorf("read the settings of task %s: %w", t.Name, err)
	}
	return m, s, nil
}

// lobLimit returns the LOB limit of a table-settings rule in KB. A rule without one has the task's limit.
func (r rule) lobLimit(taskLimit int) (int, error) {
	if r.LOBSettings == nil {
		return taskLimit, nil
	}
	return strconv.Atoi(r.LOBSettings.BulkMaxSize)
}

// conditionsOf turns DMS filters back into the conditions of the department's file. It is the reverse of filtersOf.
func conditionsOf(filters []filter) (all []department.Filter) {
	for _, f := range filters {
		for _, c := range f.Conditions {
			all = append(all, department.Filter{Column: f.Column, Operator: c.Operator, Value: c.Value, From: c.Start, To: c.End})
		}
	}
	return all
}
