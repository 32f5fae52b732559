package stacks

import (
	"fmt"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// mostTables is how many tables of a job are listed one by one in a template, which must not become larger than 1 MB.
const mostTables = 300

// jobProperties are what the custom resource of a job says about it. Most of it is for people, who see it in `cdk diff`.
// CloudFormation calls the resource's function only if something here changes, and that function has a job which follows
// changes looked after at once: so here is all that would change the job's task, and whether the database is asked before
// that, since a job that was not ready may be now.
func jobProperties(
	d *department.Department, j department.Job, m *manifest.Manifest, stack string, ends endpoints,
) map[string]any {
	compiled, _ := m.Job(j.Name)
	properties := map[string]any{"Job": j.Name, "Type": string(j.Type), "State": stateInWords(j)}
	if len(j.Tables) <= mostTables {
		properties["Tables"] = tableLines(j, taskNames(compiled, stack))
	} else {
		properties["Tables"] = []string{
			fmt.Sprintf("%d tables, too many to be listed here: %s", len(j.Tables), definition(compiled)),
		}
	}
	if j.Type.Continuous() {
		properties["Check"] = checkInWords(d.Source)
		properties["Endpoints"] = definition(contract.EndpointDefinitions{Source: ends.Definitions.Source, CDC: ends.Definitions.CDC})
		properties["Definition"] = definition(map[string]any{
			"tasks": compiled.Tasks, "startFrom": j.StartFrom, "place": placement(d.Network),
		})
	}
	return properties
}

func stateInWords(j department.Job) string {
	switch {
	case j.Paused:
		return "paused: its task is stopped and kept"
	case j.Type.Continuous():
		return "follows changes"
	default:
		return "loads when its schedule says so"
	}
}

// checkInWords is what is asked of the database before the task of a job that follows changes is made or changed.
func checkInWords(s department.Source) string {
	const again = "; when this changes, the job is looked after at once"
	asked := "by " + s.Driver + " whether it is ready, before the task is made or changed"
	switch s.Check {
	case department.CheckRequire:
		return "require: the database is asked " + asked + ", and must be" + again
	case department.CheckReport:
		return "report: the database is asked " + asked + ", which goes on all the same" + again
	default:
		return "off: the database is not asked whether it is ready" + again
	}
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

// endpointsInWords are the definitions of the endpoints as `cdk diff` shows them.
func endpointsInWords(e contract.EndpointDefinitions) contract.EndpointDefinitions {
	return contract.EndpointDefinitions{
		Source: e.Source + ": when it changes, tasks that follow changes are stopped and resumed, and no full load may run",
		Full:   e.Full + ": when it changes, no full load may run",
		CDC:    e.CDC + ": when it changes, tasks that follow changes are stopped and resumed",
	}
}
