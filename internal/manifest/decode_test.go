package manifest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
)

// WithLoadPlans gives the same job, byte for byte, as a department's file that holds the planned limits and ranges.
func TestPlanEqualsWrittenValues(t *testing.T) {
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
		// The next run's plan starts from the mappings of the last plan.
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

// Details returns what the department's file says about each table.
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

// byColumn orders filters as DMS's mappings do, and drops the values that their operators do not use.
func byColumn(filters []department.Filter) []department.Filter {
	return conditionsOf(filtersOf(filters))
}

// A manifest holds the settings of the database check only if the department has a check.
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
		t.Errorf("check %q, capture %q, verify %q; want require, logminer and counts", got.Check, got.Capture, got.Verify)
	}
	type planned struct{ MeasureLOBs, PlanParallelLoad bool }
	var plans []planned
	for _, table := range got.Tasks[0].Tables {
		plans = append(plans, planned{table.MeasureLOBs, table.PlanParallelLoad})
	}
	if diff := cmp.Diff([]planned{{true, false}, {false, false}, {true, true}}, plans); diff != "" {
		t.Errorf("what each run plans, by table (-want +got):\n%s", diff)
	}
	d.Source.Check = department.CheckOff
	if m, err = Compile(d); err != nil || m.Jobs[0].Check != "" {
		t.Errorf("check %q, %v, want none", m.Jobs[0].Check, err)
	}
}
