package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/internal/yamlschema"
)

// Explanation is what happened in a run, why, and what to do.
type Explanation struct {
	Department string `json:"department"`
	Run        Run    `json:"run"` // its outcome is RUNNING while it works, and SKIPPED if another run or a deploy had the job's lease
	Input      string `json:"input,omitempty"`
	// Error is the name of the error with which the execution ended, or ABORTED or TIMED_OUT; empty for none.
	Error string `json:"error,omitempty"`
	// Steps are what the run did, in order. They are empty if Step Functions no longer has the history of the execution.
	Steps []RunStep `json:"steps,omitempty"`
	// Good is the number of good tables. Bad are the others.
	Good  int          `json:"goodTables"`
	Bad   []BadTable   `json:"badTables,omitempty"`
	Tasks []TaskReport `json:"tasks,omitempty"`
	// Redo says how long the task of a job that follows changes may stand still.
	Redo   string   `json:"redoDeadline,omitempty"`
	Advice []Advice `json:"advice,omitempty"` // what to do
}

// TaskReport is a replication task of the run, with the lines of its log that name a problem.
type TaskReport struct {
	Task           string `json:"task"`
	Status         string `json:"status,omitempty"`
	StopReason     string `json:"stopReason,omitempty"`
	FailureMessage string `json:"failureMessage,omitempty"`
	Outcome        string `json:"outcome"`
	LogGroup       string `json:"logGroup,omitempty"`
	LogStream      string `json:"logStream,omitempty"`
	// Lines are the last lines of errors and warnings. LogProblem says why there are none, if the log could not be read.
	Lines      []LogLine `json:"logLines,omitempty"`
	LogProblem string    `json:"logProblem,omitempty"`
}

// The outcomes of a run without a record.
const (
	Running = "RUNNING"
	Skipped = "SKIPPED"
)

// Explain explains a run. which is the name of its execution or the beginning of it, its ARN, or a job: then its last run, or the one
// that is working.
func (d *Department) Explain(ctx context.Context, which string) (Explanation, error) {
	e := Explanation{Department: d.Name}
	found, job, err := d.findRun(ctx, which)
	if err != nil {
		return e, err
	}
	e.Run = runOf(found)
	if err := d.readExecution(ctx, &e); err != nil {
		return e, err
	}
	if found.SK == "" { // It has no record, or none yet.
		e.Advice = e.advise(job)
		return e, nil
	}
	if r := found.RedoDeadline; r != nil && r.Hours != nil {
		e.Redo = r.Text
	}
	if err := d.readJudgement(ctx, &e, found, job); err != nil {
		return e, err
	}
	e.Advice = e.advise(job)
	return e, nil
}

// runsSearched is how many of a job's latest runs are searched for a name.
const runsSearched = 200

// findRun finds the record of a run. The result has no sort key if the run has no record.
func (d *Department) findRun(ctx context.Context, which string) (records.Run, manifest.Job, error) {
	if job, ok := d.Manifest.Job(which); ok {
		found, err := d.lastRun(ctx, which)
		return found, job, err
	}
	name := executionName(which)
	var all []records.Run
	var names []string
	for _, job := range d.Manifest.Jobs {
		names = append(names, job.Name)
		runs, err := records.LatestRuns(ctx, d.records, d.table(), job.Name, runsSearched)
		if err != nil {
			return records.Run{}, job, err
		}
		for _, r := range runs {
			if strings.HasPrefix(executionName(r.Execution), name) {
				all = append(all, r)
			}
		}
	}
	switch len(all) {
	case 1:
		job, _ := d.Manifest.Job(all[0].Job)
		return all[0], job, nil
	case 0:
		found, job, err := d.findExecution(ctx, name)
		if err == nil && found.Execution == "" {
			err = fmt.Errorf("department %s has no run and no job %s: oralake runs JOB lists runs; its jobs are %s%s", d.Name,
				yamlschema.Quoted(which), yamlschema.Listed(names, "and"), yamlschema.Suggestion(which, names))
		}
		return found, job, err
	}
	return records.Run{}, manifest.Job{}, fmt.Errorf("%d runs have names that begin with %s: write more of the name", len(all), yamlschema.Quoted(name))
}

// lastRun returns the run that holds a job's lease, or else the last one that has ended.
func (d *Department) lastRun(ctx context.Context, job string) (records.Run, error) {
	held, err := d.holder(ctx, job)
	if err != nil {
		return records.Run{}, err
	}
	if held.running() {
		return records.Run{Job: job, Execution: held.Execution, StartedAt: held.StartedAt}, nil
	}
	runs, err := records.LatestRuns(ctx, d.records, d.table(), job, 1)
	if err == nil && len(runs) == 0 {
		err = fmt.Errorf("no run of job %s has ended: there is nothing to explain", job)
	}
	if err != nil {
		return records.Run{}, err
	}
	return runs[0], nil
}

