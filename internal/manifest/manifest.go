// Package manifest compiles a department to what its Lambdas need: for every job the DMS tasks, with their table
// mappings and task settings. A manifest is immutable and named by its hash, so a run can say which one it works from.
package manifest

import (
	"encoding/json"

	"github.com/oralake/oralake/internal/department"
)

// Manifest is a department, compiled.
type Manifest struct {
	Department string `json:"department"`
	Jobs       []Job  `json:"jobs"`
}

// Job is a job, split into tasks.
type Job struct {
	Name string          `json:"name"`
	Type department.Type `json:"type"`
	// TimeLimitHours is how long a run may take. Like KeepFailedTask it may be missing from older manifests, which runs
	// under way still read: then a run has no limit.
	TimeLimitHours int  `json:"timeLimitHours,omitempty"`
	KeepFailedTask bool `json:"keepFailedTask,omitempty"`
	// Check is department.CheckReport or department.CheckRequire when a run first asks the database whether it is ready,
	// and Capture then is how DMS reads its redo log.
	Check   string `json:"check,omitempty"`
	Capture string `json:"capture,omitempty"`
	// Verify is department.Counts when the rows of a full load are counted at the source.
	Verify string `json:"verify,omitempty"`
	Tasks  []Task `json:"tasks"`

	// The rest is only for jobs that follow changes, and may be missing from older manifests, too. Such a job has one
	// task, so that the redo log is read once and a table never moves from task to task.

	// Paused stops the task and keeps it.
	Paused bool `json:"paused,omitempty"`
	// OnReplace is department.Restart when the task may be thrown away for a change that DMS cannot make to it.
	OnReplace string `json:"onReplace,omitempty"`
	// Backfill says whether tables that join a cdc job are loaded once in full; nil: none may join.
	Backfill *bool `json:"backfill,omitempty"`
	// StartFrom is where a cdc job first begins: department.StartNow, an SCN, or a time in RFC 3339.
	StartFrom string `json:"startFrom,omitempty"`
	// BatchSeconds is how long a change may wait in DMS before it is written to a file.
	BatchSeconds int `json:"batchSeconds,omitempty"`
}

// Task is one DMS replication task as it should be.
type Task struct {
	// Name is JOB-NUMBER, unique in the department; the task's identifier is STACK-JOB-NUMBER.
	Name string `json:"name"`
	// Tables are the tables that must arrive, each of which the task's statistics must account for.
	Tables []Table `json:"tables"`
	// Mappings are DMS table mappings, Settings DMS task settings: what CreateReplicationTask takes as strings.
	Mappings json.RawMessage `json:"mappings"`
	Settings json.RawMessage `json:"settings"`
}

// Table is a table by its name at the source, which DMS statistics use, and in the lake.
type Table struct {
	Schema       string `json:"schema"`
	Name         string `json:"name"`
	TargetSchema string `json:"targetSchema"`
	TargetName   string `json:"targetName"`
	// MeasureLOBs says that the table's LobMaxSize is to be found out before each run, Split that how its load is split is.
	MeasureLOBs      bool `json:"measureLOBs,omitempty"`
	PlanParallelLoad bool `json:"planParallelLoad,omitempty"`
}

// String is SCHEMA.TABLE at the source.
func (t Table) String() string { return t.Schema + "." + t.Name }

// Job is the job of that name; false if the manifest has none.
func (m *Manifest) Job(name string) (Job, bool) {
	for _, j := range m.Jobs {
		if j.Name == name {
			return j, true
		}
	}
	return Job{}, false
}
