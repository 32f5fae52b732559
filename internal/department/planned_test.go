package department_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

// parallel: auto of the department goes down to the tables of full-load jobs that do not say otherwise.
func TestParallelIsInherited(t *testing.T) {
	d, err := department.Parse("sales.yaml", []byte(`
department: sales
network: {create: 10.40.0.0/24}
source: {secretName: oralake/sales, database: ORCLPDB1, driver: go-ora}
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
	if got, want := d.Asks(), "parallel: auto of table SALES.ORDERS"; got != want {
		t.Errorf("what only the check finds out: %q, want %q", got, want)
	}
}
