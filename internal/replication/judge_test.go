package replication

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

var (
	began     = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	yesterday = began.Add(-24 * time.Hour)
	later     = began.Add(3 * time.Minute)

	orders   = manifest.Table{Schema: "SALES", Name: "ORDERS", TargetSchema: "SALES", TargetName: "ORDERS"}
	customer = manifest.Table{Schema: "SALES", Name: "CUSTOMER", TargetSchema: "SALES", TargetName: "CUSTOMER"}
	both     = []manifest.Table{orders, customer}
)

func completed(table manifest.Table) TableStatistics {
	return TableStatistics{Schema: table.Schema, Name: table.Name, State: tableCompleted, Rows: 7}
}

func inState(table manifest.Table, state string) TableStatistics {
	return TableStatistics{Schema: table.Schema, Name: table.Name, State: state}
}

// loaded is the evidence of a full load that went well.
func loaded() Evidence {
	return Evidence{
		Exists: true,
		Task: Description{
			ID: "oralake-sales-daily-1", Status: statusStopped,
			StopReason: "Stop Reason FULL_LOAD_ONLY_FINISHED", StartedAt: later,
		},
		Statistics: []TableStatistics{completed(orders), completed(customer)},
	}
}

func TestJudge(t *testing.T) {
	type result struct {
		Outcome Outcome
		Good    []string
		Reason  string // a part of it
	}
	tests := map[string]struct {
		kind department.Type
		e    func() Evidence
		want result
	}{
		"a full load that went well": {
			department.FullLoad, loaded,
			result{OutcomeSucceeded, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, ""},
		},
		"yesterday's stopped, read again": {department.FullLoad, func() Evidence {
			e := loaded()
			e.Task.StartedAt = yesterday
			return e
		}, result{OutcomeFailed, nil, "did not start in this run"}},
		"a task that never started": {department.FullLoad, func() Evidence {
			e := loaded()
			e.Task.StartedAt = time.Time{}
			return e
		}, result{OutcomeFailed, nil, "did not start in this run"}},
		"a table in error": {department.FullLoad, func() Evidence {
			e := loaded()
			e.Task.TablesErrored = 1
			e.Statistics[1] = inState(customer, tableError)
			return e
		}, result{OutcomePartial, []string{"SALES.ORDERS"}, "SALES.CUSTOMER: DMS says: Table error"}},
		"a table that DMS does not report": {department.FullLoad, func() Evidence {
			e := loaded()
			e.Statistics = e.Statistics[:1]
			return e
		}, result{OutcomePartial, []string{"SALES.ORDERS"}, "SALES.CUSTOMER: DMS does not report it"}},
		"no table reported at all": {department.FullLoad, func() Evidence {
			e := loaded()
			e.Statistics = nil
			return e
		}, result{OutcomeFailed, nil, "SALES.ORDERS: DMS does not report it"}},
		"stopped by a person with every table done": {department.FullLoad, func() Evidence {
			e := loaded()
			e.Task.StopReason = "Stop Reason NORMAL"
			return e
		}, result{OutcomePartial, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, "stopped before it was done"}},
		"stopped for memory": {department.FullLoad, func() Evidence {
			e := loaded()
			e.Task.StopReason = "Stop Reason STOPPED_DUE_TO_LOW_MEMORY"
			e.Statistics[1] = inState(customer, "Full load")
			return e
		}, result{OutcomePartial, []string{"SALES.ORDERS"}, "STOPPED_DUE_TO_LOW_MEMORY"}},
		"failed": {department.FullLoad, func() Evidence {
			e := loaded()
			e.Task.Status, e.Task.StopReason, e.Task.FailureMessage = statusFailed, "Stop Reason FATAL_ERROR", "ORA-00257"
			e.Statistics = []TableStatistics{inState(orders, "Full load"), inState(customer, "Before load")}
			return e
		}, result{OutcomeFailed, nil, "ORA-00257"}},
		"an unknown status": {department.FullLoad, func() Evidence {
			e := loaded()
			e.Task.Status = "hibernating"
			return e
		}, result{OutcomePartial, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, "status hibernating"}},
		"a task that is gone": {
			department.FullLoad, func() Evidence { return Evidence{} },
			result{OutcomeFailed, nil, "no replication task that this run could use"},
		},
		"CDC at work": {department.FullLoadAndCDC, func() Evidence {
			e := loaded()
			e.Task.Status, e.Task.StopReason = statusRunning, ""
			return e
		}, result{OutcomeSucceeded, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, ""}},
		"CDC that just started and reports nothing yet": {department.CDC, func() Evidence {
			e := loaded()
			e.Task.Status, e.Task.StopReason, e.Statistics = statusRunning, "", nil
			return e
		}, result{OutcomeSucceeded, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, ""}},
		"CDC since yesterday that lacks a table": {department.CDC, func() Evidence {
			e := loaded()
			e.Task.Status, e.Task.StopReason, e.Task.StartedAt = statusRunning, "", yesterday
			e.Statistics = e.Statistics[:1]
			return e
		}, result{OutcomePartial, []string{"SALES.ORDERS"}, "SALES.CUSTOMER: DMS does not report it"}},
		"CDC that stopped": {
			department.CDC, loaded,
			result{OutcomeFailed, nil, "is neither finished nor at work"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v := Judge(test.kind, both, test.e(), began)
			got := result{Outcome: v.Outcome, Reason: test.want.Reason}
			for _, table := range v.Tables {
				if table.Good {
					got.Good = append(got.Good, table.String())
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
			if !strings.Contains(v.Reason, test.want.Reason) || (v.Reason == "") != (v.Outcome == OutcomeSucceeded) {
				t.Errorf("reason = %q, want one with %q", v.Reason, test.want.Reason)
			}
		})
	}
}

// Over the whole product of states: a full load is a success only if DMS proves it, table by table.
func TestJudgeFullLoadSucceedsOnlyWhenProven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := Evidence{
			Exists: rapid.Bool().Draw(t, "exists"),
			Task: Description{
				Status: rapid.SampledFrom([]string{
					statusStopped, statusRunning, statusFailed, statusReady, statusDeleting, "Error", "Running with errors", "new",
				}).Draw(t, "status"),
				StopReason: rapid.SampledFrom([]string{
					"", "Stop Reason FULL_LOAD_ONLY_FINISHED", "Stop Reason NORMAL", "Stop Reason FATAL_ERROR",
					"Stop Reason STOPPED_DUE_TO_LOW_DISK", "Stop Reason STOPPED_AFTER_FULL_LOAD",
				}).Draw(t, "stopReason"),
				StartedAt:     rapid.SampledFrom([]time.Time{{}, yesterday, began, later}).Draw(t, "startedAt"),
				TablesErrored: rapid.IntRange(0, 2).Draw(t, "tablesErrored"),
			},
		}
		proven := e.Exists && e.Task.Status == statusStopped && e.Task.TablesErrored == 0 &&
			strings.HasSuffix(e.Task.StopReason, "FULL_LOAD_ONLY_FINISHED") && !e.Task.StartedAt.Before(began)
		for _, table := range both {
			state := rapid.SampledFrom([]string{
				tableCompleted, tableError, tableCancelled, tableAbsent, "Before load", "Full load", "unlisted",
			}).Draw(t, "state of "+table.Name)
			proven = proven && state == tableCompleted
			if state != "unlisted" {
				e.Statistics = append(e.Statistics, inState(table, state))
			}
		}
		v := Judge(department.FullLoad, both, e, began)
		if got := v.Outcome == OutcomeSucceeded; got != proven {
			t.Fatalf("success = %v, proven = %v; reason: %s", got, proven, v.Reason)
		}
		if len(v.Tables) != len(both) {
			t.Fatalf("%d tables judged, want %d", len(v.Tables), len(both))
		}
	})
}

