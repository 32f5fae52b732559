package workflow

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/inspect"
	"github.com/oralake/oralake/internal/replication"
)

// Checking is the phase of a run that has something to ask the source database. The state machine hands Run.Ask to the
// check function, and the answer, or the error that came in its place, comes back in Run.Answer.
const Checking replication.Phase = "checking"

// Answer is what came back: the function's reply, or its error as a Catch writes it.
type Answer struct {
	inspect.Reply
	Error string `json:"Error,omitempty"`
	Cause string `json:"Cause,omitempty"`
}

// problem is why there is no reply, in words; empty when there is one.
func (a *Answer) problem() string {
	switch {
	case a == nil:
		return "the check function did not answer"
	case a.Error == "":
		return ""
	}
	why := sentence(a.Cause)
	switch a.Error {
	case "States.Timeout", "Sandbox.Timedout":
		why = "it took longer than it may: " + why
	case "Lambda.ResourceNotFoundException":
		why = "it is not there; deploy the stack again: " + why
	case "Runtime.ExitError":
		why = "it crashed: " + why
	}
	return "the check function failed: " + why
}

// ask has the check function look at the database before the tasks of a job are made or changed.
func (c Create) ask(ctx context.Context, run *Run, job manifest.Job) error {
	request, err := requestOf(job)
	if err != nil {
		return err
	}
	order, err := c.order(ctx, c.Objects, run, request)
	if err != nil {
		return err
	}
	run.Check, run.Ask = &history.Check{Mode: job.Check}, order
	run.enter(Checking, time.Now())
	return nil
}

// order lays a request beside the run, where the check function reads it, and where it is to write its answer.
func (e Environment) order(ctx context.Context, api Documents, run *Run, r inspect.Request) (*inspect.Order, error) {
	from, err := e.beside(run, r.Do+".request.json")
	if err != nil {
		return nil, err
	}
	to, err := e.beside(run, r.Do+".json")
	if err != nil {
		return nil, err
	}
	return &inspect.Order{Request: inspect.Request{Do: r.Do}, From: &from, To: &to}, write(ctx, api, from, r)
}

// requestOf is what is asked about a job.
func requestOf(job manifest.Job) (inspect.Request, error) {
	r := inspect.Request{
		Do: inspect.Check, FullLoad: job.Type != department.CDC, CDC: job.Type.Continuous(), Capture: job.Capture,
	}
	for _, task := range job.Tasks {
		details, err := task.Details()
		if err != nil {
			return r, err
		}
		for _, t := range task.Tables {
			d := details[t.String()]
			if t.Measure {
				d.LOBMaxKB = 0
			}
			r.Tables = append(r.Tables, inspect.Table{
				Schema: t.Schema, Name: t.Name, Exclude: d.Exclude, Filters: inspect.Filters(d.Filters),
				LOBMaxKB: d.LOBMaxKB, Parallel: t.Split,
			})
		}
	}
	return r, nil
}

// heard takes in what the check function answered: what it found goes into the run's document and the log, and what it
// planned into a manifest of the run's own. A job that requires the check goes no further when something fails it.
func (c Create) heard(ctx context.Context, log *slog.Logger, run *Run) error {
	asked, answer := run.Ask, run.Answer
	run.Ask, run.Answer = nil, nil
	check := run.Check
	if check.Problem = answer.problem(); check.Problem != "" {
		log.Warn("not checked", "task", "", "reason", check.Problem)
	} else {
		var report inspect.Answer
		if err := read(ctx, c.Objects, *asked.To, &report); err != nil {
			return err
		}
		note(log, check, report, *asked.To)
		if err := c.plan(ctx, log, run, report.Report); err != nil {
			return err
		}
	}
	if why := unready(check); why != "" && check.Mode == department.CheckRequire {
		run.Error = &Error{Error: "NotReady", Cause: why}
		run.enter(replication.Failed, time.Now())
		return nil
	}
	run.enter(replication.Missing, time.Now())
	return nil
}

// Of findings and plans, so many are in a run's document and record, and so many in the log; all are in the report.
const (
	namedFindings = 10
	namedPlans    = 20
	loggedLines   = 200
)

// note writes down what was found.
func note(log *slog.Logger, check *history.Check, a inspect.Answer, report inspect.Address) {
	check.Driver, check.Report, check.Queries = a.Driver, report.String(), a.Queries
	check.Failed, check.Warnings, check.Notes = a.Count(oracle.Failed), a.Count(oracle.Warning), a.Count(oracle.Note)
	log.Info("checked", "task", "", "driver", a.Driver, "failed", check.Failed, "warnings", check.Warnings, "notes", check.Notes,
		"queries", a.Queries, "seconds", a.Seconds, "report", check.Report)
	for i, f := range a.Findings {
		if i < loggedLines {
			log.Warn("finding", "task", "", "severity", string(f.Severity), "assessment", f.Assessment, "table", f.Table,
				"column", f.Column, "text", f.Text, "cure", f.Cure)
		}
		if f.Severity == oracle.Failed && len(check.First) < namedFindings {
			check.First = append(check.First, replication.Brief(inWords(f)))
		}
	}
}

// inWords is a finding in a sentence.
func inWords(f oracle.Finding) string {
	words := strings.TrimPrefix(f.Table+": ", ": ") + f.Text
	if f.Cure != "" {
		words += "; cure: " + f.Cure
	}
	return words
}

// unready is why the database is not ready for the job, or not known to be; empty when it is.
func unready(check *history.Check) string {
	switch {
	case check.Problem != "":
		return "the database was not checked, and source.check is require: " + check.Problem
	case check.Failed == 0:
		return ""
	}
	why := "the database is not ready, and source.check is require: " + strings.Join(check.First, "; ")
	if more := check.Failed - len(check.First); more > 0 {
		why += fmt.Sprintf("; and %d more, in %s", more, check.Report)
	}
	return why
}

// check has the database looked at once in a run, before the task is made or changed. asked says that the run waits for
// the answer.
func (f *follower) check(ctx context.Context) (asked bool, err error) {
	if f.job.Check == "" || f.run.Check != nil {
		return false, nil
	}
	return true, f.ask(ctx, f.run, f.job)
}
