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

// A job with some of its tables is what the same job would be if the file named no others.
func TestOnlyIsAsIfTheOthersWereNotListed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"ORDERS", "ORDER_ITEMS", "CUSTOMER", "PART", "STOCK$"}
		listed := func(names []string) department.Job {
			j := department.Job{Name: "daily", Type: department.FullLoad, TablesPerTask: 50, ParallelLoads: 8, LOBMaxKB: 32}
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
		whole, err := compileJob(listed(names))
		if err != nil {
			t.Fatal(err)
		}
		var asked []string
		for _, name := range some {
			asked = append(asked, "SALES."+name)
		}
		got, err := whole.Only(asked)
		if err != nil {
			t.Fatal(err)
		}
		want, err := compileJob(listed(slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return !slices.Contains(some, name)
		})))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Tasks[0].Tables, got.Tasks[0].Tables); diff != "" {
			t.Fatalf("tables (-want +got):\n%s", diff)
		}
		// Only the exclusions of lookalikes may be left over, and the LOB limit of the whole list.
		if diff := cmp.Diff(effects(t, want), effects(t, got)); diff != "" {
			t.Fatalf("rules (-want +got):\n%s", diff)
		}
	})
}

// effects are the rules of a job's first task without their numbers, exclusions and LOB sizes.
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

func TestOnlyNamesWhatTheJobLacks(t *testing.T) {
	job := Job{Name: "daily", Tasks: []Task{{Name: "daily-1", Tables: []Table{{Schema: "SALES", Name: "ORDERS"}}, Mappings: []byte(`{"rules":[]}`)}}}
	_, err := job.Only([]string{"SALES.ORDERS", "SALES.INVOICE"})
	if err == nil || !strings.Contains(err.Error(), "no table SALES.INVOICE") || strings.Contains(err.Error(), "ORDERS") {
		t.Errorf("error %v: want one that names SALES.INVOICE only", err)
	}
}