func TestCombine(t *testing.T) {
	good := Verdict{Outcome: OutcomeSucceeded}
	bad := Verdict{Outcome: OutcomeFailed, Reason: "task 2 failed"}
	tests := map[string]struct {
		verdicts []Verdict
		want     Verdict
	}{
		"nothing is proven by nothing": {nil, Verdict{Outcome: OutcomeFailed}},
		"all":                          {[]Verdict{good, good}, Verdict{Outcome: OutcomeSucceeded}},
		"some":                         {[]Verdict{good, bad}, Verdict{Outcome: OutcomePartial, Reason: "task 2 failed"}},
		"none":                         {[]Verdict{bad}, Verdict{Outcome: OutcomeFailed, Reason: "task 2 failed"}},
	}
	for name, test := range tests {
		if diff := cmp.Diff(test.want, Combine(test.verdicts...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestReasonStaysShort(t *testing.T) {
	var want []manifest.Table
	for i := range 5000 {
		want = append(want, manifest.Table{Schema: "SALES", Name: strings.Repeat("T", 20) + string(rune('A'+i%26))})
	}
	v := Judge(department.FullLoad, want, Evidence{}, began)
	if len(v.Reason) > 2000 {
		t.Errorf("reason is %d bytes: it travels in the run document", len(v.Reason))
	}
	if !strings.Contains(v.Reason, "and 4990 more tables") {
		t.Errorf("reason %q does not say how many tables it leaves out", v.Reason)
	}
}
