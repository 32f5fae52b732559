package run

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

var orders = manifest.Table{Schema: "SALES", Name: "ORDERS", TargetSchema: "SALES", TargetName: "ORDERS"}

// followed judges a task that follows SALES.ORDERS and whose statistics are s.
func followed(s dms.TableStatistics) taskVerdict {
	s.Schema, s.Name = orders.Schema, orders.Name
	observation := verdict.Observation{
		Exists: true, Statistics: []dms.TableStatistics{s},
		Task: dms.Description{ID: "t", ARN: "arn:t", Type: department.FullLoadAndCDC, Status: "running", StartedAt: time.Now()},
	}
	return taskVerdict{
		observation: observation,
		verdict:     verdict.Judge(department.FullLoadAndCDC, []manifest.Table{orders}, observation, time.Now().Add(-time.Hour)),
	}
}

func TestDDLIsNoted(t *testing.T) {
	ago := time.Now().Add(-time.Hour)
	loaded := &dms.TableReload{
		Tables: []string{"SALES.ORDERS"}, ReloadedAt: ago, DDLs: map[string]int64{"SALES.ORDERS": 3}, Done: []string{"SALES.ORDERS"},
	}
	tests := []struct {
		name        string
		before, now int64
		state       string
		noted       bool // before
		load        *dms.TableReload
		restarted   bool // the task was started since the last run, or since the reload
		want        bool // DDL seen
		diverged    bool
	}{
		{name: "no DDL", before: 2, now: 2},
		{name: "DDL since the last run", before: 2, now: 3, want: true},
		{name: "DDL before an earlier run", before: 2, now: 2, noted: true, want: true},
		{name: "DDL, then a reload", before: 2, now: 3, noted: true, load: loaded},
		{name: "DDL, a reload, then DDL", before: 2, now: 4, noted: true, load: loaded, want: true},
		{name: "DDL, a reload, a start, then DDL", before: 2, now: 3, noted: true, load: loaded, restarted: true, want: true},
		{name: "a start, and no DDL is counted", before: 9, now: 0, restarted: true},
		{name: "a start, and fewer DDL than before", before: 9, now: 1, restarted: true, want: true},
		{name: "a start, and as many DDL as before", before: 2, now: 2, restarted: true, want: true},
		{name: "table in error", before: 2, now: 2, state: "Table error", diverged: true},
		{name: "table in error during a reload", before: 2, now: 3, state: "Table error", noted: true, load: loaded, want: true, diverged: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := jobState{previous: map[string]records.Table{"SALES.ORDERS": {Changes: records.Changes{DDLs: test.before}}}}
			if test.noted {
				s.SeeDDL("SALES.ORDERS", records.DDL{NoticedAt: ago})
			}
			j := followed(dms.TableStatistics{State: cmp.Or(test.state, "Table completed"), DDLs: test.now, LoadStartedAt: ago, LoadEndedAt: time.Now()})
			s.LastRun, s.LastStart = "RUN#1", new(j.observation.Task.StartedAt)
			doc := &Document{Resumed: test.restarted, CountsRead: test.restarted}
			if test.load != nil {
				load := *test.load
				load.TaskStartedAt = j.observation.Task.StartedAt
				doc.Reload = &load
			}
			if test.restarted {
				j.observation.Task.StartedAt = j.observation.Task.StartedAt.Add(time.Minute)
			}
			judged := []taskVerdict{j}
			s.noteDDL(doc, judged)
			s.updateTables(doc, judged)
			if _, got := s.DDLSeen["SALES.ORDERS"]; got != test.want {
				t.Errorf("DDL seen: %t, want %t", got, test.want)
			}
			if _, got := s.Diverged["SALES.ORDERS"]; got != test.diverged {
				t.Errorf("diverged: %t, want %t", got, test.diverged)
			}
		})
	}
}

