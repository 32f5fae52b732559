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

// CheckResult is the output of the check function, or its error as a Catch of the state machine writes it.
type CheckResult struct {
	checkservice.Output
	Error string `json:"Error,omitempty"`
	Cause string `json:"Cause,omitempty"`
}

// problem says why the check function has no output, for people; empty if it has one.
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
		why = "it took longer than its time-out: " + why
	case "Lambda.ResourceNotFoundException":
		why = "it does not exist; deploy the stack again: " + why
	case "Runtime.ExitError":
		why = "it crashed: " + why
	}
	return "the check function failed: " + dms.Brief(why)
}

// ReceiveCheck reads the answer of the check function into doc.Check and the log, if the run has requested a check. The report is
// nil if there is no answer. Call FailUnlessReady afterwards.
func ReceiveCheck(ctx context.Context, log *slog.Logger, api documents.Reader, doc *Document) (*oracle.Report, error) {
	request, result := doc.CheckRequest, doc.CheckResult
	if request == nil {
		return nil, nil
	}
	doc.CheckRequest, doc.CheckResult = nil, nil
	if doc.Check.Problem = result.problem(); doc.Check.Problem != "" {
		log.Warn("the database was not checked", "task", "", "reason", doc.Check.Problem)
		return nil, nil
	}
	var answer checkservice.Answer
	if err := documents.Read(ctx, api, *request.To, &answer); err != nil {
		return nil, err
	}
	noteFindings(log, doc.Check, answer, *request.To)
	doc.WholeRows = checkedWholeRows(answer.Report, time.Now())
	return &answer.Report, nil
}

// FailUnlessReady fails the run if its job requires a check and the database is not ready or was not checked.
func (d *Document) FailUnlessReady(now time.Time) {
	if d.Check == nil || d.Check.Mode != department.CheckRequire {
		return
	}
	if why := notReady(d.Check); why != "" {
		d.Fail(ErrorNotReady, why, now)
	}
}

// The run document, the record and the log have only the first findings and plans. The report has all of them.
const (
	maxRecordedFindings = 10
	maxRecordedPlans    = 20
	maxLogLines         = 200 // of findings, and the same of plans
)

// noteFindings summarizes an answer in check and in the log.
func noteFindings(log *slog.Logger, check *records.Check, a checkservice.Answer, report contract.Address) {
	check.Driver, check.Report, check.Queries = a.Driver, report.String(), a.Queries
	check.Failed, check.Warnings, check.Notes = a.Count(oracle.Failed), a.Count(oracle.Warning), a.Count(oracle.Note)
	log.Info("the database was checked", "task", "", "driver", a.Driver, "failed", check.Failed, "warnings", check.Warnings, "notes", check.Notes,
		"queries", a.Queries, "seconds", a.Seconds, "report", check.Report)
	for i, f := range a.Findings {
		if i < maxLogLines {
			log.Warn("finding", "task", "", "severity", string(f.Severity), "assessment", f.Assessment, "table", f.Table,
				"column", f.Column, "text", f.Text, "fix", f.Fix)
		}
		if f.Severity == oracle.Failed && len(check.First) < maxRecordedFindings {
			check.First = append(check.First, dms.Brief(findingText(f)))
		}
	}
}

// findingText is a finding with its fix, for people.
func findingText(f oracle.Finding) string {
	text := strings.TrimPrefix(f.Table+": ", ": ") + f.Text
	if f.Fix != "" {
		text += "; fix: " + f.Fix
	}
	return text
}

// notReady says why the database is not ready for the job, or was not checked; empty if it is ready.
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
