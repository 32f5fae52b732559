package demo

import (
	"fmt"

	"github.com/oralake/oralake/internal/records"
)

// CDCReport is the part of the report on a job that replicates changes.
type CDCReport struct {
	Job string `json:"job"`
	// ClockSpeed is how many seconds of the embedded AWS pass in a real second. The seconds below are seconds of that clock.
	ClockSpeed float64 `json:"clockSpeed"`
	// Made is the number of row changes in the source's redo log, Landed of those in the lake, each counted once.
	// WrittenTwice is the number of rows that repeat a change, as after a resume.
	Made         int `json:"made"`
	Landed       int `json:"landed"`
	WrittenTwice int `json:"writtenTwice"`
	// CommitToFileSeconds are the seconds from the commit of a change to its file.
	CommitToFileSeconds Spread          `json:"commitToFileSeconds"`
	Redeploy            RedeployReport  `json:"redeploy"`
	Tables              []ComparedTable `json:"tables"`
	// RedoDeadline is how long the task may stand still, as the last record of the job says.
	RedoDeadline *records.RedoDeadline `json:"redoDeadline,omitempty"`
}

// Spread summarizes many values.
type Spread struct {
	Least  float64 `json:"least"`
	Median float64 `json:"median"`
	Most   float64 `json:"most"`
}

// RedeployReport is a deploy that added a table to the job.
type RedeployReport struct {
	Added    string `json:"added"` // SCHEMA.TABLE
	Task     string `json:"task"`  // ARN of the job's task
	TaskKept bool   `json:"taskKept"`
	// NotCapturingSeconds is how long the tables that the job already had were not captured.
	NotCapturingSeconds float64 `json:"notCapturingSeconds"`
	Seconds             float64 `json:"seconds"` // real time, from the command until the new table was in the lake
}

// ComparedTable is a table in the lake compared with its source.
type ComparedTable struct {
	Table   string `json:"table"`
	Rows    int    `json:"rows"`    // of the source
	Missing int    `json:"missing"` // rows that the lake lacks
	Extra   int    `json:"extra"`   // rows that the source lacks
	Changed int    `json:"changed"` // rows with another value in a column
	Example string `json:"example,omitempty"`
}

func (r *CDCReport) problem() error {
	if r == nil {
		return nil
	}
	if r.Made == 0 || r.Made != r.Landed {
		return fmt.Errorf("job %s: %d changes were made and %d landed", r.Job, r.Made, r.Landed)
	}
	for _, t := range r.Tables {
		if t.Missing+t.Extra+t.Changed > 0 {
			return fmt.Errorf("job %s: table %s in the lake differs from the source in %d rows: %s",
				r.Job, t.Table, t.Missing+t.Extra+t.Changed, t.Example)
		}
	}
	if !r.Redeploy.TaskKept {
		return fmt.Errorf("job %s: the deploy that added %s replaced its task", r.Job, r.Redeploy.Added)
	}
	return nil
}
