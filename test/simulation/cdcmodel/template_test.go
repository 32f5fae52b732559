package cdcmodel_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"strings"
	"sync"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/simulation"
)

const jobName = "live"

// The departments of histories, by history.Checked: one without a check function and one with it.
var bases = map[bool]func() string{false: baseOf("sales"), true: baseOf("checked")}

// stack returns the name of the stack. It does not change with a deploy, as the world's department does.
func (h *history) stack() string {
	if h.Checked {
		return harness.StackName("checked")
	}
	return harness.StackName("sales")
}

// baseOf returns a function that returns the reduced golden template of a department. It has no schedules, since the history
// starts the runs, and no full-load jobs.
func baseOf(name string) func() string {
	return sync.OnceValue(func() string {
		reduced, err := simulation.Reduced(name, func(id string, _ map[string]any) bool {
			return strings.HasPrefix(id, "Schedules") || strings.HasPrefix(id, "CleanupJobdaily") || strings.HasPrefix(id, "CleanupJobnightly")
		})
		if err != nil {
			panic(err)
		}
		return string(reduced.Bytes())
	})
}

// template returns a base with the values of a department's only job.
func template(d *department.Department) []byte {
	m, err := manifest.Compile(d)
	if err != nil {
		panic(err) // every list of the steps compiles
	}
	document, err := m.Bytes()
	if err != nil {
		panic(err)
	}
	parsed, err := simulation.Parse([]byte(strings.ReplaceAll(bases[d.Source.Check != department.CheckOff](), "/ASSET2.json", "/"+digest(document)+".json")))
	if err != nil {
		panic(err)
	}
	job := d.Jobs[0]
	compiled, _ := m.Job(job.Name)
	ends := contract.EndpointDefinitions{Source: "source", Full: "full", CDC: digest(d.Lake.CDCMaxBatchSeconds)}
	ends.CDCLoad = ends.CDC
	for id, resource := range parsed.Resources {
		r := resource.(map[string]any)
		properties, _ := r["Properties"].(map[string]any)
		switch {
		case strings.HasPrefix(id, "EndpointsCDC"):
			properties["S3Settings"].(map[string]any)["CdcMaxBatchInterval"] = d.Lake.CDCMaxBatchSeconds
		case r["Type"] == contract.PreflightType:
			state, err := contract.NewPreflightProperties(d, "here", ends, nil)
			if err != nil {
				panic(err)
			}
			maps.Copy(properties, inJSON(state))
		case strings.HasPrefix(id, "CleanupJoblive"):
			maps.Copy(properties, map[string]any{
				"Job": job.Name, "Type": string(job.Type), "Endpoints": ends.CDC,
				"Tables":      digest(job.Tables),
				"Fingerprint": digest(compiled.Tasks, job.StartFrom, job.Paused),
			})
		}
	}
	return parsed.Bytes()
}

// digest returns a hash of the JSON of values.
func digest(things ...any) string {
	content, err := json.Marshal(things)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:6])
}

// inJSON returns a structure as parsed JSON.
func inJSON(structure any) (m map[string]any) {
	content, err := json.Marshal(structure)
	if err == nil {
		err = json.Unmarshal(content, &m)
	}
	if err != nil {
		panic(err)
	}
	return m
}

// newDepartment returns the department of a history's first deploy.
func newDepartment(h *history, startFrom string) *department.Department {
	file, check := "/departments/sales.yaml", department.CheckOff
	if h.Checked {
		file, check = "/test/templates/testdata/departments/checked.yaml", department.CheckReport
	}
	loaded, err := department.Load(harness.Root() + file)
	if err != nil {
		panic(err)
	}
	job := department.Job{
		Name: jobName, Type: h.Type, Schedule: "rate(1 hour)", Tables: tableList(h.Tables), ParallelLoads: 2, LOBMaxKB: 32,
		TimeLimitHours: 24, Backfill: h.Backfill, StartFrom: startFrom,
	}
	d := *loaded
	d.Jobs, d.Source.Check = []department.Job{job}, check
	d.Lake.CDCMaxBatchSeconds = h.Batch
	return &d
}

func tableList(chosen [tables]bool) (all []department.Table) {
	for _, name := range names(chosen) {
		all = append(all, department.Table{Schema: schema, Name: name})
	}
	return all
}
