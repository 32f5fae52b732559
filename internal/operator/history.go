package operator

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// History is how a department is, and what it has done in a number of days, as far as the records have it.
type History struct {
	Status Status    `json:"status"`
	From   time.Time `json:"from"`
	Days   int       `json:"days"`
	// Timezone is that of most schedules.
	Timezone string       `json:"timezone"`
	Jobs     []JobHistory `json:"jobs"` // in the order of the file
}

// JobHistory is what a job has done.
type JobHistory struct {
	Job      string          `json:"job"`
	Type     department.Type `json:"type"`
	Timezone string          `json:"timezone"` // of its schedule; that of the department if it has none
	Runs     []PastRun       `json:"runs"`     // that have ended, the oldest first
	// Loads are full loads of tables, in the order of their start. Troubles are tables that a run did not find good, or whose load it
	// held, the newest first. Both are of the tables that the job has now.
	Loads    []Load    `json:"loads,omitempty"`
	Troubles []Trouble `json:"troubles,omitempty"`
	// TablesFrom is the start of the oldest run whose tables were read; nil if they were read of all runs.
	TablesFrom *time.Time `json:"tablesFrom,omitempty"`
	// Lag is how far a job that follows changes was behind its source, the oldest first. BatchSeconds is for how long DMS keeps a change
	// before it writes a file, at most.
	Lag          []Lag `json:"lag,omitempty"`
	LagPeriod    int   `json:"lagPeriodSeconds,omitempty"`
	BatchSeconds int   `json:"batchSeconds,omitempty"`
}

// PastRun is a run of a job.
type PastRun struct {
	Run
	// Part says that a person asked for some tables only. Nothing says that it loaded nothing: it published, or rolled back.
	Part    bool `json:"part,omitempty"`
	Nothing bool `json:"nothingLoaded,omitempty"`
}

// Load is a full load of a table.
type Load struct {
	Table string    `json:"table"`
	Task  string    `json:"task"` // the identifier of the replication task
	Start time.Time `json:"start"`
	// End is when DMS had loaded the table, or when the run was over if DMS does not say: Ended is false then.
	End   time.Time `json:"end"`
	Ended bool      `json:"ended"`
	Rows  int64     `json:"rows"`
	Bytes int64     `json:"bytes"`
	Good  bool      `json:"good"`
	Held  bool      `json:"held,omitempty"`
}

// Trouble is a table that a run did not find good, or whose load it held.
type Trouble struct {
	Table  string    `json:"table"`
	Run    string    `json:"run"`
	At     time.Time `json:"at"` // the start of the run
	Held   bool      `json:"held,omitempty"`
	Reason string    `json:"reason"`
}

// Lag is how many seconds the task of a job that follows changes was behind its source, at most, in a period.
type Lag struct {
	At      time.Time `json:"at"` // the start of the period
	Seconds float64   `json:"seconds"`
	// Measured says that CloudWatch has the value, and no run of that period has recorded one.
	Measured bool `json:"fromCloudWatch,omitempty"`
}

// MostDays is how many days a history has at most.
const MostDays = 90

const (
	// mostRuns is how many runs of a job a history has at most.
	mostRuns = 10_000
	// mostTableRecords is about how many records of tables are read for each job.
	mostTableRecords = 50_000
)

// History returns how the department is, and what it has done in the days before now.
func (d *Department) History(ctx context.Context, days int) (History, error) {
	h := History{Days: days}
	var err error
	if h.Status, err = d.Status(ctx); err != nil {
		return h, err
	}
	h.From = h.Status.At.AddDate(0, 0, -days)
	h.Timezone = timezoneOf(h.Status.Jobs)
	h.Jobs = make([]JobHistory, len(d.Manifest.Jobs))
	err = inParallel(len(h.Jobs), func(i int) (err error) {
		h.Jobs[i], err = d.jobHistory(ctx, d.Manifest.Jobs[i], h)
		return err
	})
	for i, j := range h.Status.Jobs {
		h.Jobs[i].Timezone = h.Timezone
		if j.Schedule != nil {
			h.Jobs[i].Timezone = j.Schedule.Timezone
		}
	}
	return h, err
}

// timezoneOf is the time zone of most schedules; UTC if there is none.
func timezoneOf(jobs []JobStatus) string {
	count, best := map[string]int{}, ""
	for _, j := range jobs {
		if j.Schedule == nil {
			continue
		}
		if count[j.Schedule.Timezone]++; best == "" || count[j.Schedule.Timezone] > count[best] {
			best = j.Schedule.Timezone
		}
	}
	return cmp.Or(best, "UTC")
}

