package manifest

import (
	"strings"
	"testing"

	"github.com/oralake/oralake/internal/department"
)

func TestCompileRefuses(t *testing.T) {
	filtered := func(filters ...department.Filter) department.Job {
		return job("j", department.Table{Schema: "S", Name: "A", Filters: filters})
	}
	cases := []struct {
		name string
		job  func() department.Job
		want string
	}{
		{"a type DMS does not have", func() department.Job {
			j := job("j", tables("S", "A")...)
			j.Type = "cdc-only"
			return j
		}, `job j: unknown migration type "cdc-only": write full-load, cdc or full-load-and-cdc`},
		{"no tables", func() department.Job { return job("j") }, "job j: no tables: name at least one"},
		{"no room in a task", func() department.Job {
			j := job("j", tables("S", "A")...)
			j.TablesPerTask = 0
			return j
		}, "job j: tablesPerTask is 0: it must be at least 1"},
		{"a schema renamed for some tables that follow changes", func() department.Job {
			j := job("j", tables("S", "A", "B", "C")...)
			j.Type, j.Tables[1].Rename.Schema = department.CDC, "X"
			return j
		}, "job j: tables S.A and S.B cannot share a DMS task, and a job that follows changes is one task " +
			"(DMS renames a schema for all tables of a task, or for none): put S.B in a job of its own"},
		{"a table that a rule for another could act on", func() department.Job {
			j := job("j", tables("S", "AXB", "A_B")...)
			j.Type, j.Tables[1].Exclude = department.FullLoadAndCDC, []string{"C"}
			return j
		}, "(DMS takes an underscore for any character, so a rule for S.A_B could act on S.AXB): put S.A_B in a job of its own"},
		{"a table twice", func() department.Job {
			return job("j", tables("S", "A", "B", "A")...)
		}, "job j: table S.A is listed twice: list it once"},
		{"a column that DMS does not transform", func() department.Job {
			return job("j", department.Table{Schema: "S", Name: "A", Exclude: []string{"EMP#"}})
		}, `column EMP# cannot be excluded: DMS does not transform columns with #`},
		{"a parallel load without a load", func() department.Job {
			j := job("j", department.Table{Schema: "S", Name: "A", Parallel: &department.Parallel{Type: "partitions-auto"}})
			j.Type = department.CDC
			return j
		}, "parallel splits a full load, and a cdc job has none: remove parallel"},
		{"a parallel type DMS does not have", func() department.Job {
			return job("j", department.Table{Schema: "S", Name: "A", Parallel: &department.Parallel{Type: "rows"}})
		}, `unknown parallel type "rows"`},
		{"an operator DMS does not have", func() department.Job {
			return filtered(department.Filter{Column: "C", Operator: "like", Value: "x"})
		}, `unknown filter operator "like" on C`},
		{"a comparison without a value", func() department.Job {
			return filtered(department.Filter{Column: "C", Operator: "gte"})
		}, "filter gte on C has no value"},
		{"half a range", func() department.Job {
			return filtered(department.Filter{Column: "C", Operator: "between", From: "1"})
		}, "filter between on C needs two values"},
		{"two negative conditions on a column", func() department.Job {
			return filtered(
				department.Filter{Column: "C", Operator: "noteq", Value: "1"},
				department.Filter{Column: "C", Operator: "noteq", Value: "2"})
		}, "filter noteq on C has company: DMS takes a negative condition only alone on its column"},
		{"a negative condition among others", func() department.Job {
			return filtered(
				department.Filter{Column: "C", Operator: "eq", Value: "1"},
				department.Filter{Column: "C", Operator: "notnull"})
		}, "filter notnull on C has company"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, err := Compile(&department.Department{Name: "d", Jobs: []department.Job{c.job()}})
			if err == nil || m != nil {
				t.Fatalf("Compile gave a manifest, want the error %q", c.want)
			}
			if got := err.Error(); !strings.Contains(got, c.want) || strings.Count(got, "\n") != 0 {
				t.Errorf("error:\n got %s\nwant one line with %s", got, c.want)
			}
		})
	}
}

func TestCompileReportsAllProblems(t *testing.T) {
	bad := func(name string) department.Job {
		return job(name, department.Table{Schema: "S", Name: "A", Exclude: []string{"A#"}},
			department.Table{Schema: "S", Name: "B", Filters: []department.Filter{{Column: "C", Operator: "<"}}})
	}
	_, err := Compile(&department.Department{Name: "d", Jobs: []department.Job{bad("one"), bad("two")}})
	if err == nil {
		t.Fatal("Compile gave no error")
	}
	if got, want := strings.Count(err.Error(), "\n")+1, 4; got != want {
		t.Errorf("%d problems, want %d:\n%v", got, want, err)
	}
}
