package department

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/oralake/oralake/internal/yamlschema"
)

const (
	dailySchedule  = "cron(0 4 * * ? *)"
	hourlySchedule = "rate(1 hour)"
)

// checkJob fills in the default schedule of the job's type, and refuses settings that do not suit the type.
func checkJob(d *yamlschema.Decoder, n *yamlschema.Node, j *Job) {
	known := n.Has("type")
	if n.Get("schedule") == nil {
		j.Schedule = dailySchedule
		if j.Type.Continuous() {
			j.Schedule = hourlySchedule
		}
	}
	s, bad := parseSchedule(j.Schedule)
	if known && bad == nil && j.Type.Continuous() && s.gap > 0 && s.gap < shortestCDC {
		d.Refuse(n.Get("schedule"), yamlschema.Faultf("write rate(1 hour), or at least rate(5 minutes)",
			"%s is %s: the task of a %s never stops, and each scheduled run only checks it", n.Get("schedule").Label(),
			yamlschema.Clipped(j.Schedule), jobOfType(n, j)))
	}
	if !known {
		return
	}
	checkContinuous(d, n, j)
	checkFullLoadOnly(d, n, j)
	checkGates(d, n, j)
	checkOneTask(d, n.Get("tables"), j)
	checkViews(d, n, j)
	if j.Type != CDC {
		checkSplits(d, n, j)
		return
	}
	nothingLoaded := "has no effect in a " + jobOfType(n, j) + ": its task loads nothing"
	if v := n.Get("parallelLoads"); v != nil {
		d.Refuse(v, yamlschema.Faultf("remove it", "parallelLoads %s", nothingLoaded))
	}
	tables := n.Get("tables")
	for i := range j.Tables {
		if item := tables.Item(i); item != nil && item.Has("parallel") {
			d.Refuse(item.Get("parallel"), yamlschema.Faultf("remove it", "parallel %s", nothingLoaded))
		}
	}
}

// jobOfType names a job by its type in a message, with the line of the key type.
func jobOfType(n *yamlschema.Node, j *Job) string {
	return fmt.Sprintf("%s job (type, line %d)", j.Type, n.Get("type").Line)
}

// checkContinuous refuses keys that have no effect in a job of this type. It sets one task for all tables of a job that
// follows changes, and the default start position of a cdc job.
func checkContinuous(d *yamlschema.Decoder, n *yamlschema.Node, j *Job) {
	refuse := func(key, why string) {
		if v := n.Get(key); v != nil {
			d.Refuse(v, yamlschema.Faultf("remove it", "%s has no effect in a %s: %s", v.Label(), jobOfType(n, j), why))
		}
	}
	const stays = "its task always stays when a run fails"
	switch j.Type {
	case FullLoad:
		const ends = "its tasks end by themselves, and every run creates new ones"
		for _, key := range []string{"paused", "onReplace", "backfill", "startFrom"} {
			refuse(key, ends)
		}
		return
	case FullLoadAndCDC:
		refuse("keepFailedTask", stays)
		refuse("backfill", "every table that is added is loaded in full")
		refuse("startFrom", "it starts with its full load")
	case CDC:
		refuse("keepFailedTask", stays)
		if n.Get("startFrom") == nil {
			j.StartFrom = StartNow
		}
	}
	refuse("tablesPerTask", "all its tables share one DMS task, which reads the redo log once")
	j.TablesPerTask = 0
}

// checkOneTask refuses tables that cannot share the one task of a job that follows changes. It reports the problem at the
// later table, and names the first table that it conflicts with.
func checkOneTask(d *yamlschema.Decoder, tables *yamlschema.Node, j *Job) {
	if !j.Type.Continuous() {
		return
	}
	var task []*Table
	lines := map[*Table]int{}
	seen := map[string]bool{}
next:
	for i := range j.Tables {
		t, item := &j.Tables[i], tables.Item(i)
		if item == nil || item.Refused() || t.Name == "" || seen[t.String()] { // checkFile reports duplicate tables.
			continue
		}
		seen[t.String()] = true
		for _, other := range task {
			if why := CannotShareTask(other, t); why != "" {
				d.Report(item.Pos, fmt.Sprintf("tables %s (line %d) and %s cannot share a DMS task, and a %s job has only one: %s",
					other, lines[other], t, j.Type, why), fmt.Sprintf("move %s to another job", t))
				continue next
			}
		}
		task, lines[t] = append(task, t), item.Line
	}
}

