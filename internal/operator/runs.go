package operator

import (
	"context"
	"time"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// Run is a run that has ended, as its record has it.
type Run struct {
	Run       string    `json:"run"` // the name of the execution
	Job       string    `json:"job"`
	Outcome   string    `json:"outcome"` // SUCCEEDED, PARTIAL or FAILED
	Proof     string    `json:"proof,omitempty"`
	StartedAt time.Time `json:"startedAt"`
	Seconds   float64   `json:"seconds"`
	Rows      int64     `json:"rows"`
	Bytes     int64     `json:"bytes"`
	Reason    string    `json:"reason,omitempty"`
	Execution string    `json:"execution"` // the ARN
}

// Succeeded says that all tables of the run are good.
func (r Run) Succeeded() bool { return r.Outcome == string(verdict.Succeeded) }

// EndedAt is when the run was over.
func (r Run) EndedAt() time.Time {
	return r.StartedAt.Add(time.Duration(r.Seconds * float64(time.Second)))
}

func runOf(r records.Run) Run {
	return Run{
		Run: executionName(r.Execution), Job: r.Job, Outcome: r.Outcome, Proof: r.Proof, StartedAt: r.StartedAt, Seconds: r.Seconds,
		Rows: r.Rows, Bytes: r.Bytes, Reason: r.Reason, Execution: r.Execution,
	}
}

// Runs are the latest runs of a job, the newest first.
type Runs struct {
	Department string `json:"department"`
	Job        string `json:"job"`
	Runs       []Run  `json:"runs"`
}

// Runs returns the latest runs of a job, at most n.
func (d *Department) Runs(ctx context.Context, job string, n int) (Runs, error) {
	if _, err := d.Job(job); err != nil {
		return Runs{}, err
	}
	found, err := records.LatestRuns(ctx, d.records, d.table(), job, n)
	if err != nil {
		return Runs{}, err
	}
	all := Runs{Department: d.Name, Job: job, Runs: []Run{}}
	for _, r := range found {
		all.Runs = append(all.Runs, runOf(r))
	}
	return all, nil
}
