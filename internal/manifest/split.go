package manifest

import (
	"fmt"
	"unicode/utf8"

	"github.com/oralake/oralake/internal/department"
)

// split divides the tables of a job into the tables of its tasks, at most limit each and as even as can be.
// Tables keep the order of the file within a task. Across tasks they keep it too, unless some tables must not share
// a task (see apart): then those that may come first, and the others follow in tasks of their own.
func split(tables []department.Table, limit int) [][]department.Table {
	var groups [][]department.Table
	for _, t := range tables {
		groups = place(groups, t)
	}
	var tasks [][]department.Table
	for _, g := range groups {
		tasks = append(tasks, chunks(g, limit)...)
	}
	return tasks
}

// place adds a table to the first group in which it disturbs nobody and nobody disturbs it.
func place(groups [][]department.Table, t department.Table) [][]department.Table {
next:
	for i, g := range groups {
		for _, other := range g {
			if apart(t, other) != "" {
				continue next
			}
		}
		groups[i] = append(g, t)
		return groups
	}
	return append(groups, []department.Table{t})
}

// chunks cuts tables into the fewest runs of at most limit, whose sizes differ by one at most.
func chunks(tables []department.Table, limit int) [][]department.Table {
	n := (len(tables) + limit - 1) / limit
	out := make([][]department.Table, 0, n)
	for i := range n {
		out = append(out, tables[i*len(tables)/n:(i+1)*len(tables)/n])
	}
	return out
}

// apart is why two tables must not share a task, because a rule made for one would act on the other too; empty if they
// may.
//
// A schema is renamed as a whole: DMS has no rule that moves a single table to another schema
// (CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Transformations). And an underscore may stand for
// any character in the rules that take wildcards (...SelectionTransformation.Wildcards), so a rule for A_B can act on
// AXB. Mappings belong to a task, so tasks of their own keep such tables from each other, however DMS reads the name.
func apart(a, b department.Table) string {
	if why := disturbs(a, b); why != "" {
		return why
	}
	return disturbs(b, a)
}

// disturbs is why a rule made for table a acts on table b; empty if none does.
func disturbs(a, b department.Table) string {
	if !resembles(a.Schema, b.Schema) {
		return ""
	}
	from, _ := a.Target()
	to, _ := b.Target()
	if a.Schema == b.Schema && from != to {
		return "DMS renames a schema for all tables of a task, or for none"
	}
	const lookalike = "DMS takes an underscore for any character, so a rule for %s could act on %s"
	if a.Schema != b.Schema && from != a.Schema {
		return fmt.Sprintf(lookalike, a.Schema, b.Schema)
	}
	_, name := a.Target()
	takesWildcards := len(a.Filters) > 0 || len(a.Exclude) > 0 || name != a.Name
	if takesWildcards && resembles(a.Name, b.Name) {
		return fmt.Sprintf(lookalike, a, b)
	}
	return ""
}

// resembles reports that name matches pattern when each underscore of the pattern stands for any one character.
func resembles(pattern, name string) bool {
	for pattern != "" && name != "" {
		p, plen := utf8.DecodeRuneInString(pattern)
		n, nlen := utf8.DecodeRuneInString(name)
		if p != n && p != '_' {
			return false
		}
		pattern, name = pattern[plen:], name[nlen:]
	}
	return pattern == "" && name == ""
}