// checkFile checks the file as a whole: its name, settings that need the check, and tables that would write the same
// files in the lake, or be the same table of the catalog.
func checkFile(d *yamlschema.Decoder, n *yamlschema.Node, dep *Department) {
	checkFileName(d, n, dep)
	checkNeedsCheck(d, n, dep)
	checkCatalog(d, n, dep)
	checkKeyRegion(d, n)
	applyJobDefaults(dep)
	jobs := n.Get("jobs")
	if jobs == nil || jobs.Refused() {
		return
	}
	checkAtTimes(d, n, jobs, dep)
	checkGatesOfFormat(d, n, jobs, dep)
	checkQuietJobs(d, n, dep)
	applyMaintenanceWindow(dep)
	sources, targets, cataloged := map[string]firstUse{}, map[string]firstUse{}, map[string]firstUse{}
	for i, job := range dep.Jobs {
		e := jobs.Entries[i]
		folder, types := folderOf(job, e)
		for k, table := range job.Tables {
			item := e.Value.Get("tables").Item(k)
			if item == nil || item.Refused() || table.Name == "" {
				continue
			}
			schema, name := table.Target()
			source, target := folder+table.String(), folder+strings.ToUpper(schema+"."+name)
			use := firstUse{job: e.Key, table: table.String(), line: item.Line}
			switch other, twice := sources[source]; {
			case twice && other.job == use.job:
				d.Report(item.Pos, fmt.Sprintf("table %s is in job %s twice: the first is in line %d", table, use.job, other.line),
					"remove one of them")
				continue
			case twice:
				d.Report(item.Pos, fmt.Sprintf("table %s is in jobs %s (line %d) and %s: a table may be in only one %s job, because both "+
					"would write the same files", table, other.job, other.line, use.job, types), "remove it from one of them")
				continue
			}
			sources[source] = use
			if other, twice := targets[target]; twice {
				d.Report(item.Pos, fmt.Sprintf("tables %s (line %d) and %s would both be %s.%s in the lake, and write the same files",
					other.table, other.line, table, schema, name), "give one of them another name with rename")
				continue
			}
			targets[target] = use
			if dep.Lake.Catalog != CatalogGlue || job.Type != FullLoad {
				continue
			}
			if other, twice := cataloged[CatalogName(name)]; twice {
				d.Report(item.Pos, fmt.Sprintf("tables %s (line %d) and %s would both be the table %s of the catalog", other.table, other.line,
					table, CatalogName(name)), "give one of them another name with rename: {table: NAME}, or write catalog: off below lake")
				continue
			}
			cataloged[CatalogName(name)] = use
		}
	}
}

// firstUse is the first place in the file that uses a source table, or a table name in the lake.
type firstUse struct {
	job, table string
	line       int
}

// folderOf returns the folder of the lake to which a job writes, and the types of the jobs that share the folder, in words.
// A job of unknown type shares its folder with no other job.
func folderOf(job Job, e yamlschema.Entry) (folder, types string) {
	switch {
	case !e.Value.Has("type"):
		return e.Key + "/", "such"
	case job.Type.Continuous():
		return "cdc/", "cdc or full-load-and-cdc"
	default:
		return "full/", "full-load"
	}
}

// checkFileName refuses a file whose name is not its department's name.
func checkFileName(d *yamlschema.Decoder, n *yamlschema.Node, dep *Department) {
	base := filepath.Base(d.File())
	stem, yaml := strings.CutSuffix(base, extension)
	if !yaml {
		d.Report(yamlschema.Pos{Line: 1, Column: 1}, fmt.Sprintf("the file is called %s: the name of a department's file ends in %s",
			yamlschema.Clipped(base), extension), "rename the file")
		return
	}
	tidy := departmentName.Corrected(d, stem)
	if n.Get("department") != nil && tidy != "" && tidy != stem {
		// No department can have the file's name, so only the file can be renamed.
		what := fmt.Sprintf("the file is called %s, and a department's name has %s", yamlschema.Clipped(base), departmentName.Form)
		d.Report(yamlschema.Pos{Line: 1, Column: 1}, what, "rename the file to "+tidy+extension)
		return
	}
	if n.Has("department") && dep.Name != stem {
		d.Refuse(n.Get("department"), yamlschema.Faultf("write department: "+yamlschema.Clipped(stem)+", or rename the file to "+dep.Name+extension,
			"the department is called %s, but the file is called %s", dep.Name, yamlschema.Clipped(base)))
	}
}
