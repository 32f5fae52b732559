package department

import (
	"fmt"
	"path/filepath"
	"strings"
)

const (
	dailySchedule  = "cron(0 2 * * ? *)"
	hourlySchedule = "rate(1 hour)"
)

// checkJob fills in the schedule that suits the type, and refuses what would have no effect or too much.
func checkJob(r *reader, n *node, j *Job) {
	known := n.has("type")
	if n.get("schedule") == nil {
		j.Schedule = dailySchedule
		if j.Type.Continuous() {
			j.Schedule = hourlySchedule
		}
	}
	s, bad := parseSchedule(j.Schedule)
	if known && bad == nil && j.Type.Continuous() && s.gap > 0 && s.gap < shortestCDC {
		r.refuse(n.get("schedule"), faultf("write rate(1 hour), or at least rate(5 minutes)",
			"%s is %s: a %s job runs all the time and is only looked after by its schedule", n.get("schedule").label(),
			clipped(j.Schedule), j.Type))
	}
	if !known {
		return
	}
	checkContinuous(r, n, j)
	checkPlanned(r, n, j)
	if j.Type != CDC {
		return
	}
	const nothingLoaded = "has no effect in a cdc job: nothing is loaded"
	if v := n.get("parallelLoads"); v != nil {
		r.refuse(v, faultf("remove it", "parallelLoads %s", nothingLoaded))
	}
	tables := n.get("tables")
	for i := range j.Tables {
		if item := tables.item(i); item != nil && item.has("parallel") {
			r.refuse(item.get("parallel"), faultf("remove it", "parallel %s", nothingLoaded))
		}
	}
}

// checkContinuous refuses keys that mean nothing to a job of this type, and fills in what a job that follows changes has
// by itself: one task for all tables, and a place to begin.
func checkContinuous(r *reader, n *node, j *Job) {
	refuse := func(key, why string) {
		if v := n.get(key); v != nil {
			r.refuse(v, faultf("remove it", "%s has no effect in a %s job: %s", v.label(), j.Type, why))
		}
	}
	const stays = "its task stays when a run fails"
	switch j.Type {
	case FullLoad:
		const ends = "its tasks end by themselves and are made anew for every run"
		for _, key := range []string{"paused", "onReplace", "backfill", "startFrom"} {
			refuse(key, ends)
		}
		return
	case FullLoadAndCDC:
		refuse("keepFailedTask", stays)
		refuse("backfill", "every table that is added is loaded in full")
		refuse("startFrom", "it begins with its full load")
	case CDC:
		refuse("keepFailedTask", stays)
		if n.get("startFrom") == nil {
			j.StartFrom = StartNow
		}
	}
	refuse("tablesPerTask", "all its tables share one DMS task, which reads the redo log once")
	j.TablesPerTask = 0
}

// checkFile looks at the file as a whole: its name, and tables that would write the same files twice.
func checkFile(r *reader, n *node, d *Department) {
	checkFileName(r, n, d)
	checkAsked(r, n, d)
	inherit(d)
	jobs := n.get("jobs")
	if jobs == nil || jobs.bad {
		return
	}
	sources, targets := map[string]owner{}, map[string]owner{}
	for i, job := range d.Jobs {
		e := jobs.entries[i]
		folder, kind := folderOf(job, e)
		for k, table := range job.Tables {
			item := e.value.get("tables").item(k)
			if item == nil || item.bad || table.Name == "" {
				continue
			}
			schema, name := table.Target()
			source, target := folder+table.String(), folder+strings.ToUpper(schema+"."+name)
			mine := owner{job: e.key, table: table.String(), line: item.line}
			switch other, twice := sources[source]; {
			case twice && other.job == mine.job:
				r.report(item.pos, fmt.Sprintf("table %s is in job %s twice: first in line %d", table, mine.job, other.line),
					"remove one of them")
				continue
			case twice:
				r.report(item.pos, fmt.Sprintf("table %s is in jobs %s and %s: a table may be in one %s job only, or both would "+
					"write the same files", table, other.job, mine.job, kind), "remove it from one of them")
				continue
			}
			sources[source] = mine
			if other, twice := targets[target]; twice {
				r.report(item.pos, fmt.Sprintf("tables %s and %s would both be %s.%s in the lake and write the same files",
					other.table, table, schema, name), "rename one of them otherwise")
				continue
			}
			targets[target] = mine
		}
	}
}

// owner is who was first to claim a table or a folder of the lake.
type owner struct {
	job, table string
	line       int
}

// folderOf is the part of the lake that a job writes to, and the jobs that share it in words. While the type is not
// known, the job is alone.
func folderOf(job Job, e entry) (folder, kind string) {
	switch {
	case !e.value.has("type"):
		return e.key + "/", "such"
	case job.Type.Continuous():
		return "cdc/", "cdc or full-load-and-cdc"
	default:
		return "full/", "full-load"
	}
}

// checkFileName wants the file called after its department.
func checkFileName(r *reader, n *node, d *Department) {
	base := filepath.Base(r.file)
	stem, yaml := strings.CutSuffix(base, extension)
	if !yaml {
		r.report(pos{1, 1}, fmt.Sprintf("the file is called %s: a department's file ends in %s", clipped(base), extension),
			"rename it")
		return
	}
	tidy := departmentName.meant(r, stem)
	if n.get("department") != nil && tidy != "" && tidy != stem {
		// Whatever the file says: its name could never be the department's.
		what := fmt.Sprintf("the file is called %s, and a department's name has %s", clipped(base), departmentName.form)
		r.report(pos{1, 1}, what, "rename the file to "+tidy+extension)
		return
	}
	if n.has("department") && d.Name != stem {
		r.refuse(n.get("department"), faultf("write department: "+clipped(stem)+", or rename the file to "+d.Name+extension,
			"the department is called %s, but its file %s", d.Name, clipped(base)))
	}
}
