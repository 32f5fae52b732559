package department

import (
	"fmt"
	"slices"

	"github.com/oralake/oralake/internal/yamlschema"
)

// checkFullLoadOnly refuses what a run finds out before its tasks are made, in jobs that follow changes: their task lives
// on from run to run, and a limit or split that changes would stop the task and modify it.
func checkFullLoadOnly(d *yamlschema.Decoder, n *yamlschema.Node, j *Job) {
	if !j.Type.Continuous() {
		return
	}
	const lives = "its task lives on from run to run"
	refuse := func(v *yamlschema.Node, fix string) {
		if v != nil && !v.Refused() {
			d.Refuse(v, yamlschema.Faultf(fix, "%s is for full-load jobs only: %s", v.Label(), lives))
		}
	}
	const lob = "write kilobytes: `go run ./cmd/oralake check` prints those that the LOBs call for"
	const split = "write it out: `go run ./cmd/oralake check` prints the plan"
	refuse(n.Get("verify"), "remove it")
	refuse(n.Get("parallel"), split)
	if j.LOBMaxKB == Measured {
		refuse(n.Get("lobMaxKB"), lob)
	}
	for i, t := range j.Tables {
		item := n.Get("tables").Item(i)
		if item == nil {
			continue
		}
		if t.LOBMaxKB == Measured {
			refuse(item.Get("lobMaxKB"), lob)
		}
		if t.Parallel != nil && t.Parallel.Type == Auto {
			refuse(item.Get("parallel"), split)
		}
	}
}

// checkNeedsCheck refuses settings that only the check can resolve while the check is off.
func checkNeedsCheck(d *yamlschema.Decoder, n *yamlschema.Node, dep *Department) {
	if dep.Source.Check != CheckOff {
		return
	}
	refuse := func(v *yamlschema.Node, wanted bool) {
		if wanted && v != nil && !v.Refused() {
			d.Refuse(v, yamlschema.Faultf("write check: report below source, or remove this", "%s needs the check, and source.check is off", v.Label()))
		}
	}
	refuse(n.Get("parallel"), true)
	jobs := n.Get("jobs")
	if jobs == nil || jobs.Refused() {
		return
	}
	for i, j := range dep.Jobs {
		job := jobs.Entries[i].Value
		refuse(job.Get("parallel"), true)
		refuse(job.Get("verify"), true)
		refuse(job.Get("lobMaxKB"), j.LOBMaxKB == Measured)
		for k, t := range j.Tables {
			item := job.Get("tables").Item(k)
			if item == nil {
				continue
			}
			refuse(item.Get("lobMaxKB"), t.LOBMaxKB == Measured)
			refuse(item.Get("parallel"), t.Parallel != nil && t.Parallel.Type == Auto)
		}
	}
}

// applyJobDefaults gives full-load jobs the department's parallel, and their tables the job's, where they have none.
func applyJobDefaults(d *Department) {
	for i := range d.Jobs {
		j := &d.Jobs[i]
		if j.Type != FullLoad {
			continue
		}
		if j.Parallel == "" {
			j.Parallel = d.Parallel
		}
		for k := range j.Tables {
			if t := &j.Tables[k]; t.Parallel == nil && j.Parallel == Auto {
				t.Parallel = &Parallel{Type: Auto}
			}
		}
	}
}

// CheckOnlySettings lists the settings of the department that only the check can resolve, in the words of its file, each
// with the places that have it.
func (d *Department) CheckOnlySettings() []string {
	var splits, measured, verified places
	whole := d.Parallel == Auto
	for _, j := range d.Jobs {
		if j.Verify != "" {
			verified.add("job " + j.Name)
		}
		if j.LOBMaxKB == Measured {
			measured.add("job " + j.Name)
		}
		for _, t := range j.Tables {
			if t.LOBMaxKB == Measured {
				measured.add("table " + t.String())
			}
			if t.Parallel == nil || t.Parallel.Type != Auto {
				continue
			}
			switch { // The outermost place that has the setting: see applyJobDefaults.
			case whole:
				splits.add("the whole file")
			case j.Parallel == Auto:
				splits.add("job " + j.Name)
			default:
				splits.add("table " + t.String())
			}
		}
	}
	var all []string
	for _, asked := range []struct {
		key string
		places
	}{{"parallel: auto", splits}, {"lobMaxKB: auto", measured}, {"verify: counts", verified}} {
		if len(asked.places) > 0 {
			all = append(all, asked.key+" ("+yamlschema.Listed(asked.short(), "and")+")")
		}
	}
	return all
}

// places are the places of a file that have a setting, in the order of the file, without duplicates.
type places []string

func (p *places) add(place string) {
	if !slices.Contains(*p, place) {
		*p = append(*p, place)
	}
}

// short is the first places, and how many more there are.
func (p places) short() []string {
	const most = 4
	if len(p) <= most {
		return p
	}
	return append(slices.Clone(p[:most-1]), fmt.Sprintf("%d more", len(p)-most+1))
}
