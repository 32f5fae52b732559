package manifest

import "github.com/oralake/oralake/internal/department"

// split divides the tables of a full load into tasks of at most limit tables, as evenly as possible. The tables keep the order
// of the file within each task. They keep it across tasks too, unless some tables cannot share a task (see
// department.CannotShareLoad): then the later ones of those tables are in later tasks. group has the number of each task's group, from
// 1: each table of a group can share a task with all others of it.
func split(tables []department.Table, limit int) (tasks [][]department.Table, group []int) {
	var groups [][]department.Table
	for i := range tables {
		groups = place(groups, &tables[i])
	}
	for i, g := range groups {
		for _, task := range chunks(g, limit) {
			tasks, group = append(tasks, task), append(group, i+1)
		}
	}
	return tasks, group
}

// place adds a table to the first group in which it can share a task with every table, or to a new group.
func place(groups [][]department.Table, t *department.Table) [][]department.Table {
next:
	for i, g := range groups {
		for k := range g {
			if department.CannotShareLoad(t, &g[k]) != "" {
				continue next
			}
		}
		groups[i] = append(g, *t)
		return groups
	}
	return append(groups, []department.Table{*t})
}

// chunks cuts tables into the fewest pieces of at most limit tables. The lengths of the pieces differ by at most one.
func chunks(tables []department.Table, limit int) [][]department.Table {
	n := (len(tables) + limit - 1) / limit
	out := make([][]department.Table, 0, n)
	for i := range n {
		out = append(out, tables[i*len(tables)/n:(i+1)*len(tables)/n])
	}
	return out
}
