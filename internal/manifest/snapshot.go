package manifest

import (
	"fmt"
	"slices"
	"strings"
)

// SnapshotSchema returns the schema in the lake to which the run of that name loads the tables of a schema: SCHEMA__RUN. Each run has
// a name of its own, so no run writes to a folder that another one has written.
func SnapshotSchema(schema, run string) string { return schema + "__" + run }

// ForSnapshot returns the full-load job as the run of that name loads it: each task renames its schemas to SnapshotSchema. DMS takes
// one action for each object (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Transformations), so the new name
// replaces the one in the department's file. Tables keep the TargetSchema of the file: readers know them by that name. The error is
// that of mappings that this package did not write.
func (j Job) ForSnapshot(run string) (Job, error) {
	loaded := j
	loaded.Tasks = slices.Clone(j.Tasks)
	for i := range loaded.Tasks {
		if err := loaded.Tasks[i].renameSchemas(run); err != nil {
			return Job{}, err
		}
		if err := loaded.Tasks[i].checkMappings(loaded.splitAdvice()); err != nil {
			return Job{}, err
		}
	}
	return loaded, nil
}

// renameSchemas rewrites the mappings of a task for the run of that name.
func (t *Task) renameSchemas(run string) error {
	all, _, err := t.read()
	if err != nil {
		return err
	}
	target := map[string]string{} // the schema in the lake, by the schema at the source; a task has one for each
	for _, table := range t.Tables {
		target[table.Schema] = SnapshotSchema(table.TargetSchema, run)
	}
	w := &writer{}
	renamed := map[string]bool{}
	for _, r := range all.Rules {
		if r.Action == "rename" && r.Target == "schema" {
			continue // The rule below has the name of the file in it.
		}
		w.renumber(r)
		if schema := r.Locator.Schema; r.selects() && !renamed[schema] {
			renamed[schema] = true
			w.transformation("rename", "schema", locator{Schema: schema}, target[schema])
		}
	}
	if t.Mappings, err = encode(mappings{Rules: w.rules}); err != nil {
		return fmt.Errorf("write the schemas of run %s into task %s: %w", run, t.Name, err)
	}
	return nil
}

// snapshotRunLength is the length of the name of a run, such as 20261201T020000Z.
const snapshotRunLength = len("20261201T020000Z")

// checkSnapshot refuses the job's mappings if they exceed the limit of DMS with the schemas of a run.
func (j Job) checkSnapshot() error {
	_, err := j.ForSnapshot(strings.Repeat("0", snapshotRunLength))
	return err
}
