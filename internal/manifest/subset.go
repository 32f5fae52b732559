package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/oralake/oralake/internal/yamlschema"
)

// WithTables returns the job with only some of its tables, named SCHEMA.TABLE as in the file. Tasks keep their names.
// Tasks without any of these tables are left out. A table that the job does not have is an error.
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
		return Job{}, j.unknownTables(unknown)
	}
	return some, nil
}

// unknownTables is the error of names that are no table of the job. It names at most ten of them.
func (j Job) unknownTables(names []string) error {
	const maxNames = 10
	var known, missing []string
	for _, task := range j.Tasks {
		for _, table := range task.Tables {
			known = append(known, table.String())
		}
	}
	for _, name := range names[:min(len(names), maxNames)] {
		if near := yamlschema.Nearest(name, known); near != "" {
			name += " (did you mean " + near + "?)"
		}
		missing = append(missing, name)
	}
	what := strings.Join(missing, " and no table ")
	if more := len(names) - len(missing); more > 0 {
		what += fmt.Sprintf(", and %d more", more)
	}
	return fmt.Errorf("job %s has no table %s; write names from the job's list, as SCHEMA.TABLE", j.Name, what)
}

// BackfillTask returns the task JOB-backfill, of type full-load, which loads tables of a cdc job once in full. It writes
// to the folder of their changes and replaces the files that are there. Its rows have the same columns as the changes. The
// tables are named SCHEMA.TABLE as in the file. A table that the job does not have is an error.
func (j Job) BackfillTask(tables []string) (Task, error) {
	some, err := j.WithTables(tables)
	if err != nil {
		return Task{}, err
	}
	if len(some.Tasks) != 1 {
		return Task{}, fmt.Errorf("backfill of job %s: %d tasks have these tables: a backfill is one task, of a cdc job",
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

// BackfillName returns the name of the task that BackfillTask returns.
func (j Job) BackfillName() string { return j.Name + "-backfill" }

// rulesFor returns the mappings without the rules for tables that are not in kept. Rules for a schema of kept and rules
// for all tables stay. Exclusions stay too: they exclude tables that no job lists.
func rulesFor(source json.RawMessage, kept []Table) (json.RawMessage, error) {
	var all mappings
	if err := json.Unmarshal(source, &all); err != nil {
		return nil, err
	}
	all.Rules = slices.DeleteFunc(all.Rules, func(r rule) bool {
		applies := slices.ContainsFunc(kept, func(t Table) bool {
			return r.Locator.Schema == t.Schema && (r.Locator.Table == t.Name || r.Locator.Table == "")
		})
		return !applies && r.Locator.Table != anyName && r.Action != "exclude"
	})
	return encode(all)
}
