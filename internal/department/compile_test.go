package department_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// Every department that Parse accepts compiles to mappings that DMS accepts. This matters because manifest.Compile does not
// validate.
func TestAcceptedDepartmentsCompile(t *testing.T) {
	accepted, refused := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		drawn := drawDepartment(rt)
		for i := range drawn.Jobs {
			tangle(rt, i, &drawn.Jobs[i])
		}
		src := written(drawn)
		d, err := department.Parse(drawn.Name+".yaml", []byte(src))
		if err != nil {
			var problems department.Errors
			if !errors.As(err, &problems) {
				rt.Fatalf("the error is %T (%v), want Errors", err, err)
			}
			refused++
			return
		}
		accepted++
		m, err := manifest.Compile(d)
		if err != nil {
			rt.Fatalf("accepted, but: %v\n%s", err, src)
		}
		for _, job := range m.Jobs {
			if job.Type.Continuous() && len(job.Tasks) != 1 {
				rt.Fatalf("job %s follows changes and has %d tasks, want 1", job.Name, len(job.Tasks))
			}
			for _, task := range job.Tasks {
				if wrong := refusedByDMS(rt, task); wrong != "" {
					rt.Fatalf("task %s: %s\n%s\n%s", task.Name, wrong, src, task.Mappings)
				}
			}
		}
	})
	if accepted == 0 || refused == 0 {
		t.Errorf("%d departments were accepted and %d refused, want some of both", accepted, refused)
	}
}

// tangle gives the tables of a job names, columns and conditions that often conflict with each other.
func tangle(t *rapid.T, number int, job *department.Job) {
	names := rapid.Permutation([]string{"A_B", "AXB", "A_C", "ORDERS"}).Draw(t, "names")
	for i := range job.Tables {
		table := &job.Tables[i]
		table.Schema = rapid.SampledFrom([]string{"S", "S", "M_A", "MXA"}).Draw(t, "schema")
		table.Name = fmt.Sprintf("%s%d", names[i], number)
		table.Rename = department.Rename{Schema: rapid.SampledFrom([]string{"", "", "", "NEW"}).Draw(t, "new schema")}
		if !rapid.Bool().Draw(t, "columns") {
			continue
		}
		for k := range table.Filters {
			table.Filters[k].Column = rapid.SampledFrom([]string{"F0", "F1"}).Draw(t, "filtered column")
		}
		table.Exclude = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"X0", "X1", "F1", "X#"}), 0, 2, rapid.ID[string]).
			Draw(t, "excluded columns")
	}
}

// dmsRule has the elements of a DMS mapping rule for which DMS documents restrictions.
type dmsRule struct {
	Type    string            `json:"rule-type"`
	Action  string            `json:"rule-action"`
	Target  string            `json:"rule-target"`
	Value   string            `json:"value"`
	Locator map[string]string `json:"object-locator"`
	Filters []struct {
		Column     string              `json:"column-name"`
		Conditions []map[string]string `json:"filter-conditions"`
	} `json:"filters"`
}

// refusedByDMS returns why DMS would refuse a task's mappings, or would apply a rule to the wrong table. It follows the DMS
// guide (CHAP_Tasks.CustomizingTasks.Filters and ...TableMapping.SelectionTransformation), not the code under test.
func refusedByDMS(t *rapid.T, task manifest.Task) string {
	var mappings struct{ Rules []dmsRule }
	if err := json.Unmarshal(task.Mappings, &mappings); err != nil {
		t.Fatal(err)
	}
	transformed := map[string]bool{}
	for _, r := range mappings.Rules {
		column := r.Locator["column-name"]
		if r.Action == "remove-column" && strings.ContainsAny(column, `#\/-`) {
			return "DMS transforms no column " + column
		}
		object := fmt.Sprint(r.Target, r.Locator)
		if r.Action == "add-column" {
			object += r.Value // the added column
		}
		if r.Type == "transformation" {
			if transformed[object] {
				return "two transformations of " + object
			}
			transformed[object] = true
		}
		for _, f := range r.Filters {
			negative := slices.ContainsFunc(f.Conditions, func(c map[string]string) bool {
				return slices.Contains([]string{"noteq", "notbetween", "notnull"}, c["filter-operator"])
			})
			if negative && len(f.Conditions) > 1 {
				return "a negative condition among others on column " + f.Column
			}
		}
		if wrong := strays(r, task.Tables); wrong != "" {
			return wrong
		}
	}
	return ""
}

// strays returns a table of the task that a rule matches by accident if its underscores are wildcards, or "".
func strays(r dmsRule, tables []manifest.Table) string {
	schema, name := r.Locator["schema-name"], r.Locator["table-name"]
	if r.Type == "table-settings" || r.Action == "explicit" || r.Action == "exclude" || r.Action == "add-column" {
		return ""
	}
	for _, table := range tables {
		if r.Target == "schema" && like(schema, table.Schema) && table.TargetSchema != r.Value {
			return fmt.Sprintf("schema %s is renamed for %s, which stays", schema, table)
		}
		same := table.Schema == schema && (name == "" || table.Name == name)
		if !same && like(schema, table.Schema) && (name == "" || like(name, table.Name)) {
			return fmt.Sprintf("a rule for %s.%s acts on %s", schema, name, table)
		}
	}
	return ""
}

// like matches like SQL's LIKE, but only the underscore is a wildcard.
func like(pattern, name string) bool {
	p, n := []rune(pattern), []rune(name)
	if len(p) != len(n) {
		return false
	}
	for i := range p {
		if p[i] != '_' && p[i] != n[i] {
			return false
		}
	}
	return true
}
