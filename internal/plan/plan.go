package plan

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/yamlschema"
)

// nextRuns is how many of the next runs of a job a plan names.
const nextRuns = 5

// Plan is what a deploy makes of a department's file.
type Plan struct {
	Department string   `json:"department"`
	File       string   `json:"file"`
	Stack      string   `json:"stack"`
	Timezone   string   `json:"timezone"` // of the schedules
	Jobs       []Job    `json:"jobs"`
	Warnings   []string `json:"warnings,omitempty"`
}

// Job is a job with the replication tasks that its runs create.
type Job struct {
	Job      string          `json:"job"`
	Type     department.Type `json:"type"`
	Schedule string          `json:"schedule"`
	// Next are the next runs, in the department's time zone. A rate has none: it counts from the deploy.
	Next  []time.Time `json:"next,omitempty"`
	Gates []Gate      `json:"gates"`
	Month Month       `json:"month"`
	Tasks []Task      `json:"tasks"`
}

// Tables is the number of the job's tables.
func (j Job) Tables() int {
	n := 0
	for _, t := range j.Tasks {
		n += len(t.Tables)
	}
	return n
}

// Gate is something that decides whether a run starts, or whether its result is good.
type Gate struct {
	Key   string `json:"key"` // of the department's file
	Value string `json:"value"`
	Text  string `json:"text"` // for people
}

// Task is a replication task.
type Task struct {
	Task   string  `json:"task"` // the identifier in DMS
	Tables []Table `json:"tables"`
	// Mappings and Settings are what DMS gets; nil unless they were asked for.
	Mappings json.RawMessage `json:"mappings,omitempty"`
	Settings json.RawMessage `json:"settings,omitempty"`
}

// Table is a table of a task, with the rules for it.
type Table struct {
	Table   string   `json:"table"`  // SCHEMA.TABLE at the source
	Target  string   `json:"target"` // SCHEMA.TABLE in the lake
	View    bool     `json:"view,omitempty"`
	LOBKB   int      `json:"lobMaxKB"`                        // the LOB limit
	LOBAuto bool     `json:"lobMeasured,omitempty"`           // each run measures the LOBs and sets the limit
	Split   string   `json:"split,omitempty"`                 // how the load is split; auto if each run plans it
	Filters []string `json:"filters,omitempty"`               // conditions on the rows
	Exclude []string `json:"excludedColumns,omitempty"`       // columns that are not loaded
	Parts   []string `json:"splitByColumnsOrParts,omitempty"` // the columns or the partitions of Split
}

// Read reads the file of a department and plans its jobs, or only the job called job if that is not empty. mappings says whether the
// plan has the table mappings and task settings.
func Read(dir, name, job string, mappings bool, now time.Time) (Plan, error) {
	path, err := department.Find(dir, name)
	if err != nil {
		return Plan{}, err
	}
	d, err := department.Load(path)
	if err != nil {
		return Plan{}, err
	}
	months, err := monthsOf(d, now)
	if err != nil {
		return Plan{}, err
	}
	m, err := manifest.Compile(d)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Department: d.Name, File: path, Stack: contract.StackName(d.Name), Timezone: d.Timezone}
	for _, w := range d.Warnings(now) {
		p.Warnings = append(p.Warnings, w.Text)
	}
	for i, j := range d.Jobs {
		if job != "" && j.Name != job {
			continue
		}
		planned, err := planJob(d, j, m.Jobs[i], p.Stack, mappings, now)
		if err != nil {
			return Plan{}, err
		}
		planned.Month = months[i]
		p.Jobs = append(p.Jobs, planned)
	}
	if len(p.Jobs) == 0 {
		return Plan{}, NoJob(d, job)
	}
	return p, nil
}

// Load reads the file of a department.
func Load(dir, name string) (*department.Department, error) {
	path, err := department.Find(dir, name)
	if err != nil {
		return nil, err
	}
	return department.Load(path)
}

// NoJob is the error of a job that a department does not have.
func NoJob(d *department.Department, job string) error {
	var names []string
	for _, j := range d.Jobs {
		names = append(names, j.Name)
	}
	return fmt.Errorf("department %s has no job %s: its jobs are %s%s", d.Name, yamlschema.Quoted(job), yamlschema.Listed(names, "and"),
		yamlschema.Suggestion(job, names))
}

func planJob(d *department.Department, j department.Job, compiled manifest.Job, stack string, mappings bool, now time.Time) (Job, error) {
	table, err := department.NewTimetable(j.Schedule, d.Timezone)
	if err != nil {
		return Job{}, err
	}
	p := Job{
		Job: j.Name, Type: j.Type, Schedule: j.Schedule, Next: table.NextTimes(now, time.Time{}, nextRuns), Gates: gatesOf(d, j),
	}
	for _, t := range compiled.Tasks {
		task := Task{Task: stack + "-" + t.Name}
		if mappings {
			task.Mappings, task.Settings = t.Mappings, t.Settings
		}
		rules, err := t.Details()
		if err != nil {
			return Job{}, err
		}
		for _, table := range t.Tables {
			task.Tables = append(task.Tables, planTable(table, rules[table.String()]))
		}
		p.Tasks = append(p.Tasks, task)
	}
	return p, nil
}

func planTable(t manifest.Table, rules manifest.TableRules) Table {
	planned := Table{
		Table: t.String(), Target: t.TargetSchema + "." + t.TargetName, View: t.View,
		LOBKB: rules.LOBMaxKB, LOBAuto: t.MeasureLOBs, Split: rules.Split, Exclude: rules.Exclude,
		Parts: append(rules.RangeColumns, rules.Partitions...),
	}
	if t.PlanParallelLoad {
		planned.Split = department.Auto
	}
	for _, f := range rules.Filters {
		planned.Filters = append(planned.Filters, condition(f))
	}
	return planned
}

// condition writes a filter as people read it, such as "PS_AVAILQTY between 1 and 5000".
func condition(f department.Filter) string {
	switch f.Operator {
	case "between", "notbetween":
		return strings.Join([]string{f.Column, f.Operator, f.From, "and", f.To}, " ")
	case "null", "notnull":
		return f.Column + " " + f.Operator
	}
	return strings.Join([]string{f.Column, f.Operator, f.Value}, " ")
}
