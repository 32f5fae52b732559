package department_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

// Tables of full-load jobs inherit parallel: auto from their job and from the department, unless they override it.
func TestJobDefaultsApplyToTables(t *testing.T) {
	d, err := department.Parse("sales.yaml", []byte(`
department: sales
network: {create: 10.40.0.0/24}
source: {secretName: oralake/sales, database: ORCLPDB1, sslMode: none, driver: go-ora}
parallel: auto
jobs:
  daily:
    type: full-load
    tables:
      - SALES.ORDERS
      - {table: SALES.PART, parallel: none}
      - {table: SALES.LINEITEM, parallel: partitions-auto}
  live:
    type: full-load-and-cdc
    tables: [SALES.CUSTOMER]
`))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, j := range d.Jobs {
		for _, table := range j.Tables {
			got[table.String()] = ""
			if table.Parallel != nil {
				got[table.String()] = table.Parallel.Type
			}
		}
	}
	want := map[string]string{
		"SALES.ORDERS": department.Auto, "SALES.PART": department.None, "SALES.LINEITEM": "partitions-auto", "SALES.CUSTOMER": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parallel by table (-want +got):\n%s", diff)
	}
}

// CheckOnlySettings lists all settings that need the database check, with their places in the file.
func TestCheckOnlySettings(t *testing.T) {
	measured := department.Table{Schema: "S", Name: "BLOBS", LOBMaxKB: department.Measured}
	split := department.Table{Schema: "S", Name: "BIG", Parallel: &department.Parallel{Type: department.Auto}}
	plain := department.Table{Schema: "S", Name: "SMALL", Parallel: &department.Parallel{Type: department.None}}
	counted := department.Job{Name: "nightly", Verify: department.Counts, Tables: []department.Table{plain}}
	all := department.Job{
		Name: "monthly", Verify: department.Counts, LOBMaxKB: department.Measured, Tables: []department.Table{measured, split},
	}
	every := all
	every.Parallel = department.Auto
	many := department.Job{Name: "many"}
	for range 3 {
		for _, name := range []string{"A", "B", "C", "D", "E"} {
			many.Tables = append(many.Tables, department.Table{Schema: "S", Name: name, LOBMaxKB: department.Measured})
		}
	}
	for name, test := range map[string]struct {
		parallel string
		jobs     []department.Job
		want     []string
	}{
		"nothing":            {"", []department.Job{{Name: "nightly", Tables: []department.Table{plain}}}, nil},
		"nothing to split":   {department.Auto, []department.Job{{Name: "nightly", Tables: []department.Table{plain}}}, nil},
		"counts":             {"", []department.Job{counted}, []string{"verify: counts (job nightly)"}},
		"many places of one": {"", []department.Job{many}, []string{"lobMaxKB: auto (table S.A, table S.B, table S.C and 2 more)"}},
		"all of two jobs": {"", []department.Job{counted, all}, []string{
			"parallel: auto (table S.BIG)", "lobMaxKB: auto (job monthly and table S.BLOBS)",
			"verify: counts (job nightly and job monthly)",
		}},
		"a job": {"", []department.Job{every}, []string{
			"parallel: auto (job monthly)", "lobMaxKB: auto (job monthly and table S.BLOBS)", "verify: counts (job monthly)",
		}},
		"the file": {department.Auto, []department.Job{every}, []string{
			"parallel: auto (the whole file)", "lobMaxKB: auto (job monthly and table S.BLOBS)", "verify: counts (job monthly)",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := &department.Department{Parallel: test.parallel, Jobs: test.jobs}
			if diff := cmp.Diff(test.want, d.CheckOnlySettings()); diff != "" {
				t.Errorf("settings that need the check (-want +got):\n%s", diff)
			}
		})
	}
}
