package cost

import (
	"fmt"
	"math"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/wording"
)

// work is a job, and for how many hours of the month it works with the replication instance, whatever other jobs do.
type work struct {
	job   Job
	hours float64
}

// workOf estimates what a job does in a month.
func (in Input) workOf(j department.Job) (work, error) {
	timetable, err := department.NewTimetable(j.Schedule, in.Department.Timezone)
	if err != nil {
		return work{}, err
	}
	runs := float64(timetable.Count(in.Now, in.Now.AddDate(1, 0, 0))) / 12
	if j.Type.Continuous() {
		return in.follow(j, runs), nil
	}
	return in.load(j, runs), nil
}

// load estimates a job of full loads.
func (in Input) load(j department.Job, runs float64) work {
	known := in.known(j.Name)
	hours := known.sum().Hours()
	runs = min(runs, Month/hours) // a run that is due while another one works is skipped
	v := fullLoad(known, in.checked(), j.Verify == department.Counts)
	job := Job{Job: j.Name, Type: j.Type, Runs: rounded(runs, 2), HoursOfRun: rounded(hours, 3), Hours: rounded(runs*hours, 2), History: known.Runs}
	job.Lines = append(in.ofRuns(v, runs), in.ofFiles(len(j.Tables), float64(known.Bytes), runs)...)
	return work{job, runs * hours}
}

// follow estimates a job that follows changes. Its first load, and loads of tables that are added later, are left out.
func (in Input) follow(j department.Job, runs float64) work {
	job := Job{Job: j.Name, Type: j.Type, Runs: rounded(runs, 2), Hours: Month, Lines: in.ofRuns(following(in.checked()), runs)}
	if j.Paused {
		job.Hours = 0
		return work{job, 0}
	}
	batches := Month * 3600 / float64(in.Department.Lake.CDCMaxBatchSeconds)
	job.Lines = append(job.Lines, line(S3Put, batches*float64(len(j.Tables)), "at most: every %[2]d seconds a file for each of %[1]s",
		wording.Counted(len(j.Tables), "table"), in.Department.Lake.CDCMaxBatchSeconds))
	return work{job, Month}
}

// checked says whether runs check the source database. Without the file's word it depends on the layer with Oracle's client, and counts
// as unchecked.
func (in Input) checked() bool {
	check := in.Department.Source.Check
	return check == department.CheckReport || check == department.CheckRequire
}

// known returns what the records tell of a job, or what is assumed of it. Runs of a month know how long the runs before them took.
func (in Input) known(job string) Known {
	known := in.Known[job]
	if known.Runs > 0 {
		return known
	}
	load := time.Duration(in.Assumed.LoadHours * float64(time.Hour))
	return Known{Creating: assumedCreate, Loading: assumedStart + load, Deleting: assumedDelete, Bytes: int64(in.Assumed.Gigabytes * 1e9)}
}

// instance is what a job pays for the replication instance. Several jobs at once share its hours: share is how much of an hour a
// job pays.
func (w work) instance(share float64) Line {
	hours := rounded(w.hours, 2)
	how := "the task works all the time"
	switch {
	case w.hours == 0:
		how = "it is paused"
	case !w.job.Type.Continuous():
		how = fmt.Sprintf("%s of %s h", runsOf(w.job.Runs), wording.Plain(w.job.HoursOfRun))
	}
	if share < 1 {
		how += fmt.Sprintf(", shared with other jobs: %s of %s h", wording.Plain(rounded(w.hours*share, 2)), wording.Plain(hours))
	}
	return line(Instance, w.hours*share, "%s", how)
}

// ofRuns returns the lines of the runs of a job, whatever they load.
func (in Input) ofRuns(v visits, runs float64) []Line {
	check, others := v.calls()
	transitions := float64(v.sum())
	seconds := float64(others)*callSeconds*contract.FunctionMemoryMB + float64(check)*checkSeconds*contract.CheckMemoryMB
	kilobytes := transitions*kilobytesOfTransition + float64(check+others)*kilobytesOfCall
	ingested := runs * kilobytes / 1e6
	how := runsOf(runs)
	calls := fmt.Sprintf("%s of %s", how, wording.Counted(check+others, "call"))
	return []Line{
		line(Transitions, runs*transitions, "%s of %d states", how, v.sum()),
		line(LambdaRequests, runs*float64(check+others), "%s", calls),
		line(LambdaDuration, runs*seconds/1024, "%s of %s s with %d MB%s", calls, wording.Plain(callSeconds), contract.FunctionMemoryMB, ofChecks(check)),
		line(LogIngestion, ingested, "%s of %s kB of logs", how, wording.Plain(rounded(kilobytes, 0))),
		line(LogStorage, ingested*float64(in.Department.LogDays)*24/Month, "kept for %d days", in.Department.LogDays),
	}
}

// ofChecks says what calls of the check function add.
func ofChecks(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d of them of %s s with %d MB", n, wording.Plain(checkSeconds), contract.CheckMemoryMB)
}

// ofFiles returns the lines of the files that the loads of a job write and that oralake reads. S3 takes a large file in parts of at
// least 5 MB, each a request; how large those of DMS are is not documented.
func (in Input) ofFiles(tables int, bytes, runs float64) []Line {
	files := max(float64(tables), math.Ceil(bytes/(float64(in.Department.Lake.MaxFileMB)*1e6)))
	parts := max(files, math.Ceil(bytes/smallestPart))
	puts := parts + putsOfTable*float64(tables) + putsOfRun
	gets := getsOfFile*files + getsOfTable*float64(tables) + getsOfRun
	how := runsOf(runs)
	return []Line{
		line(S3Put, runs*puts, "at most: %s of %s parts of files and %s requests for %s", how, wording.Plain(parts), wording.Plain(puts-parts), wording.Counted(tables, "table")),
		line(S3Get, runs*gets, "%s of %s requests for %s files and %s", how, wording.Plain(gets), wording.Plain(files), wording.Counted(tables, "table")),
		line(S3Storage, bytes/1e9*float64(in.Department.Lake.KeepSnapshots), "%d snapshots of %s GB", in.Department.Lake.KeepSnapshots,
			wording.Plain(rounded(bytes/1e9, 3))),
	}
}

// shared returns the lines that no job causes alone. idle is for how many hours no job works with the replication instance.
func (in Input) shared(idle float64) []Line {
	d := in.Department
	lines := []Line{
		line(Instance, idle, "idle: no job works with it"),
		line(InstanceStorage, float64(d.Replication.StorageGB), "replication.storageGB; at most: DMS may include some of it"),
	}
	if n := contract.InterfaceEndpoints(d.Network.Create != "", d.Source.CertificateARN != "" && d.Source.Check != department.CheckOff); n > 0 {
		lines = append(lines, line(Endpoints, float64(n*contract.Subnets*Month), "%s in %d availability zones", wording.Counted(n, "endpoint"), contract.Subnets))
	}
	searches := Month * 60 / float64(contract.OrphansMinutes)
	for _, one := range in.ofRuns(search(), searches) {
		one.MadeOf = "search for orphans: " + one.MadeOf
		lines = append(lines, one)
	}
	return lines
}

// runsOf is a number of runs, for people.
func runsOf(n float64) string {
	if n = rounded(n, 2); n != 1 {
		return wording.Plain(n) + " runs"
	}
	return "1 run"
}

func line(what Key, quantity float64, madeOf string, args ...any) Line {
	return Line{What: what, Quantity: rounded(quantity, 4), MadeOf: fmt.Sprintf(madeOf, args...)}
}

// rounded rounds a number to so many digits after the point.
func rounded(n float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(n*scale) / scale
}
