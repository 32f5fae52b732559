package manifest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
)

// WithTables gives the same job as a file that lists only those tables.
func TestWithTablesEqualsAShorterList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"ORDERS", "ORDER_ITEMS", "CUSTOMER", "PART", "STOCK$"}
		kind := rapid.SampledFrom([]department.Type{department.FullLoad, department.CDC}).Draw(t, "type")
		listed := func(names []string) department.Job {
			j := department.Job{Name: "daily", Type: kind, TablesPerTask: 50, ParallelLoads: 8, LOBMaxKB: 32}
			for _, name := range names {
				table := department.Table{Schema: "SALES", Name: name, Rename: department.Rename{Schema: "LAKE"}}
				switch name {
				case "ORDER_ITEMS":
					table.Filters = []department.Filter{{Column: "QTY", Operator: "gte", Value: "1"}}
				case "CUSTOMER":
					table.Exclude, table.LOBMaxKB = []string{"PHOTO"}, 16
				case "PART":
					table.Rename.Table = "PARTS"
				}
				j.Tables = append(j.Tables, table)
			}
			return j
		}
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, len(names), rapid.ID).Draw(t, "tables")
		whole, err := compileJob(listed(names), &department.Department{})
		if err != nil {
			t.Fatal(err)
		}
		var asked []string
		for _, name := range some {
			asked = append(asked, "SALES."+name)
		}
		got, err := whole.WithTables(asked)
		if err != nil {
			t.Fatal(err)
		}
		want, err := compileJob(listed(slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return !slices.Contains(some, name)
		})), &department.Department{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Tasks[0].Tables, got.Tasks[0].Tables); diff != "" {
			t.Fatalf("tables (-want +got):\n%s", diff)
		}
		// Two differences are allowed: exclusions of lookalikes, and the LOB limit of the whole list.
		if diff := cmp.Diff(effects(t, want), effects(t, got)); diff != "" {
			t.Fatalf("rules (-want +got):\n%s", diff)
		}
	})
}

// effects returns the rules of a job's first task without their numbers, exclusions and LOB limits.
func effects(t *rapid.T, j Job) []rule {
	var all mappings
	if err := json.Unmarshal(j.Tasks[0].Mappings, &all); err != nil {
		t.Fatal(err)
	}
	var kept []rule
	for _, r := range all.Rules {
		if r.Action == "exclude" || r.Type == "table-settings" {
			continue
		}
		r.ID, r.Name = "", ""
		kept = append(kept, r)
	}
	slices.SortStableFunc(kept, func(a, b rule) int { return strings.Compare(a.Locator.Table+a.Action, b.Locator.Table+b.Action) })
	return kept
}

func TestWithTablesNamesUnknownTables(t *testing.T) {
	job := Job{Name: "daily", Tasks: []Task{{Name: "daily-1", Tables: []Table{{Schema: "SALES", Name: "ORDERS"}}, Mappings: []byte(`{"rules":[]}`)}}}
	_, err := job.WithTables([]string{"SALES.ORDERS", "SALES.INVOICE"})
	if err == nil || !strings.Contains(err.Error(), "no table SALES.INVOICE") || strings.Contains(err.Error(), "ORDERS") {
		t.Errorf("error %v: want one that names SALES.INVOICE only", err)
	}
}

// A backfill task selects only its tables, replaces the files that are there, and adds the columns of changes.
func TestBackfillTask(t *testing.T) {
	j := job("live", tables("SALES", "ORDERS", "PART", "REGION")...)
	j.Type, j.Tables[1].Exclude = department.CDC, []string{"P_COMMENT"}
	compiled, err := compileJob(j, &department.Department{})
	if err != nil {
		t.Fatal(err)
	}
	task, err := compiled.BackfillTask([]string{"SALES.PART"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := task.Name, "live-backfill"; got != want {
		t.Errorf("name %s, want %s", got, want)
	}
	var m mappings
	if err := json.Unmarshal(task.Mappings, &m); err != nil {
		t.Fatal(err)
	}
	part := department.Table{Schema: "SALES", Name: "PART", Exclude: []string{"P_COMMENT"}}
	if diff := cmp.Diff(describe(t, mappingsOf(j, []department.Table{part}, 32)), describe(t, m)); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	load := job("live", part)
	want, err := encode(settingsOf(load, 32, 0))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(task.Settings)); diff != "" {
		t.Errorf("settings, want those of a full load (-want +got):\n%s", diff)
	}
	if _, err := compiled.BackfillTask([]string{"SALES.INVOICE"}); err == nil {
		t.Error("BackfillTask accepts a table that the job does not have")
	}
}

// SelectedTables returns the tables of a task from its mappings, in the task's order.
func TestSelectedTables(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, m := compiled(t)
		for _, j := range m.Jobs {
			for _, task := range j.Tasks {
				got, err := SelectedTables(task.Mappings)
				if err != nil {
					t.Fatal(err)
				}
				var want []Table
				for _, table := range task.Tables {
					want = append(want, Table{Schema: table.Schema, Name: table.Name})
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("task %s (-want +got):\n%s", task.Name, diff)
				}
			}
		}
	})
}

func TestSelectedTablesRefusesForeignMappings(t *testing.T) {
	for _, document := range []string{
		`{"rules":[{"rule-type":"selection","rule-id":"1","object-locator":{"schema-name":"SALES","table-name":"%"}}]}`,
		`{"rules":[{"rule-type":"selection","rule-id":"1","object-locator":{"schema-name":"SALES"}}]}`,
		`no JSON`,
	} {
		if got, err := SelectedTables([]byte(document)); err == nil {
			t.Errorf("SelectedTables(%s) = %v, want an error", document, got)
		}
	}
}
