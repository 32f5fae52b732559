package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// Started is a run that a person has started.
type Started struct {
	Department string `json:"department"`
	Job        string `json:"job"`
	Run        string `json:"run"` // the name of the execution
	Input      string `json:"input"`
	Execution  string `json:"execution"`

	tables   []string          // the tables that it loads
	tasks    []dms.Task        // those whose statistics show how far it is
	expected map[string]*int64 // the rows of the last good load of a table; nil if there was none
}

// Start starts a run of a job. It refuses a request that the run would refuse, before anything begins.
func (d *Department) Start(ctx context.Context, request run.Request) (Started, error) {
	job, err := d.Job(request.Job)
	if err != nil {
		return Started{}, err
	}
	loaded, err := run.ApplyRequest(job, request)
	if err != nil {
		return Started{}, err
	}
	input, err := json.Marshal(request)
	if err != nil {
		return Started{}, fmt.Errorf("write the input of the run: %w", err)
	}
	out, err := d.machine.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(d.outputs[contract.OutputStateMachine]), Input: aws.String(string(input)),
	})
	if err != nil {
		return Started{}, fmt.Errorf("start a run of job %s: %w", job.Name, err)
	}
	arn := aws.ToString(out.ExecutionArn)
	s := Started{Department: d.Name, Job: job.Name, Run: executionName(arn), Input: string(input), Execution: arn}
	s.expect(d.Stack, loaded, request)
	return s, nil
}

// expect notes which tables the run loads, and by which tasks.
func (s *Started) expect(stack string, job manifest.Job, request run.Request) {
	s.expected = map[string]*int64{}
	for _, t := range job.Tasks {
		s.tasks = append(s.tasks, dms.Task{ID: run.TaskID(stack, t)})
		for _, table := range t.Tables {
			if !job.Type.Continuous() && len(request.Rollback)+len(request.Publish) == 0 || slices.Contains(request.Reload, table.String()) {
				s.tables = append(s.tables, table.String())
			}
		}
	}
	if job.Type.Continuous() {
		s.tasks = append(s.tasks, dms.Task{ID: run.BackfillID(stack, job)})
	}
}

// TableProgress is how far the load of a table is.
type TableProgress struct {
	Table    string
	State    string // table state of DMS; empty if the load has not begun
	Rows     int64  // that are loaded
	Expected int64  // the rows of its last good load; 0 if there was none
	Loading  bool
	Loaded   bool // by this run
	Failed   bool
}

// The time before the first look at a run, since DescribeExecution is eventually consistent, and between two looks: a look takes a call
// of DMS for every task, and DMS limits the calls of an account.
const (
	firstLookTime = 2500 * time.Millisecond
	lookTime      = 5 * time.Second
	lookTaskTime  = time.Second
)

// Wait waits until a run has ended, and returns it as its record has it. It reports the progress of its tables, if report is not nil.
// The run goes on if ctx ends first.
func (d *Department) Wait(ctx context.Context, s Started, report func([]TableProgress)) (Run, error) {
	began := time.Now()
	pause := firstLookTime
	for {
		select {
		case <-ctx.Done():
			return Run{}, ctx.Err()
		case <-time.After(pause):
			pause = lookTime + time.Duration(len(s.tasks)-1)*lookTaskTime
		}
		out, err := d.machine.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &s.Execution})
		var unknown *sfntypes.ExecutionDoesNotExist
		if err != nil && !errors.As(err, &unknown) {
			return Run{}, fmt.Errorf("describe execution %s: %w", s.Execution, err)
		}
		if err == nil && out.Status != sfntypes.ExecutionStatusRunning {
			e, err := d.Explain(ctx, s.Run)
			return e.Run, err
		}
		if report != nil && len(s.tables) > 0 {
			progress, err := d.progress(ctx, s, began)
			if err != nil {
				return Run{}, err
			}
			report(progress)
		}
	}
}

// progress reads how far the tables of a run are, which began to wait at a time.
func (d *Department) progress(ctx context.Context, s Started, began time.Time) ([]TableProgress, error) {
	found, err := dms.Describe(ctx, d.tasks, s.tasks)
	if err != nil {
		return nil, err
	}
	statistics := map[string]dms.TableStatistics{}
	for _, task := range s.tasks {
		description, exists := found[task.ID]
		if !exists || description.StartedAt.IsZero() {
			continue
		}
		tables, err := dms.Statistics(ctx, d.tasks, description.ARN)
		if err != nil {
			return nil, err
		}
		for _, t := range tables {
			statistics[t.String()] = t
		}
	}
	all := make([]TableProgress, len(s.tables))
	for i, name := range s.tables {
		expected, err := d.expectedRows(ctx, s, name)
		if err != nil {
			return nil, err
		}
		t := statistics[name]
		all[i] = TableProgress{
			Table: name, State: t.State, Rows: t.Rows, Expected: expected, Loading: t.Loading(),
			Loaded: t.Loaded() && t.LoadEndedAt.After(began.Add(-clockSkew)), Failed: t.GivenUp(),
		}
	}
	return all, nil
}

// clockSkew is how much the clock of this machine may be ahead of that of DMS.
const clockSkew = 2 * time.Second

// expectedRows is the number of rows of the last good load of a table; 0 if there was none.
func (d *Department) expectedRows(ctx context.Context, s Started, table string) (int64, error) {
	if known := s.expected[table]; known != nil {
		return *known, nil
	}
	found, err := records.LatestOfTable(ctx, d.records, d.table(), table, lookBack)
	if err != nil {
		return 0, err
	}
	var rows int64
	for _, r := range found {
		if r.Good && r.Job == s.Job {
			rows = r.Rows
			break
		}
	}
	s.expected[table] = &rows
	return rows, nil
}

// Stopped is a run that a person has stopped.
type Stopped struct {
	Department string `json:"department"`
	Job        string `json:"job"`
	Run        string `json:"run"`
	Cause      string `json:"cause"`
}

// Stop stops the run that holds a job's lease. A recovery then records it, deletes the tasks of a full load and releases the lease.
func (d *Department) Stop(ctx context.Context, job, cause string) (Stopped, error) {
	if _, err := d.Job(job); err != nil {
		return Stopped{}, err
	}
	held, err := d.holder(ctx, job)
	switch {
	case err != nil:
		return Stopped{}, err
	case held != nil && held.HeldUntil != nil:
		return Stopped{}, fmt.Errorf("a deploy works on job %s, and no run: there is nothing to stop", job)
	case !held.running():
		return Stopped{}, fmt.Errorf("no run of job %s is working: there is nothing to stop", job)
	}
	_, err = d.machine.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &held.Execution, Cause: &cause})
	if err != nil {
		return Stopped{}, fmt.Errorf("stop run %s: %w", held.Run, err)
	}
	return Stopped{Department: d.Name, Job: job, Run: held.Run, Cause: cause}, nil
}
