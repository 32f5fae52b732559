package manifest

import (
	"fmt"
	"slices"

	"github.com/oralake/oralake/internal/department"
)

// Plan is how one run loads a table. The database check makes it for settings that are "auto" in the department's file.
type Plan struct {
	Parallel *department.Parallel // how the load is split; nil keeps what the mappings say
	LOBMaxKB int                  // the table's LOB limit in KB; 0 keeps what the mappings say
}

// WithLoadPlans returns the job with plans for some of its tables, by SCHEMA.TABLE. The result is the same as if the
// department's file held the planned values. The error is that of mappings or settings that this package did not write.
func (j Job) WithLoadPlans(plans map[string]Plan) (Job, error) {
	planned := j
	planned.Tasks = slices.Clone(j.Tasks)
	for i := range planned.Tasks {
		if err := planned.Tasks[i].applyPlans(plans); err != nil {
			return Job{}, err
		}
		if err := planned.Tasks[i].checkMappings("write a smaller tablesPerTask in the job, or parallel: none in some of its tables"); err != nil {
			return Job{}, err
		}
	}
	return planned, nil
}

// applyPlans rewrites the mappings and settings of a task.
func (t *Task) applyPlans(plans map[string]Plan) error {
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
		w.replaceTableSettings(locator{Schema: table.Schema, Table: table.Name}, plans[name].Parallel, limits[name], largest)
	}
	if t.Mappings, err = encode(mappings{Rules: w.rules}); err == nil {
		t.Settings, err = encode(own)
	}
	if err != nil {
		return fmt.Errorf("write the plan into task %s: %w", t.Name, err)
	}
	return nil
}

// replaceTableSettings replaces the table-settings rule of a table, adds it after the table's other rules, or removes it
// if the table needs none. Then it numbers all rules again. A nil parallel keeps the table's present parallel load.
func (w *writer) replaceTableSettings(at locator, parallel *department.Parallel, lob, taskLOB int) {
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
	inTable := false // whether r is one of the table's rules
	for _, r := range before {
		if inTable && r.startsNextTable() {
			w.tableSettings(at, kept, lob, taskLOB)
			inTable = false
		}
		switch {
		case r.selects() && r.Locator.Schema == at.Schema && r.Locator.Table == at.Table:
			inTable = true
		case r.Type == tableSettings && r.Locator == at:
			continue
		}
		w.renumber(r)
	}
	if inTable {
		w.tableSettings(at, kept, lob, taskLOB)
	}
}

// startsNextTable reports whether the rules of the previous table end before this rule.
func (r rule) startsNextTable() bool {
	return r.selects() || r.Locator.Table == anyName
}
