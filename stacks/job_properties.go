package stacks

import (
	"fmt"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// maxListedTables is how many tables of a job are listed one by one in a template, which must not become larger than 1 MB.
const maxListedTables = 300

// jobProperties are the properties of a job's custom resource. Its function reads contract.JobProperties, which change when
// something changes that a run of the job acts on. The rest are sentences for people who read `cdk diff`.
func jobProperties(
	d *department.Department, j department.Job, m *manifest.Manifest, stack string, ends endpoints,
) map[string]any {
	compiled, _ := m.Job(j.Name)
	properties := map[string]any{"Job": j.Name, "Type": string(j.Type), "State": stateText(j)}
	if len(j.Tables) <= maxListedTables {
		properties["Tables"] = tableLines(j, taskNames(compiled, stack))
	} else {
		properties["Tables"] = []string{
			fmt.Sprintf("%d tables, too many to be listed here: %s", len(j.Tables), fingerprint(compiled)),
		}
	}
	if j.Type.Continuous() {
		properties["Check"] = checkText(d.Source)
		properties["Endpoints"] = fingerprint(contract.EndpointDefinitions{Source: ends.Definitions.Source, CDC: ends.Definitions.CDC})
		properties["Fingerprint"] = fingerprint(map[string]any{
			"tasks": compiled.Tasks, "startFrom": j.StartFrom, "place": placement(d.Network), "paused": j.Paused, "onReplace": j.OnReplace, "backfill": j.Backfill,
			// A job that was not ready may be ready now.
			"check": d.Source.Check, "driver": d.Source.Driver,
		})
	}
	return properties
}

// taskNames tells in which task each table of a job is.
func taskNames(j manifest.Job, stack string) func(table string) string {
	names := map[string]string{}
	for _, task := range j.Tasks {
		for _, table := range task.Tables {
			names[table.String()] = stack + "-" + task.Name
		}
	}
	return func(table string) string { return names[table] }
}