func (d *Department) jobHistory(ctx context.Context, job manifest.Job, h History) (JobHistory, error) {
	j := JobHistory{Job: job.Name, Type: job.Type, BatchSeconds: job.BatchSeconds, Runs: []PastRun{}}
	runs, err := records.RunsSince(ctx, d.records, d.table(), job.Name, h.From, mostRuns)
	if err != nil {
		return j, err
	}
	for _, r := range runs {
		j.Runs = append(j.Runs, PastRun{
			Run: runOf(r), Part: r.RequestedTables > 0, Nothing: r.TaskCount == 0 && r.Outcome == records.Succeeded,
		})
	}
	if err := d.readPastTables(ctx, &j, job, runs); err != nil || !job.Type.Continuous() {
		return j, err
	}
	return j, d.readLag(ctx, &j, job, h)
}

// chooseRuns chooses the runs of which records of tables are read, the newest first: so many that about most records are read. A run of a
// job that follows changes is chosen if it did not succeed: the others found all tables good, and load none.
func (j *JobHistory) chooseRuns(runs []records.Run, tables, most int) (chosen []records.Run) {
	for _, r := range slices.Backward(runs) {
		if r.TaskCount > 0 && (!j.Type.Continuous() || r.Outcome != records.Succeeded) {
			chosen = append(chosen, r)
		}
	}
	if n := max(1, most/max(1, tables)); len(chosen) > n {
		chosen = chosen[:n]
		j.TablesFrom = &chosen[n-1].StartedAt
	}
	return chosen
}

// readPastTables reads the records of the job's tables in the runs that chooseRuns chooses.
func (d *Department) readPastTables(ctx context.Context, j *JobHistory, job manifest.Job, runs []records.Run) error {
	var tables []string
	for _, task := range job.Tasks {
		for _, t := range task.Tables {
			tables = append(tables, t.String())
		}
	}
	read := j.chooseRuns(runs, len(tables), mostTableRecords)
	found := make([]map[string]records.Table, len(read))
	err := inParallel(len(read), func(i int) (err error) {
		found[i], err = records.FindTables(ctx, d.records, d.table(), read[i].SK, tables)
		return err
	})
	for i, r := range read {
		for _, name := range tables {
			if t, ok := found[i][name]; ok && t.Job == job.Name {
				j.add(r, t)
			}
		}
	}
	slices.SortStableFunc(j.Loads, func(a, b Load) int { return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.Table, b.Table)) })
	return err
}

// add adds what the record of a table in a run says.
func (j *JobHistory) add(r records.Run, t records.Table) {
	if bad := badTable(t); bad != nil {
		j.Troubles = append(j.Troubles, Trouble{Table: t.Table, Run: bad.Run, At: r.StartedAt, Held: len(bad.Held) > 0, Reason: bad.Reason})
	}
	if j.Type.Continuous() || t.LoadStartedAt == nil {
		return
	}
	load := Load{Table: t.Table, Task: t.Task, Start: *t.LoadStartedAt, End: r.RecordedAt, Rows: t.Rows, Bytes: t.Bytes, Good: t.Good, Held: len(t.Held) > 0}
	if t.LoadEndedAt != nil {
		load.End, load.Ended = *t.LoadEndedAt, true
	}
	if load.End.Before(load.Start) {
		load.End = load.Start
	}
	j.Loads = append(j.Loads, load)
}

// lagPeriods are the periods of which a lag is the greatest, by the most days for which each is taken: then a history has at most 200.
var lagPeriods = []struct {
	days   int
	period time.Duration
}{{1, 10 * time.Minute}, {7, time.Hour}, {31, 4 * time.Hour}, {MostDays, 12 * time.Hour}}

// readLag reads how far the task was behind its source: what the runs have recorded, and what CloudWatch has for the periods between
// them.
func (d *Department) readLag(ctx context.Context, j *JobHistory, job manifest.Job, h History) error {
	period := lagPeriods[len(lagPeriods)-1].period
	for _, p := range slices.Backward(lagPeriods) {
		if h.Days <= p.days {
			period = p.period
		}
	}
	j.LagPeriod = int(period / time.Second)
	tasks, err := records.TaskSince(ctx, d.records, d.table(), run.TaskID(d.Stack, job.Tasks[0]), h.From, mostRuns)
	if err != nil {
		return err
	}
	recorded := map[time.Time]float64{}
	var arns []string // the task may have been replaced
	for _, t := range tasks {
		if t.ARN != "" && !slices.Contains(arns, t.ARN) {
			arns = append(arns, t.ARN)
		}
		if t.TargetLatency != nil && t.SeenAt != nil {
			at := t.SeenAt.UTC().Truncate(period)
			recorded[at] = max(recorded[at], *t.TargetLatency)
		}
	}
	for at, seconds := range recorded {
		j.Lag = append(j.Lag, Lag{At: at, Seconds: seconds})
	}
	measured, err := dms.LatencyHistory(ctx, d.metrics, h.Status.Instance.Name, arns, h.From, h.Status.At, period)
	if err != nil {
		return err
	}
	for _, m := range measured {
		if _, known := recorded[m.At]; !known {
			j.Lag = append(j.Lag, Lag{At: m.At, Seconds: m.Seconds, Measured: true})
		}
	}
	slices.SortFunc(j.Lag, func(a, b Lag) int { return a.At.Compare(b.At) })
	return nil
}
