package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/oralake/oralake/internal/department"
)

// Detail is what a task's mappings and settings say of one of its tables, besides its names.
type Detail struct {
	Filters  []department.Filter
	Exclude  []string // columns that stay behind
	LOBMaxKB int
	Split    string // how its load is split, in DMS's words; empty for not at all
}

// Details reads what a task does with each of its tables, by SCHEMA.TABLE. The error is that of a document which is not
// one of ours.
func (t Task) Details() (map[string]Detail, error) {
	all, own, err := t.read()
	if err != nil {
		return nil, err
	}
	details := make(map[string]Detail, len(t.Tables))
	for _, table := range t.Tables {
		d := Detail{LOBMaxKB: own.TargetMetadata.LobMaxSize}
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

// Plan is how a table is to be loaded in one run.
type Plan struct {
	// Parallel splits the load, in DMS's words; nil leaves it as it is.
	Parallel *department.Parallel
	LOBMaxKB int // the limit of its LOBs; 0 leaves it as it is
}

// Planned is the job as it is after plans for some of its tables, by SCHEMA.TABLE: the same as if they were written in the
// department's file.
func (j Job) Planned(plans map[string]Plan) (Job, error) {
	planned := j
	planned.Tasks = slices.Clone(j.Tasks)
	for i := range planned.Tasks {
		if err := planned.Tasks[i].plan(plans); err != nil {
			return Job{}, err
		}
	}
	return planned, nil
}

// plan rewrites the mappings and settings of a task.
func (t *Task) plan(plans map[string]Plan) error {
	all, own, err := t.read()
	if err != nil {
		return err
	}
	details, err := t.Details()
	if err != nil {
		return err
	}
	limits, largest := map[string]int{}, 0
	for name, d := range details {
		limits[name] = d.LOBMaxKB
		if p := plans[name]; p.LOBMaxKB > 0 {
			limits[name] = p.LOBMaxKB
		}
		largest = max(largest, limits[name])
	}
	own.TargetMetadata.LobMaxSize = largest
	w := &writer{rules: all.Rules}
	for _, table := range t.Tables {
		name := table.String()
		w.resettle(locator{Schema: table.Schema, Table: table.Name}, plans[name].Parallel, limits[name], largest)
	}
	if t.Mappings, err = encode(mappings{Rules: w.rules}); err == nil {
		t.Settings, err = encode(own)
	}
	if err != nil {
		return fmt.Errorf("write the plan into task %s: %w", t.Name, err)
	}
	return nil
}

// resettle gives a table its table-settings rule, among the other rules of the table, or takes it away, and numbers the
// rules anew.
func (w *writer) resettle(at locator, parallel *department.Parallel, lob, taskLOB int) {
	before := w.rules
	w.rules = nil
	var kept *parallelLoad
	for _, r := range before {
		if r.Type == tableSettings && r.Locator == at {
			kept = r.ParallelLoad
		}
	}
	if parallel != nil {
		kept = parallelOf(parallel)
	}
	mine := false
	for _, r := range before {
		if mine && r.startsAnother() {
			w.settle(at, kept, lob, taskLOB)
			mine = false
		}
		switch {
		case r.Type == "selection" && r.Action != "exclude" && r.Locator == at:
			mine = true
		case r.Type == tableSettings && r.Locator == at:
			continue
		}
		w.again(r)
	}
	if mine {
		w.settle(at, kept, lob, taskLOB)
	}
}

// startsAnother says that the rules of the table before are over.
func (r rule) startsAnother() bool {
	return r.Type == "selection" && r.Action != "exclude" || r.Locator.Table == anything
}
