package stacks

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// A change of the check or of the driver starts a run of a job that follows changes, because the job may be ready now. It
// starts no full load: a full load checks the database at its next run.
func TestChangedCheckChangesFollowingJobs(t *testing.T) {
	properties := func(source string) map[string]map[string]any {
		d, err := department.Parse("sales.yaml", []byte(`
department: sales
network: {create: 10.40.0.0/24}
source: {secretName: oralake/sales, database: ORCLPDB1, sslMode: none, `+source+`}
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
	texts := map[string]string{
		"check: require, driver: go-ora": "require: go-ora checks the database before the task is created or changed, and a " +
			"failed check stops the run; when this changes, a run of the job starts immediately",
		"check: report, driver: go-ora": "report: go-ora checks the database before the task is created or changed, and the run " +
			"continues after a failed check; when this changes, a run of the job starts immediately",
		"check: report, driver: godror": "report: godror checks the database before the task is created or changed, and the run " +
			"continues after a failed check; when this changes, a run of the job starts immediately",
		"check: off": "off: no check of the database; when this changes, a run of the job starts immediately",
	}
	const required = "check: require, driver: go-ora"
	before := properties(required)
	for source, want := range texts {
		after := properties(source)
		if got := after["live"]["Check"]; got != want {
			t.Errorf("%s: live has Check %q, want %q", source, got, want)
		}
		if source != required && before["live"]["Fingerprint"] == after["live"]["Fingerprint"] {
			t.Errorf("%s: the fingerprint of live does not change, so no run of live starts", source)
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
			t.Errorf("%s: other properties change (-before +after):\n%s", source, diff)
		}
	}
}
