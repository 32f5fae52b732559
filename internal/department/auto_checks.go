package department

import (
	"fmt"
	"slices"

	"github.com/oralake/oralake/internal/yamlschema"
)

// checkFullLoadOnly refuses, in jobs that follow changes, the settings that each run finds before it creates tasks. Such a
// job keeps its task between runs, and a new limit or split would stop the task and modify it.
func checkFullLoadOnly(d *yamlschema.Decoder, n *yamlschema.Node, j *Job) {
	if !j.Type.Continuous() {
		return
	}
	refuse := func(v *yamlschema.Node, fix string) {
		if v != nil && !v.Refused() {
			d.Refuse(v, yamlschema.Faultf(fix, "%s is for full-load jobs only: a %s keeps its task between runs",
				v.Label(), jobOfType(n, j)))
		}
	}
	const lob = "write a number of kilobytes, which `go run ./cmd/oralake check` prints"
	split := "write the partitions or ranges in its tables, which `go run ./cmd/oralake check` prints"
	if j.Type == CDC {
		split = "remove it" // such a job has no other split, either
	}
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

// checkNeedsCheck refuses settings that need the database check if it is off.
func checkNeedsCheck(d *yamlschema.Decoder, n *yamlschema.Node, dep *Department) {
	source := n.Get("source")
	if source == nil || dep.Source.Check != CheckOff {
		return
	}
	refuse := func(v *yamlschema.Node, wanted bool) {
		if wanted && v != nil && !v.Refused() {
			d.Refuse(v, yamlschema.Faultf("write check: report below source, or remove this key",
				"%s needs the database check, and source.check (line %d) is off", v.Label(), source.Get("check").Line))
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

// applyJobDefaults gives full-load jobs without parallel the department's, and their tables without parallel the job's.
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
			if t := &j.Tables[k]; t.Parallel == nil && j.Parallel == Auto && !t.View { // nothing is known of a view's rows
				t.Parallel = &Parallel{Type: Auto}
			}
		}
	}
}

// CheckOnlySettings lists the settings of the department that need the database check, as the file writes them, each with
// its places in the file.
func (d *Department) CheckOnlySettings() []string {
	var planned, measured, verified places
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
			switch { // A table inherits the setting: name the outermost place that has it. See applyJobDefaults.
			case d.Parallel == Auto:
				planned.add("the whole file")
			case j.Parallel == Auto:
				planned.add("job " + j.Name)
			default:
				planned.add("table " + t.String())
			}
		}
	}
	var all []string
	for _, setting := range []struct {
		text string
		places
	}{{"parallel: auto", planned}, {"lobMaxKB: auto", measured}, {"verify: counts", verified}} {
		if len(setting.places) > 0 {
			all = append(all, setting.text+" ("+yamlschema.Listed(setting.short(), "and")+")")
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

// short returns the first places, and how many more there are.
func (p places) short() []string {
	const most = 4
	if len(p) <= most {
		return p
	}
	return append(slices.Clone(p[:most-1]), fmt.Sprintf("%d more", len(p)-most+1))
}
