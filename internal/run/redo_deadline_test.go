package run

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
)

func TestRedoDeadline(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	ago := func(hours float64) time.Time { return now.Add(-time.Duration(hours * float64(time.Hour))) }
	logs := func(hours float64, transaction *float64) *oracle.ArchivedRedo {
		return &oracle.ArchivedRedo{Destination: 1, LogHours: &hours, TransactionHours: transaction}
	}
	// seen is what a run an hour ago has seen: the task had to read the last two hours.
	seen := &records.RedoState{Last: records.RedoDeadline{MeasuredAt: new(ago(1)), NeededHours: new(2.0)}}
	allKept := logs(5, new(0.0))
	allKept.AllKept = true
	noTransactions := logs(24, nil)
	noTransactions.TransactionProblem = "a standby"
	for name, test := range map[string]struct {
		found   *oracle.ArchivedRedo
		problem string
		last    *records.RedoState
		read    time.Time
		want    float64 // NaN if it is not known
		low     bool
		text    string
	}{
		"the task is up to date":       {found: logs(24, new(0.0)), read: now, want: 24, text: "stand still for 24.0 hours, until 2026-12-01 12:00 UTC"},
		"the task is behind":           {found: logs(24, new(0.0)), read: ago(4), want: 20, text: "must read the last 4.0 hours"},
		"an open transaction":          {found: logs(24, new(9.5)), read: ago(4), want: 14.5, text: "must read the last 9.5 hours"},
		"a transaction that is newer":  {found: logs(24, new(1.0)), read: ago(4), want: 20},
		"below the limit":              {found: logs(15, new(0.0)), read: ago(4), want: 11, low: true},
		"too late":                     {found: logs(15, new(0.0)), read: ago(16), want: -1, low: true, text: "the redo log that the task needs is deleted"},
		"no log was deleted":           {found: allKept, read: ago(1), want: 4, text: "at least 4.0 hours: "},
		"no log was deleted, and late": {found: allKept, read: ago(7), want: 0, text: "at least 0.0 hours"},
		"CloudWatch says nothing":      {found: logs(24, new(0.0)), last: seen, want: 21, text: "must read the last 3.0 hours"},
		"nor did it ever":              {found: logs(24, new(0.0)), want: math.NaN(), text: "not known how long the task may stand still: CloudWatch has no latency"},
		"CloudWatch knows more":        {found: logs(24, new(0.0)), last: seen, read: ago(0.5), want: 23.5},
		"transactions are not known":   {found: noTransactions, read: now, want: 24, text: "the open transactions are not known: a standby"},
		"the logs are not known":       {found: &oracle.ArchivedRedo{Problem: "ORA-00942"}, read: now, want: math.NaN(), text: "stand still: ORA-00942"},
		"the run ended too early":      {read: now, want: math.NaN(), text: "stand still: the run ended before the database answered"},
		"the source was not asked":     {problem: "the check function failed", read: now, want: math.NaN(), text: "stand still: the check function failed"},
	} {
		t.Run(name, func(t *testing.T) {
			doc := &Document{Type: department.CDC, Redo: &RedoLook{At: now, Found: test.found, Problem: test.problem, LimitHours: 12}}
			got := redoDeadline(doc, test.last, test.read, now)
			hours := math.NaN()
			if got.Hours != nil {
				hours = *got.Hours
			}
			if math.IsNaN(hours) != math.IsNaN(test.want) || math.Abs(hours-test.want) > 1e-6 || got.Low != test.low {
				t.Errorf("%v hours, low %t; want %v and %t", hours, got.Low, test.want, test.low)
			}
			if !strings.Contains(got.Text, test.text) {
				t.Errorf("%s; want %q", got.Text, test.text)
			}
		})
	}
	if got := redoDeadline(&Document{Type: department.FullLoad}, nil, now, now); got != nil {
		t.Errorf("a full load has the deadline %+v", got)
	}
	if got := redoDeadline(&Document{Type: department.CDC}, nil, now, now); !strings.Contains(got.Text, "before it asked") {
		t.Errorf("a run without a look: %s", got.Text)
	}
}

// The state keeps the last deadline that is known. People are told again only after it was above its limit.
func TestNoteRedoDeadline(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	deadline := func(hours float64) *records.RedoDeadline {
		at = at.Add(time.Hour)
		return &records.RedoDeadline{Hours: &hours, MeasuredAt: new(at), Low: hours < 12}
	}
	s := &jobState{}
	s.PK = "JOB#live"
	want := func(what string, hours float64, alerted bool) {
		t.Helper()
		if s.Redo == nil || *s.Redo.Last.Hours != hours || s.Redo.Alerted != alerted {
			t.Errorf("%s: %+v, want %g hours, alerted %t", what, s.Redo, hours, alerted)
		}
	}
	if s.noteRedoDeadline(&records.RedoDeadline{Text: "not known"}); s.Redo != nil {
		t.Errorf("a deadline that is not known is kept: %+v", s.Redo)
	}
	first := deadline(8)
	s.noteRedoDeadline(first)
	want("low", 8, false)
	s.Redo.Alerted = true
	s.noteRedoDeadline(deadline(7))
	want("low again", 7, true)
	s.noteRedoDeadline(first)
	want("an older one", 7, true)
	s.noteRedoDeadline(&records.RedoDeadline{Text: "not known"})
	want("not known", 7, true)
	s.noteRedoDeadline(deadline(13))
	want("above the limit", 13, false)
}

// The check function comes first in a run. Its answer, or its error, comes back once.
func TestAwaitRedoLook(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		result  *CheckResult
		problem string
	}{
		"an answer": {result: &CheckResult{Output: checkservice.Output{Redo: &oracle.ArchivedRedo{LogHours: new(3.0)}}}},
		"an error":  {result: &CheckResult{Error: "States.Timeout"}, problem: "it took longer than its time-out"},
		"nothing":   {result: &CheckResult{}, problem: "did not answer"},
	} {
		doc := &Document{
			Redo:         &RedoLook{LimitHours: 12},
			CheckRequest: &checkservice.Input{Request: checkservice.Request{Do: checkservice.Redo}},
		}
		if !doc.AwaitRedoLook(now) || doc.Phase != Checking {
			t.Errorf("%s: the phase is %s, want %s first", name, doc.Phase, Checking)
		}
		doc.CheckResult = test.result
		if doc.AwaitRedoLook(now) || doc.CheckRequest != nil || doc.CheckResult != nil {
			t.Errorf("%s: the run still waits for it: %+v", name, doc)
		}
		if r := doc.Redo; !strings.Contains(r.Problem, test.problem) || (r.Problem == "") != (r.Found != nil) || !r.At.Equal(now) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
