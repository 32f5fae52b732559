package manifest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
)

// A plan is as if its limits and ranges were written in the department's file, byte for byte.
func TestPlannedIsAsWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tables := rapid.SliceOfNDistinct(tableGen(), 1, 8, department.Table.String).Draw(rt, "tables")
		auto, written := job("nightly", slices.Clone(tables)...), job("nightly", slices.Clone(tables)...)
		auto.TablesPerTask = rapid.IntRange(1, 4).Draw(rt, "limit")
		written.TablesPerTask = auto.TablesPerTask
		plans := map[string]Plan{}
		for i := range tables {
			var p Plan
			if rapid.Bool().Draw(rt, "measured") {
				auto.Tables[i].LOBMaxKB = department.Measured
				p.LOBMaxKB = rapid.SampledFrom([]int{16, 32, 64}).Draw(rt, "lob")
				written.Tables[i].LOBMaxKB = p.LOBMaxKB
			}
			if rapid.Bool().Draw(rt, "split") {
				auto.Tables[i].Parallel = &department.Parallel{Type: department.Auto}
				p.Parallel = rapid.SampledFrom([]*department.Parallel{
					{Type: partitionsAuto}, {Type: ranges, Columns: []string{"K"}, Boundaries: [][]string{{"-5"}, {"7"}}},
				}).Draw(rt, "parallel")
				written.Tables[i].Parallel = p.Parallel
			}
			plans[tables[i].String()] = p
		}
		got, err := compileOne(rt, auto).WithLoadPlans(plans)
		if err != nil {
			rt.Fatal(err)
		}
		want := compileOne(rt, written)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Table{}, "MeasureLOBs", "PlanParallelLoad")); diff != "" {
			rt.Fatalf("(-written +planned):\n%s", diff)
		}
		// A run that is planned anew begins with what the last plan left.
		again, err := got.WithLoadPlans(plans)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(got, again); diff != "" {
			rt.Fatalf("planned twice (-once +twice):\n%s", diff)
		}
	})
}

func compileOne(t *rapid.T, j department.Job) Job {
	m, err := Compile(&department.Department{Name: "d", Jobs: []department.Job{j}})
	if err != nil {
		t.Fatal(err)
	}
	return m.Jobs[0]
}

// What a task does with its tables is what their department's file says.
func TestDetails(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, m := compiled(rt)
		for i, j := range d.Jobs {
			got := map[string]TableRules{}
			for _, task := range m.Jobs[i].Tasks {
				details, err := task.Details()
				if err != nil {
					rt.Fatal(err)
				}
				for name, detail := range details {
					got[name] = detail
				}
			}
			want := map[string]TableRules{}
			for _, table := range j.Tables {
				detail := TableRules{Filters: byColumn(table.Filters), Exclude: table.Exclude, LOBMaxKB: table.LOBMaxKB}
				if table.LOBMaxKB == 0 {
					detail.LOBMaxKB = j.LOBMaxKB
				}
				want[table.String()] = detail
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				rt.Fatalf("job %s (-want +got):\n%s", j.Name, diff)
			}
		}
	})
}

// byColumn puts filters in the order of DMS's mappings, without what their conditions do not need.
func byColumn(filters []department.Filter) []department.Filter {
	return conditionsOf(filtersOf(filters))
}

// The check's part of a manifest is there only when the department asks for a check.
func TestCheckIsWritten(t *testing.T) {
	d := plainSample()
	d.Source = department.Source{Check: department.CheckRequire, Capture: "logminer"}
	d.Jobs[0].Verify = department.Counts
	d.Jobs[0].LOBMaxKB = department.Measured
	d.Jobs[0].Tables[1].LOBMaxKB = 64
	d.Jobs[0].Tables[2].Parallel = &department.Parallel{Type: department.Auto}
	m, err := Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	got := m.Jobs[0]
	if got.Check != "require" || got.Capture != "logminer" || got.Verify != "counts" {
		t.Errorf("check %q, capture %q, verify %q", got.Check, got.Capture, got.Verify)
	}
	type marks struct{ Measure, Split bool }
	var marked []marks
	for _, table := range got.Tasks[0].Tables {
		marked = append(marked, marks{table.MeasureLOBs, table.PlanParallelLoad})
	}
	if diff := cmp.Diff([]marks{{true, false}, {false, false}, {true, true}}, marked); diff != "" {
		t.Errorf("marks of the tables (-want +got):\n%s", diff)
	}
	d.Source.Check = department.CheckOff
	if m, err = Compile(d); err != nil || m.Jobs[0].Check != "" {
		t.Errorf("check %q, %v, want none", m.Jobs[0].Check, err)
	}
}
