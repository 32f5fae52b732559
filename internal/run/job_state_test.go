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

func TestDDLMakesATableDiverge(t *testing.T) {
	ago := time.Now().Add(-time.Hour)
	loaded := &dms.TableReload{Tables: []string{"SALES.ORDERS"}, ReloadedAt: ago, DDLs: map[string]int64{"SALES.ORDERS": 3}}
	tests := []struct {
		name        string
		before, now int64
		state       string
		diverged    bool // before
		load        *dms.TableReload
		want        bool
	}{
		{name: "no DDL", before: 2, now: 2},
		{name: "DDL since the last run", before: 2, now: 3, want: true},
		{name: "DDL before an earlier run", before: 2, now: 2, diverged: true, want: true},
		{name: "DDL, then a reload", before: 2, now: 3, diverged: true, load: loaded},
		{name: "DDL, a reload, then DDL", before: 2, now: 4, diverged: true, load: loaded, want: true},
		{name: "task created again", before: 9, now: 0},
		{name: "task created again, then DDL", before: 9, now: 1, want: true},
		{name: "table in error", before: 2, now: 2, state: "Table error", want: true},
		{name: "table in error during a reload", before: 2, now: 3, state: "Table error", diverged: true, load: loaded, want: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := jobState{previous: map[string]records.Table{"SALES.ORDERS": {Changes: records.Changes{DDLs: test.before}}}}
			if test.diverged {
				s.Diverged = map[string]string{"SALES.ORDERS": "DDL"}
			}
			doc := &Document{Reload: test.load}
			j := followed(dms.TableStatistics{State: cmp.Or(test.state, "Table completed"), DDLs: test.now, LoadStartedAt: ago, LoadEndedAt: time.Now()})
			s.updateTables(doc, []taskVerdict{j})
			if _, got := s.Diverged["SALES.ORDERS"]; got != test.want {
				t.Errorf("diverged: %t, want %t", got, test.want)
			}
		})
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
		if _, err := applyRequest(job, test.request); err == nil || !strings.Contains(err.Error(), test.fix) {
			t.Errorf("%s: error = %v, want one with %q", name, err, test.fix)
		}
	}
}
