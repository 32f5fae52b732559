package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// WithTables is the job with some of its tables, named SCHEMA.TABLE as in the file: tasks keep their names, and those that
// none of the tables is in fall away. A table that the job does not have is an error.
func (j Job) WithTables(names []string) (Job, error) {
	unknown := slices.Clone(names)
	some := j
	some.Tasks = nil
	for _, task := range j.Tasks {
		var kept []Table
		for _, table := range task.Tables {
			if slices.Contains(names, table.String()) {
				kept = append(kept, table)
				unknown = slices.DeleteFunc(unknown, func(name string) bool { return name == table.String() })
			}
		}
		if len(kept) == 0 {
			continue
		}
		selected, err := rulesFor(task.Mappings, kept)
		if err != nil {
			return Job{}, fmt.Errorf("choose tables of task %s: %w", task.Name, err)
		}
		task.Tables, task.Mappings = kept, selected
		some.Tasks = append(some.Tasks, task)
	}
	if len(unknown) > 0 {
		return Job{}, fmt.Errorf("job %s has no table %s: name tables of its list, as SCHEMA.TABLE",
			j.Name, strings.Join(unknown, " and no table "))
	}
	return some, nil
}

// BackfillTask is the task that loads tables of a cdc job once in full, below the same folder as their changes, in place of
// what is there: JOB-backfill, of type full-load. Its rows have the same columns. The tables are named SCHEMA.TABLE as in
// the file; one that the job does not have is an error.
func (j Job) BackfillTask(tables []string) (Task, error) {
	some, err := j.WithTables(tables)
	if err != nil {
		return Task{}, err
	}
	if len(some.Tasks) != 1 {
		return Task{}, fmt.Errorf("backfill of job %s: it has %d tasks with these tables: a backfill is made of one",
			j.Name, len(some.Tasks))
	}
	task := some.Tasks[0]
	task.Name = j.BackfillName()
	var s settings
	if err := json.Unmarshal(task.Settings, &s); err != nil {
		return Task{}, fmt.Errorf("read the settings of task %s: %w", j.Tasks[0].Name, err)
	}
	s.FullLoadSettings.TargetTablePrepMode = dropAndCreate
	s.ErrorBehavior.FailOnTransactionConsistencyBreached = false
	if task.Settings, err = encode(s); err != nil {
		return Task{}, fmt.Errorf("write the settings of task %s: %w", task.Name, err)
	}
	return task, nil
}

// BackfillName is the name of the task that BackfillTask makes.
func (j Job) BackfillName() string { return j.Name + "-backfill" }

// rulesFor leaves out the rules that were made for other tables. Rules for a whole schema, or for all tables, stay, and
// so do exclusions: they keep tables out that are on nobody's list.
func rulesFor(source json.RawMessage, kept []Table) (json.RawMessage, error) {
	var all mappings
	if err := json.Unmarshal(source, &all); err != nil {
		return nil, err
	}
	all.Rules = slices.DeleteFunc(all.Rules, func(r rule) bool {
		mine := slices.ContainsFunc(kept, func(t Table) bool {
			return r.Locator.Schema == t.Schema && (r.Locator.Table == t.Name || r.Locator.Table == "")
		})
		return !mine && r.Locator.Table != anything && r.Action != "exclude"
	})
	return encode(all)
}