// A person accepts DDL that a run has noticed before the request was made, and no other.
func TestOnlyKnownDDLIsAccepted(t *testing.T) {
	request := time.Now()
	for name, test := range map[string]struct {
		noticed  time.Time
		found    bool // by Prepare
		diverged bool
		want     bool
	}{
		"noticed before":             {request.Add(-time.Hour), true, false, true},
		"noticed after the request":  {request.Add(time.Second), true, false, false},
		"not checked by Prepare":     {request.Add(-time.Hour), false, false, false},
		"rows are missing meanwhile": {request.Add(-time.Hour), true, true, false},
	} {
		s := jobState{}
		s.SeeDDL("SALES.ORDERS", records.DDL{NoticedAt: test.noticed})
		if test.diverged {
			s.Diverge("SALES.ORDERS", "its filter has changed")
		}
		doc := &Document{
			Request: Request{Job: "live", Accept: []string{"SALES.ORDERS"}, By: "Ana"}, StartedAt: request, Execution: "arn:e", AcceptsDDL: test.found,
		}
		judged := []taskVerdict{followed(dms.TableStatistics{State: "Table completed"})}
		s.updateTables(doc, judged)
		accepted, got := s.accepted["SALES.ORDERS"]
		if _, seen := s.DDLSeen["SALES.ORDERS"]; got != test.want || seen == got {
			t.Errorf("%s: accepted %t, still seen %t, want accepted %t", name, got, seen, test.want)
		}
		if good := judged[0].verdict.Outcome == verdict.Succeeded; good != test.want {
			t.Errorf("%s: outcome %s: %s", name, judged[0].verdict.Outcome, judged[0].verdict.Reason)
		}
		if got && (accepted.By != "Ana" || accepted.Execution != "arn:e" || !accepted.NoticedAt.Equal(test.noticed) || accepted.At.Before(request)) {
			t.Errorf("%s: acceptance %+v, want who, when and which run", name, accepted)
		}
	}
}

func TestAddedTablesMustBeLoaded(t *testing.T) {
	now := time.Now()
	tests := []struct {
		name    string
		s       dms.TableStatistics
		outcome verdict.Outcome
		awaited bool
	}{
		{"before its load", dms.TableStatistics{State: "Before load"}, verdict.Succeeded, true},
		{"while it is loaded", dms.TableStatistics{State: "Full load", LoadStartedAt: now}, verdict.Succeeded, true},
		{"loaded", dms.TableStatistics{State: "Table completed", LoadStartedAt: now, LoadEndedAt: now}, verdict.Succeeded, false},
		{"followed and not loaded", dms.TableStatistics{State: "Table completed"}, verdict.Failed, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := jobState{JobState: records.JobState{AwaitingLoad: []string{"SALES.ORDERS"}}}
			judged := []taskVerdict{followed(test.s)}
			s.updateTables(&Document{}, judged)
			j := judged[0]
			if got := slices.Contains(s.AwaitingLoad, "SALES.ORDERS"); got != test.awaited {
				t.Errorf("AwaitingLoad has the table: %t, want %t", got, test.awaited)
			}
			if j.verdict.Outcome != test.outcome {
				t.Errorf("outcome %s, want %s: %s", j.verdict.Outcome, test.outcome, j.verdict.Reason)
			}
			if bad := test.outcome != verdict.Succeeded; bad && !strings.Contains(j.verdict.Reason, "SALES.ORDERS") {
				t.Errorf("reason %q, want one that names the table", j.verdict.Reason)
			}
		})
	}
}

func TestRequestsThatDoNotFitTheJob(t *testing.T) {
	for name, test := range map[string]struct {
		kind    department.Type
		request Request
		fix     string
	}{
		"reload of a full load":   {department.FullLoad, Request{Reload: []string{"SALES.ORDERS"}}, `name them in "tables"`},
		"resume of a full load":   {department.FullLoad, Request{Resume: true}, "jobs that follow changes"},
		"tables of a CDC job":     {department.CDC, Request{Tables: []string{"SALES.ORDERS"}}, `name them in "reload"`},
		"reload of unknown table": {department.CDC, Request{Reload: []string{"SALES.NONE"}}, "no table SALES.NONE"},
	} {
		job := manifest.Job{Name: "j", Type: test.kind, Tasks: []manifest.Task{{
			Name: "j-1", Tables: []manifest.Table{orders}, Mappings: []byte(`{"rules":[]}`), Settings: []byte(`{}`),
		}}}
		if _, err := ApplyRequest(job, test.request); err == nil || !strings.Contains(err.Error(), test.fix) {
			t.Errorf("%s: error = %v, want one with %q", name, err, test.fix)
		}
	}
}
