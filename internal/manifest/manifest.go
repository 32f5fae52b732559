// Package manifest compiles a department's file into the input of its Lambda functions: for every job the DMS replication
// tasks, with their table mappings and task settings.
//
// A manifest never changes, and its hash is its name. So each run can record which manifest it uses.
package manifest

import (
	"encoding/json"

	"github.com/oralake/oralake/internal/department"
)

// Manifest holds the compiled jobs of one department.
type Manifest struct {
	Department string `json:"department"`
	Jobs       []Job  `json:"jobs"`
}

// Job is a job of the department's file, split into tasks.
type Job struct {
	Name string          `json:"name"`
	Type department.Type `json:"type"`
	// TimeLimitHours is how long a run may take, in hours. 0 is no limit. Like KeepFailedTask it is missing from older
	// manifests, which runs that started before a deploy still read.
	TimeLimitHours int `json:"timeLimitHours,omitempty"`
	// KeepFailedTask leaves the tasks of a failed full load in place until the next run.
	KeepFailedTask bool `json:"keepFailedTask,omitempty"`
	// Check is department.CheckReport or department.CheckRequire if a run checks the database before it creates tasks.
	// It is empty if there is no check.
	Check string `json:"check,omitempty"`
	// Capture is how DMS reads the redo log: logminer or binary-reader. It is set only together with Check.
	Capture string `json:"capture,omitempty"`
	// Format is the format of the lake's files: parquet or csv. In a job that follows changes it is set only together with Check.
	Format string `json:"format,omitempty"`
	// RedoLog is what the file says of the redo log; nil if it says nothing. It is set only together with Check.
	RedoLog *department.RedoLog `json:"redoLog,omitempty"`
	// NumberScale is source.oracle.numberDatatypeScale. It is set only together with Check.
	NumberScale *int `json:"numberScale,omitempty"`
	// Tags are those that the department's file names, for the tasks of the job.
	Tags map[string]string `json:"tags,omitempty"`
	// Verify is department.Counts if a run compares the rows of a full load with the rows at the source.
	Verify string `json:"verify,omitempty"`
	Tasks  []Task `json:"tasks"`

	// The other fields belong to jobs that follow changes. They too may be missing from older manifests. Such a job has
	// one task. So DMS reads the redo log once, and a table never moves from one task to another.

	// Paused stops the task and keeps it.
	Paused bool `json:"paused,omitempty"`
	// OnReplace is department.Restart if oralake may replace the task for a change that DMS cannot make to it.
	OnReplace string `json:"onReplace,omitempty"`
	// Backfill says whether tables that are added to a cdc job are loaded once in full. If it is nil, no table may be
	// added.
	Backfill *bool `json:"backfill,omitempty"`
	// StartFrom is the position at which a cdc job starts for the first time: department.StartNow, an SCN, or a time in
	// RFC 3339.
	StartFrom string `json:"startFrom,omitempty"`
	// OpenTransactionMinutes is how long before its creation the task of a cdc job starts to read the redo log, if StartFrom
	// is department.StartNow and the database check does not say where the oldest open transaction began.
	OpenTransactionMinutes int `json:"openTransactionMinutes,omitempty"`
	// RedoDeadlineHours is source.redoDeadlineHours. It is set only together with Check.
	RedoDeadlineHours int `json:"redoDeadlineHours,omitempty"`
	// BatchSeconds is the longest time in seconds for which DMS keeps a change before it writes a file.
	BatchSeconds int `json:"batchSeconds,omitempty"`
}

// Task is the wanted state of one DMS replication task.
type Task struct {
	// Name is JOB-NUMBER, unique in the department. The identifier of the DMS task is STACK-JOB-NUMBER.
	Name string `json:"name"`
	// Group is the number of the tasks whose tables can be in any of them: see Job.Packed. It is 0 for the only task of a job, and in
	// older manifests.
	Group int `json:"group,omitempty"`
	// Tables are the tables that the task must load. The statistics of the DMS task must have an entry for each.
	Tables []Table `json:"tables"`
	// Mappings are DMS table mappings and Settings are DMS task settings: two arguments of CreateReplicationTask.
	Mappings json.RawMessage `json:"mappings"`
	Settings json.RawMessage `json:"settings"`
}

// Table is a table or view of a task, with its names.
type Table struct {
	Schema       string `json:"schema"` // at the source; DMS statistics use this name
	Name         string `json:"name"`
	TargetSchema string `json:"targetSchema"` // in the lake
	TargetName   string `json:"targetName"`
	// View says that it is a view.
	View bool `json:"view,omitempty"`
	// MeasureLOBs says that each run measures the table's LOBs and sets its LobMaxSize (lobMaxKB: auto).
	MeasureLOBs bool `json:"measureLOBs,omitempty"`
	// PlanParallelLoad says that each run plans how the table's load is split (parallel: auto).
	PlanParallelLoad bool `json:"planParallelLoad,omitempty"`
	// Gates are nil in a job that follows changes, and in older manifests.
	Gates *Gates `json:"gates,omitempty"`
}

// String returns SCHEMA.TABLE, the name at the source.
func (t Table) String() string { return t.Schema + "." + t.Name }

// Target returns SCHEMA.TABLE, the name in the lake.
func (t Table) Target() string { return t.TargetSchema + "." + t.TargetName }

// Job returns the job of that name, and whether the manifest has one.
func (m *Manifest) Job(name string) (Job, bool) {
	for _, j := range m.Jobs {
		if j.Name == name {
			return j, true
		}
	}
	return Job{}, false
}
