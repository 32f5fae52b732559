package run

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
)

// CheckResult is what came back from the check function: its output, or its error as a Catch writes it.
type CheckResult struct {
	checkservice.Output
	Error string `json:"Error,omitempty"`
	Cause string `json:"Cause,omitempty"`
}

// problem is why there is no output; empty when there is one.
func (c *CheckResult) problem() string {
	switch {
	case c == nil:
		return "the check function did not answer"
	case c.Error == "":
		return ""
	}
	why := errorMessage(c.Cause)
	switch c.Error {
	case "States.Timeout", "Sandbox.Timedout":
		why = "it took longer than it may: " + why
	case "Lambda.ResourceNotFoundException":
		why = "it is not there; deploy the stack again: " + why
	case "Runtime.ExitError":
		why = "it crashed: " + why
	}
	return "the check function failed: " + why
}

// ReceiveCheck reads what the check function found, if the run asked it, into the run's document and the log. The report is
// nil if there is none. Call FailUnlessReady after the report was used.
func ReceiveCheck(ctx context.Context, log *slog.Logger, api documents.Reader, doc *Document) (*oracle.Report, error) {
	request, result := doc.CheckRequest, doc.CheckResult
	if request == nil {
		return nil, nil
	}
	doc.CheckRequest, doc.CheckResult = nil, nil
	if doc.Check.Problem = result.problem(); doc.Check.Problem != "" {
		log.Warn("not checked", "task", "", "reason", doc.Check.Problem)
		return nil, nil
	}
	var answer checkservice.Answer
	if err := documents.Read(ctx, api, *request.To, &answer); err != nil {
		return nil, err
	}
	noteFindings(log, doc.Check, answer, *request.To)
	return &answer.Report, nil
}

// FailUnlessReady fails a run whose job requires a check, if the database is not ready or was not checked.
func (d *Document) FailUnlessReady(now time.Time) {
	if d.Check == nil || d.Check.Mode != department.CheckRequire {
		return
	}
	if why := notReady(d.Check); why != "" {
		d.Fail(ErrorNotReady, why, now)
	}
}

// How many findings and plans stand in a run's document and record, and how many lines of each in the log. All are in the
// report.
const (
	namedFindings = 10
	namedPlans    = 20
	loggedLines   = 200
)

func noteFindings(log *slog.Logger, check *records.Check, a checkservice.Answer, report contract.Address) {
	check.Driver, check.Report, check.Queries = a.Driver, report.String(), a.Queries
	check.Failed, check.Warnings, check.Notes = a.Count(oracle.Failed), a.Count(oracle.Warning), a.Count(oracle.Note)
	log.Info("checked", "task", "", "driver", a.Driver, "failed", check.Failed, "warnings", check.Warnings, "notes", check.Notes,
		"queries", a.Queries, "seconds", a.Seconds, "report", check.Report)
	for i, f := range a.Findings {
		if i < loggedLines {
			log.Warn("finding", "task", "", "severity", string(f.Severity), "assessment", f.Assessment, "table", f.Table,
				"column", f.Column, "text", f.Text, "fix", f.Fix)
		}
		if f.Severity == oracle.Failed && len(check.First) < namedFindings {
			check.First = append(check.First, dms.Brief(findingText(f)))
		}
	}
}

// findingText is a finding with its fix, in a sentence.
func findingText(f oracle.Finding) string {
	text := strings.TrimPrefix(f.Table+": ", ": ") + f.Text
	if f.Fix != "" {
		text += "; fix: " + f.Fix
	}
	return text
}

// notReady is why the database is not ready for the job, or not known to be; empty when it is ready.
func notReady(check *records.Check) string {
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
