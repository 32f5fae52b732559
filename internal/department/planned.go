package department

import (
	"fmt"
	"slices"
)

// checkPlanned refuses in jobs that follow changes what is found out anew before every run: their task lives on, and a
// limit or a split that changes by itself would stop and change it.
func checkPlanned(r *reader, n *node, j *Job) {
	if !j.Type.Continuous() {
		return
	}
	const lives = "its task lives on from run to run"
	refuse := func(v *node, fix string) {
		if v != nil && !v.bad {
			r.refuse(v, faultf(fix, "%s is for full-load jobs only: %s", v.label(), lives))
		}
	}
	const lob = "write kilobytes: `go run ./lambdas/check` prints those that the LOBs call for"
	const split = "write it out: `go run ./lambdas/check` prints the plan"
	refuse(n.get("verify"), "remove it")
	refuse(n.get("parallel"), split)
	if j.LOBMaxKB == Measured {
		refuse(n.get("lobMaxKB"), lob)
	}
	for i, t := range j.Tables {
		item := n.get("tables").item(i)
		if item == nil {
			continue
		}
		if t.LOBMaxKB == Measured {
			refuse(item.get("lobMaxKB"), lob)
		}
		if t.Parallel != nil && t.Parallel.Type == Auto {
			refuse(item.get("parallel"), split)
		}
	}
}

// checkAsked wants the check for what only it can find out.
func checkAsked(r *reader, n *node, d *Department) {
	if d.Source.Check != CheckOff {
		return
	}
	refuse := func(v *node, wanted bool) {
		if wanted && v != nil && !v.bad {
			r.refuse(v, faultf("write check: report below source, or remove this", "%s needs the check, and source.check is off", v.label()))
		}
	}
	refuse(n.get("parallel"), true)
	jobs := n.get("jobs")
	if jobs == nil || jobs.bad {
		return
	}
	for i, j := range d.Jobs {
		job := jobs.entries[i].value
		refuse(job.get("parallel"), true)
		refuse(job.get("verify"), true)
		refuse(job.get("lobMaxKB"), j.LOBMaxKB == Measured)
		for k, t := range j.Tables {
			item := job.get("tables").item(k)
			if item == nil {
				continue
			}
			refuse(item.get("lobMaxKB"), t.LOBMaxKB == Measured)
			refuse(item.get("parallel"), t.Parallel != nil && t.Parallel.Type == Auto)
		}
	}
}

// inherit gives full-load jobs the department's word on how tables are split, and tables their job's.
func inherit(d *Department) {
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

// Asks lists what of the department only the check can find out, in the words of its file, each with where it is said.
func (d *Department) Asks() []string {
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
			switch { // Who said it first: see inherit.
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
			all = append(all, asked.key+" ("+listed(asked.short(), "and")+")")
		}
	}
	return all
}

// places are where a file says something, in its order, each once.
type places []string

func (p *places) add(place string) {
	if !slices.Contains(*p, place) {
		*p = append(*p, place)
	}
}

// short is the first of many places, and how many more there are.
func (p places) short() []string {
	const most = 4
	if len(p) <= most {
		return p
	}
	return append(slices.Clone(p[:most-1]), fmt.Sprintf("%d more", len(p)-most+1))
}
