package stacks

import (
	"fmt"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// maxListedTables is the largest number of tables of a job that a template lists. A template has at most 1 MB.
const maxListedTables = 300

// jobProperties returns the properties of a job's custom resource. The function of the resource reads contract.JobProperties.
// These change when something changes that a run of the job must apply. The other properties are texts for people who read
// `cdk diff`.
func jobProperties(
	d *department.Department, j department.Job, m *manifest.Manifest, stack string, ends endpoints,
) map[string]any {
	compiled, _ := m.Job(j.Name)
	properties := map[string]any{"Job": j.Name, "Type": string(j.Type), "State": stateText(j)}
	if len(j.Tables) <= maxListedTables {
		properties["Tables"] = tableLines(j, taskNames(compiled, stack))
	} else {
		properties["Tables"] = []string{
			fmt.Sprintf("%d tables, too many for this list: %s", len(j.Tables), fingerprint(compiled)),
		}
	}
	if j.Type.Continuous() {
		properties["Check"] = checkText(d.Source)
		properties["Start"] = startText(d.Source, j)
		properties["Endpoints"] = fingerprint(contract.EndpointDefinitions{
			Source: ends.Definitions.Source, CDC: ends.Definitions.CDC, CDCLoad: ends.Definitions.CDCLoad,
		})
		properties["Fingerprint"] = fingerprint(map[string]any{
			"tasks": compiled.Tasks, "startFrom": j.StartFrom, "place": placement(d), "paused": j.Paused,
			"onReplace": j.OnReplace, "backfill": j.Backfill,
			// With another check or driver, a job that was not ready may be ready.
			"check": d.Source.Check, "driver": d.Source.Driver,
		})
	}
	return properties
}

// taskNames returns a function that returns the identifier of a table's DMS task.
func taskNames(j manifest.Job, stack string) func(table string) string {
	names := map[string]string{}
	for _, task := range j.Tasks {
		for _, table := range task.Tables {
			names[table.String()] = stack + "-" + task.Name
		}
	}
	return func(table string) string { return names[table] }
}