// findExecution finds an execution of the state machine by its whole name. The result is empty if there is none.
func (d *Department) findExecution(ctx context.Context, name string) (records.Run, manifest.Job, error) {
	arn := d.executionARN(name)
	out, err := d.machine.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
	var none *sfntypes.ExecutionDoesNotExist
	var invalid *sfntypes.InvalidArn
	if errors.As(err, &none) || errors.As(err, &invalid) {
		return records.Run{}, manifest.Job{}, nil
	}
	if err != nil {
		return records.Run{}, manifest.Job{}, fmt.Errorf("describe execution %s: %w", arn, err)
	}
	var request run.Request
	_ = json.Unmarshal([]byte(aws.ToString(out.Input)), &request) // A Request says itself what is wrong in its input.
	job, _ := d.Manifest.Job(request.Job)
	return records.Run{Job: request.Job, Execution: arn, StartedAt: aws.ToTime(out.StartDate).UTC()}, job, nil
}

// executionARN is the ARN of an execution of the department's state machine.
func (d *Department) executionARN(name string) string {
	return strings.Replace(d.outputs[contract.OutputStateMachine], ":stateMachine:", ":execution:", 1) + ":" + name
}

// readExecution reads what Step Functions has of the run: its input, its steps and its error. It keeps an execution for 90 days.
func (d *Department) readExecution(ctx context.Context, e *Explanation) error {
	out, err := d.machine.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &e.Run.Execution})
	var gone *sfntypes.ExecutionDoesNotExist
	if errors.As(err, &gone) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("describe execution %s: %w", e.Run.Execution, err)
	}
	e.Input, e.Error = aws.ToString(out.Input), aws.ToString(out.Error)
	if out.Status == sfntypes.ExecutionStatusAborted || out.Status == sfntypes.ExecutionStatusTimedOut {
		e.Error = string(out.Status)
	}
	if e.Run.Outcome == "" {
		e.Run.Outcome, e.Run.Reason = string(out.Status), aws.ToString(out.Cause)
		var doc run.Document
		if out.Status == sfntypes.ExecutionStatusSucceeded && json.Unmarshal([]byte(aws.ToString(out.Output)), &doc) == nil && doc.Phase == run.Skipped {
			e.Run.Outcome, e.Run.Reason = Skipped, "the job's lease had another holder: "+doc.LeaseHolder
		}
		end := aws.ToTime(out.StopDate)
		if end.IsZero() {
			end = time.Now()
		}
		e.Run.Seconds = end.Sub(e.Run.StartedAt).Seconds()
	}
	e.Steps, err = d.readSteps(ctx, e.Run.Execution)
	return err
}

// readJudgement reads what the run found out about its tables and tasks, and what the logs of the tasks say.
func (d *Department) readJudgement(ctx context.Context, e *Explanation, r records.Run, job manifest.Job) error {
	var tables, tasks []string
	for _, t := range job.Tasks {
		tasks = append(tasks, run.TaskID(d.Stack, t))
		for _, table := range t.Tables {
			tables = append(tables, table.String())
		}
	}
	if job.Type.Continuous() {
		tasks = append(tasks, run.BackfillID(d.Stack, job))
	}
	found, err := records.FindTables(ctx, d.records, d.table(), r.SK, tables)
	if err != nil {
		return err
	}
	for _, name := range tables {
		t, ok := found[name]
		if !ok {
			continue
		}
		if bad := badTable(t); bad != nil {
			e.Bad = append(e.Bad, *bad)
		} else {
			e.Good++
		}
	}
	reports, err := records.FindTasks(ctx, d.records, d.table(), r.SK, tasks)
	if err != nil {
		return err
	}
	slices.SortFunc(reports, func(a, b records.Task) int { return strings.Compare(a.ID, b.ID) })
	from, to := r.StartedAt, r.RecordedAt
	if job.Type.Continuous() {
		from = d.previousStart(ctx, r) // The task works between runs, too.
	}
	for _, t := range reports {
		report := TaskReport{
			Task: t.ID, Status: t.Status, StopReason: t.StopReason, FailureMessage: t.FailureMessage, Outcome: t.Outcome,
			LogGroup: t.LogGroup, LogStream: t.LogStream,
		}
		d.readLog(ctx, &report, from, to)
		e.Tasks = append(e.Tasks, report)
	}
	return nil
}

// longestGap is how far before a run the log of a task that follows changes is read, if the run before it is not known.
const longestGap = 24 * time.Hour

// previousStart is the start of the run before one.
func (d *Department) previousStart(ctx context.Context, r records.Run) time.Time {
	runs, err := records.LatestRuns(ctx, d.records, d.table(), r.Job, runsSearched)
	i := slices.IndexFunc(runs, func(other records.Run) bool { return other.SK == r.SK })
	if err != nil || i < 0 || i+1 == len(runs) {
		return r.StartedAt.Add(-longestGap)
	}
	return runs[i+1].StartedAt
}
