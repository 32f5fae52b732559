package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/department"
)

// many returns tables that each have excluded columns.
func many(tables, columns int) []department.Table {
	all := make([]department.Table, tables)
	for i := range all {
		all[i] = department.Table{Schema: "SALES", Name: fmt.Sprintf("TABLE_%d", i)}
		for k := range columns {
			all[i].Exclude = append(all[i].Exclude, fmt.Sprintf("COLUMN_%d", k))
		}
	}
	return all
}

// A department that needs more than DMS takes is refused before it is deployed, and the error says what to write.
func TestLimits(t *testing.T) {
	load := func(name string, perTask int, tables []department.Table) department.Job {
		j := job(name, tables...)
		j.TablesPerTask = perTask
		return j
	}
	follow := func(name string, tables []department.Table) department.Job {
		return department.Job{Name: name, Type: department.CDC, StartFrom: department.StartNow, Tables: tables}
	}
	var followed []department.Job
	for i := range 150 {
		followed = append(followed, follow(fmt.Sprintf("live-%d", i), many(1, 0)))
	}
	for name, test := range map[string]struct {
		jobs []department.Job
		want []string // parts of the error; none if the department compiles
	}{
		"5,000 plain tables in a followed job": {[]department.Job{follow("live", many(5000, 0))}, nil},
		"5,000 tables with exclusions in a followed job": {
			[]department.Job{follow("live", many(5000, 3))},
			[]string{"task live-1, with 5000 tables,", "DMS takes at most 2000000", "move some of its tables to another job"},
		},
		"500 tables in a task, with many exclusions": {
			[]department.Job{load("daily", 500, many(500, 20))},
			[]string{"task daily-1, with 500 tables,", "write a smaller tablesPerTask in the job"},
		},
		"the same in smaller tasks": {[]department.Job{load("daily", 50, many(500, 20))}, nil},
		"201 tasks": {
			[]department.Job{load("daily", 1, many(201, 0))},
			[]string{"job daily needs 201 DMS tasks beside those of 0 jobs", "at most 200", "write a larger tablesPerTask"},
		},
		"51 tasks beside 150 followed jobs": {
			append([]department.Job{load("daily", 1, many(51, 0))}, followed...),
			[]string{"job daily needs 51 DMS tasks beside those of 150 jobs"},
		},
		"50 tasks beside 150 followed jobs": {append([]department.Job{load("daily", 1, many(50, 0))}, followed...), nil},
		"two jobs of 200 tasks": {
			[]department.Job{load("daily", 1, many(200, 0)), load("weekly", 1, many(200, 0))}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Compile(&department.Department{Name: "d", Jobs: test.jobs})
			if (err != nil) != (test.want != nil) {
				t.Fatalf("error %v, want one: %v", err, test.want != nil)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %v, want one with %q", err, part)
				}
			}
		})
	}
}

// A plan of a run that would make the mappings too large is refused with what to write.
func TestPlanKeepsToTheLimit(t *testing.T) {
	j := job("daily", many(500, 0)...)
	j.TablesPerTask = 500
	m, err := Compile(&department.Department{Name: "d", Jobs: []department.Job{j}})
	if err != nil {
		t.Fatal(err)
	}
	plans := map[string]Plan{}
	for _, table := range m.Jobs[0].Tasks[0].Tables {
		split := &department.Parallel{Type: ranges, Columns: []string{"K"}}
		for i := range 31 {
			split.Boundaries = append(split.Boundaries, []string{fmt.Sprintf("%0200d", i)})
		}
		plans[table.String()] = Plan{Parallel: split}
	}
	if _, err := m.Jobs[0].WithLoadPlans(plans); err == nil || !strings.Contains(err.Error(), "write a smaller tablesPerTask") {
		t.Errorf("error %v, want one that says what to write", err)
	}
}
