package stacks

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// A run of a job that follows changes starts when the file asks less of the database, or by another driver: the job may be ready
// now. A full load asks when it runs.
func TestChangedCheckChangesFollowingJobs(t *testing.T) {
	properties := func(source string) map[string]map[string]any {
		d, err := department.Parse("sales.yaml", []byte(`
department: sales
network: {create: 10.40.0.0/24}
source: {secretName: oralake/sales, database: ORCLPDB1, `+source+`}
jobs:
  daily: {type: full-load, tables: [SALES.ORDERS]}
  live: {type: full-load-and-cdc, tables: [SALES.CUSTOMER]}
`))
		if err != nil {
			t.Fatal(err)
		}
		m, err := manifest.Compile(d)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]map[string]any{}
		for _, job := range d.Jobs {
			all[job.Name] = jobProperties(d, job, m, "oralake-sales", endpoints{})
		}
		return all
	}
	words := map[string]string{
		"check: require, driver: go-ora": "require: the database is asked by go-ora whether it is ready, before the task is made or " +
			"changed, and must be; when this changes, a run of the job starts at once",
		"check: report, driver: go-ora": "report: the database is asked by go-ora whether it is ready, before the task is made or " +
			"changed, which goes on all the same; when this changes, a run of the job starts at once",
		"check: report, driver: godror": "report: the database is asked by godror whether it is ready, before the task is made or " +
			"changed, which goes on all the same; when this changes, a run of the job starts at once",
		"check: off": "off: the database is not asked whether it is ready; when this changes, a run of the job starts at once",
	}
	const required = "check: require, driver: go-ora"
	before := properties(required)
	for source, want := range words {
		after := properties(source)
		if got := after["live"]["Check"]; got != want {
			t.Errorf("%s: live has Check %q, want %q", source, got, want)
		}
		if source != required && before["live"]["Fingerprint"] == after["live"]["Fingerprint"] {
			t.Errorf("%s: the fingerprint of live stays, so that no run of it starts", source)
		}
		delete(after["live"], "Check")
		delete(after["live"], "Fingerprint")
		expected := map[string]map[string]any{"daily": before["daily"], "live": {}}
		for key, value := range before["live"] {
			if key != "Check" && key != "Fingerprint" {
				expected["live"][key] = value
			}
		}
		if diff := cmp.Diff(expected, after); diff != "" {
			t.Errorf("%s: what else changes (-before +after):\n%s", source, diff)
		}
	}
}
