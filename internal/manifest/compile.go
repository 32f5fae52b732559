package manifest

import (
	"fmt"

	"github.com/oralake/oralake/internal/department"
)

// Compile turns a department, as department.Load returns it, into its manifest. Compile does not validate:
// department.Load has already refused everything that DMS does not accept of a value. The same department always gives the
// same manifest, byte for byte. Jobs keep the order of the file. The error names what is more than DMS takes: see limits.go.
func Compile(d *department.Department) (*Manifest, error) {
	m := &Manifest{Department: d.Name, Jobs: make([]Job, 0, len(d.Jobs))}
	for _, j := range d.Jobs {
		job, err := compileJob(j, d)
		if err != nil {
			return nil, err
		}
		if checked(d) {
			job.Check, job.Capture = d.Source.Check, d.Source.Capture
			job.RedoLog, job.NumberScale = d.Source.Oracle.RedoLog(), d.Source.Oracle.NumberDatatypeScale
			if j.Type.Continuous() {
				job.RedoDeadlineHours = d.Source.RedoDeadlineHours
			}
		}
		m.Jobs = append(m.Jobs, job)
	}
	return m, m.checkLimits()
}

// checked says that the runs of a department check the database.
func checked(d *department.Department) bool {
	return d.Source.Check != department.CheckOff && d.Source.Check != ""
}

// compileJob splits a job of a department into tasks and writes the mappings and settings of each.
func compileJob(j department.Job, d *department.Department) (Job, error) {
	job := Job{
		Name: j.Name, Type: j.Type, TimeLimitHours: j.TimeLimitHours, KeepFailedTask: j.KeepFailedTask, Verify: j.Verify,
		Tags: d.Tags,
	}
	if !j.Type.Continuous() || checked(d) {
		job.Format = d.Lake.Format
	}
	if j.Type.Continuous() {
		job.Paused, job.OnReplace, job.Backfill, job.StartFrom = j.Paused, j.OnReplace, j.Backfill, j.StartFrom
		job.BatchSeconds, job.OpenTransactionMinutes = d.Lake.CDCMaxBatchSeconds, d.Source.OpenTransactionMinutes
	}
	parts, group := tasksOf(j)
	for i, tables := range parts {
		task, err := compileTask(j, tables, d.Source.OpenTransactionMinutes)
		if err != nil {
			return Job{}, fmt.Errorf("job %s, task %d: %w", j.Name, i+1, err)
		}
		task.Name = fmt.Sprintf("%s-%d", j.Name, i+1)
		if len(parts) > 1 {
			task.Group = group[i]
		}
		job.Tasks = append(job.Tasks, task)
	}
	return job, nil
}

// tasksOf returns the tables of each task of a job, and the group of each task: see split. A job that follows changes has one task.
func tasksOf(j department.Job) (tasks [][]department.Table, group []int) {
	if j.Type.Continuous() {
		return [][]department.Table{j.Tables}, []int{1}
	}
	return split(j.Tables, j.TablesPerTask)
}

// compileTask compiles one task of a job, without its name. openMinutes is the longest time for which a transaction stays open
// at the source.
func compileTask(j department.Job, tables []department.Table, openMinutes int) (Task, error) {
	largest := 0
	for _, t := range tables {
		largest = max(largest, lobLimit(j, t))
	}
	mappings, err := encode(mappingsOf(j, tables, largest))
	if err != nil {
		return Task{}, fmt.Errorf("write the table mappings: %w", err)
	}
	settings, err := encode(settingsOf(j, largest, openMinutes))
	if err != nil {
		return Task{}, fmt.Errorf("write the task settings: %w", err)
	}
	task := Task{Mappings: mappings, Settings: settings}
	for _, t := range tables {
		schema, name := t.Target()
		compiled := Table{
			Schema: t.Schema, Name: t.Name, TargetSchema: schema, TargetName: name, View: t.View,
			MeasureLOBs: measuresLOBs(j, t), PlanParallelLoad: t.Parallel != nil && t.Parallel.Type == department.Auto,
		}
		if !j.Type.Continuous() {
			compiled.Gates = gatesOf(j, t)
		}
		task.Tables = append(task.Tables, compiled)
	}
	return task, nil
}

// lobLimit returns the LOB limit (LobMaxSize) of a table, in KB. A limit that is measured before each run is DMS's
// default until then.
func lobLimit(j department.Job, t department.Table) int {
	switch {
	case measuresLOBs(j, t):
		return unmeasuredLOB
	case t.LOBMaxKB != 0:
		return t.LOBMaxKB
	default:
		return j.LOBMaxKB
	}
}

// unmeasuredLOB is DMS's default of LobMaxSize, in KB.
const unmeasuredLOB = 32

// measuresLOBs reports whether the table's LOB limit is measured before each run (lobMaxKB: auto).
func measuresLOBs(j department.Job, t department.Table) bool {
	return t.LOBMaxKB == department.Measured || t.LOBMaxKB == 0 && j.LOBMaxKB == department.Measured
}
