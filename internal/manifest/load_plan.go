package manifest

import (
	"fmt"
	"slices"

	"github.com/oralake/oralake/internal/department"
)

// Plan is how a table is to be loaded in one run.
type Plan struct {
	// Parallel splits the load, in DMS's words; nil leaves it as it is.
	Parallel *department.Parallel
	LOBMaxKB int // the limit of its LOBs; 0 leaves it as it is
}

// WithLoadPlans is the job as it is after plans for some of its tables, by SCHEMA.TABLE: the same as if they were written in the
// department's file.
func (j Job) WithLoadPlans(plans map[string]Plan) (Job, error) {
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
