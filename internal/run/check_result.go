package run

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
)

// CheckResult is what came back: the function's reply, or its error as a Catch writes it.
type CheckResult struct {
	checkservice.Output
	Error string `json:"Error,omitempty"`
	Cause string `json:"Cause,omitempty"`
}

// problem is why there is no reply, in words; empty when there is one.
func (a *CheckResult) problem() string {
	switch {
	case a == nil:
		return "the check function did not answer"
	case a.Error == "":
		return ""
	}
	why := errorMessage(a.Cause)
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

// handleCheckResult takes in what the check function answered: what it found goes into the run's document and the log, and what it
// planned into a manifest of the run's own. A job that requires the check goes no further when something fails it.
func (c Create) handleCheckResult(ctx context.Context, log *slog.Logger, run *Document) error {
	asked, answer := run.CheckRequest, run.CheckResult
	run.CheckRequest, run.CheckResult = nil, nil
	check := run.Check
	if check.Problem = answer.problem(); check.Problem != "" {
		log.Warn("not checked", "task", "", "reason", check.Problem)
	} else {
		var report checkservice.Answer
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
		run.SetPhase(dms.Failed, time.Now())
		return nil
	}
	run.SetPhase(dms.Missing, time.Now())
	return nil
}

// Of findings and plans, so many are in a run's document and record, and so many in the log; all are in the report.
const (
	namedFindings = 10
	namedPlans    = 20
	loggedLines   = 200
)

// note writes down what was found.
func note(log *slog.Logger, check *records.Check, a checkservice.Answer, report checkservice.Address) {
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
			check.First = append(check.First, dms.Brief(inWords(f)))
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
func unready(check *records.Check) string {
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
