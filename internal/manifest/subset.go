package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Only is the job with some of its tables, named SCHEMA.TABLE as in the file: tasks keep their names, and those that
// none of the tables is in fall away. A table that the job does not have is an error.
func (j Job) Only(names []string) (Job, error) {
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

// rulesFor leaves out the rules that were made for other tables. Rules for a whole schema stay, and so do exclusions:
// they keep tables out that are on nobody's list.
func rulesFor(source json.RawMessage, kept []Table) (json.RawMessage, error) {
	var all mappings
	if err := json.Unmarshal(source, &all); err != nil {
		return nil, err
	}
	all.Rules = slices.DeleteFunc(all.Rules, func(r rule) bool {
		mine := slices.ContainsFunc(kept, func(t Table) bool {
			return r.Locator.Schema == t.Schema && (r.Locator.Table == t.Name || r.Locator.Table == "")
		})
		return !mine && r.Action != "exclude"
	})
	return encode(all)
}
