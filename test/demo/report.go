package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"
)

// Report is the result of a demonstration. Its JSON is .local/report.json.
type Report struct {
	Department string  `json:"department"`
	Scale      float64 `json:"scale"` // of TPC-H: 1 has 6,001,215 line items
	// DeploySeconds, RunSeconds, DestroySeconds and the total are real time.
	DeploySeconds  float64      `json:"deploySeconds"`
	RunSeconds     float64      `json:"runSeconds"`
	DestroySeconds float64      `json:"destroySeconds"`
	TotalSeconds   float64      `json:"totalSeconds"`
	PeakMemoryMiB  int          `json:"peakMemoryMiB,omitempty"` // of this process, on Linux
	Check          *CheckReport `json:"check"`
	Runs           []RunReport  `json:"runs"`
	CDC            *CDCReport   `json:"cdc,omitempty"` // nil when the department has no job for it
	// Queried has the loaded tables through the Data Catalog. It is empty in a department with catalog: off.
	Queried      []QueriedTable `json:"queried,omitempty"`
	AfterDestroy AfterDestroy   `json:"afterDestroy"`
}

// RunReport is one execution of the state machine.
type RunReport struct {
	Job         string        `json:"job"`
	Status      string        `json:"status"` // of the execution, from Step Functions
	Reason      string        `json:"reason,omitempty"`
	Seconds     float64       `json:"seconds"`     // real time
	Transitions int           `json:"transitions"` // states entered
	DMSCalls    int           `json:"dmsCalls"`
	Tables      []TableReport `json:"tables"`
}

// TableReport compares three independent counts of one table.
type TableReport struct {
	Table        string `json:"table"`
	SourceRows   int64  `json:"sourceRows"`   // SELECT COUNT(*) at the source
	RecordedRows int64  `json:"recordedRows"` // in the department's DynamoDB table
	LakeRows     int64  `json:"lakeRows"`     // read back from the Parquet files that readers see, see lake.Current
	// Ranges is the number of ranges in which the table was loaded, each into its own files; 0 without ranges.
	Ranges int `json:"ranges,omitempty"`
	// Arrival is the status of the run's row count, such as "equal".
	Arrival string `json:"arrival,omitempty"`
}

// AfterDestroy is what is left after the deletion of the stack.
type AfterDestroy struct {
	Tasks    int        `json:"tasks"` // DMS replication tasks
	Retained []Retained `json:"retained"`
}

// Retained is a resource that the stack retains on purpose.
type Retained struct {
	LogicalID  string `json:"logicalId"`
	Type       string `json:"type"`
	PhysicalID string `json:"physicalId"`
}

// Problem returns the first wrong result of the demonstration. It is nil when every run succeeded, all counts agree and no
// task is left.
func (r *Report) Problem() error {
	if len(r.Runs) == 0 {
		return fmt.Errorf("department %s has no full-load job to run", r.Department)
	}
	for _, run := range r.Runs {
		if run.Status != "SUCCEEDED" {
			return fmt.Errorf("job %s: %s: %s", run.Job, run.Status, run.Reason)
		}
		for _, t := range run.Tables {
			if t.SourceRows != t.RecordedRows || t.SourceRows != t.LakeRows {
				return fmt.Errorf("table %s of job %s: %d rows at the source, %d recorded, %d in the lake",
					t.Table, run.Job, t.SourceRows, t.RecordedRows, t.LakeRows)
			}
		}
	}
	if err := r.CDC.problem(); err != nil {
		return err
	}
	if err := r.queriedProblem(); err != nil {
		return err
	}
	if r.AfterDestroy.Tasks != 0 {
		return fmt.Errorf("%d replication tasks are left after the stack was destroyed", r.AfterDestroy.Tasks)
	}
	return nil
}

func (r *Report) write(path string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := os.WriteFile(path, append(content, '\n'), 0o644); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// printArrivals prints the row counts of the lake.
func (r *Report) printArrivals(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "JOB\tTABLE\tSOURCE ROWS\tRECORDED\tIN THE LAKE\tRANGES\tARRIVAL\t")
	for _, run := range r.Runs {
		for _, t := range run.Tables {
			ranges := "-"
			if t.Ranges > 0 {
				ranges = strconv.Itoa(t.Ranges)
			}
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\t%s\t\n",
				run.Job, t.Table, t.SourceRows, t.RecordedRows, t.LakeRows, ranges, t.Arrival)
		}
	}
	w.Flush()
	fmt.Fprintln(out)
	for _, run := range r.Runs {
		fmt.Fprintf(out, "%s: %s in %.1f s, %d state transitions, %d DMS calls\n",
			run.Job, run.Status, run.Seconds, run.Transitions, run.DMSCalls)
	}
}

// printLeft prints what is left after the deletion of the stack.
func (r *Report) printLeft(out io.Writer) {
	fmt.Fprintf(out, "\nThe stack is gone, %d replication tasks are left. Kept on purpose:\n", r.AfterDestroy.Tasks)
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	for _, kept := range r.AfterDestroy.Retained {
		fmt.Fprintf(w, "  %s\t%s\n", kept.Type, kept.PhysicalID)
	}
	w.Flush()
}

func seconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Millisecond)) / float64(time.Second)
}
