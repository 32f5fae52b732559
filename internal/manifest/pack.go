package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// Packed returns the full-load job with its tables in other tasks and in another order: the heaviest first. weights say how much work
// the load of a table is, by SCHEMA.TABLE, in any unit; a table without a weight gets the median. Tasks keep their names and the number
// of their tables, and a table moves only to a task of its group. The error is that of mappings or settings that this package did not
// write.
//
// The heaviest tables are together in the first task, and not spread over all of them. The loads of an instance share its bandwidth:
// with the light tables in tasks of their own, these end soon, and what is left of the night belongs to the few sub-tasks with the heavy
// tables. Spread over all tasks, a table that needs the whole night would get only the share of one sub-task among hundreds.
func (j Job) Packed(weights map[string]float64) (Job, error) {
	packed := j
	packed.Tasks = slices.Clone(j.Tasks)
	usual := median(weights)
	for _, group := range j.groups() {
		var tables []packedTable
		var common []rule
		for _, i := range group {
			var some []packedTable
			var err error
			if some, common, err = j.Tasks[i].unpack(weights, usual); err != nil {
				return Job{}, fmt.Errorf("pack the tables of task %s: %w", j.Tasks[i].Name, err)
			}
			tables = append(tables, some...)
		}
		slices.SortStableFunc(tables, func(a, b packedTable) int { return cmp.Compare(b.weight, a.weight) })
		for _, i := range group {
			n := len(j.Tasks[i].Tables)
			if err := packed.Tasks[i].pack(tables[:n], common); err != nil {
				return Job{}, fmt.Errorf("pack the tables of task %s: %w", j.Tasks[i].Name, err)
			}
			if err := packed.Tasks[i].checkMappings(packed.splitAdvice()); err != nil {
				return Job{}, err
			}
			tables = tables[n:]
		}
	}
	return packed, nil
}

// groups returns the indexes of the tasks whose tables can share a task, a group a slice. Tasks of older manifests have no group: each
// is one of its own.
func (j Job) groups() (all [][]int) {
	of := map[int]int{} // index in all, by the number of the group
	for i, t := range j.Tasks {
		at, known := of[t.Group]
		if !known || t.Group == 0 {
			at = len(all)
			of[t.Group] = at
			all = append(all, nil)
		}
		all[at] = append(all[at], i)
	}
	return all
}

// median is the median of the weights; 0 without any.
func median(weights map[string]float64) float64 {
	var all []float64
	for _, w := range weights {
		all = append(all, w)
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// packedTable is a table on its way from one task to another.
type packedTable struct {
	Table
	weight float64
	rules  []rule // those of the table, without the schema's new name and the settings of the table
	split  *parallelLoad
	lobKB  int
}

// unpack takes a task apart. common are the rules for all its tables.
func (t Task) unpack(weights map[string]float64, usual float64) (tables []packedTable, common []rule, err error) {
	all, _, err := t.read()
	if err != nil {
		return nil, nil, err
	}
	details, err := t.Details()
	if err != nil {
		return nil, nil, err
	}
	tables = make([]packedTable, len(t.Tables))
	index := map[locator]int{}
	for i, table := range t.Tables {
		weight, known := weights[table.String()]
		if !known {
			weight = usual
		}
		tables[i] = packedTable{Table: table, weight: weight, lobKB: details[table.String()].LOBMaxKB}
		index[locator{Schema: table.Schema, Table: table.Name}] = i
	}
	at := -1
	for _, r := range all.Rules {
		if r.selects() {
			i, ours := index[locator{Schema: r.Locator.Schema, Table: r.Locator.Table}]
			if !ours {
				return nil, nil, fmt.Errorf("rule %s is of a table that the task does not have", r.Name)
			}
			at = i
		}
		switch {
		case r.Locator.Table == anyName:
			common = append(common, r)
		case at < 0:
			return nil, nil, fmt.Errorf("rule %s comes before those of the first table", r.Name)
		case r.Type == tableSettings:
			tables[at].split = r.ParallelLoad
		case r.Target != "schema":
			tables[at].rules = append(tables[at].rules, r)
		}
	}
	return tables, common, nil
}

// pack gives a task other tables. Those that come first are loaded first: DMS begins with the highest load order
// (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Selections).
func (t *Task) pack(tables []packedTable, common []rule) error {
	_, own, err := t.read()
	if err != nil {
		return err
	}
	own.TargetMetadata.LobMaxSize = 0
	for _, table := range tables {
		own.TargetMetadata.LobMaxSize = max(own.TargetMetadata.LobMaxSize, table.lobKB)
	}
	w, renamed := &writer{}, map[string]bool{}
	t.Tables = nil
	for i, table := range tables {
		t.Tables = append(t.Tables, table.Table)
		for _, r := range table.rules {
			if r.selects() {
				r.LoadOrder = strconv.Itoa(len(tables) - i)
			}
			w.renumber(r)
			if r.selects() && table.TargetSchema != table.Schema && !renamed[table.Schema] {
				renamed[table.Schema] = true
				w.transformation("rename", "schema", locator{Schema: table.Schema}, table.TargetSchema)
			}
		}
		w.tableSettings(locator{Schema: table.Schema, Table: table.Name}, table.split, table.lobKB, own.TargetMetadata.LobMaxSize)
	}
	for _, r := range common {
		w.renumber(r)
	}
	if t.Mappings, err = encode(mappings{Rules: w.rules}); err == nil {
		t.Settings, err = encode(own)
	}
	return err
}
