package verdict

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
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

func completed(table manifest.Table) dms.TableStatistics {
	return dms.TableStatistics{Schema: table.Schema, Name: table.Name, State: dms.TableCompleted, Rows: 7}
}

func inState(table manifest.Table, state string) dms.TableStatistics {
	return dms.TableStatistics{Schema: table.Schema, Name: table.Name, State: state}
}

// loaded is the evidence of a full load that went well.
func loaded() Observation {
	return Observation{
		Exists: true,
		Task: dms.Description{
			ID: "oralake-sales-daily-1", Status: dms.StatusStopped,
			StopReason: "Stop Reason FULL_LOAD_ONLY_FINISHED", StartedAt: later,
		},
		Statistics: []dms.TableStatistics{completed(orders), completed(customer)},
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
		e    func() Observation
		want result
	}{
		"a full load that went well": {
			department.FullLoad, loaded,
			result{Succeeded, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, ""},
		},
		"yesterday's stopped, read again": {department.FullLoad, func() Observation {
			e := loaded()
			e.Task.StartedAt = yesterday
			return e
		}, result{Failed, nil, "did not start in this run"}},
		"a task that never started": {department.FullLoad, func() Observation {
			e := loaded()
			e.Task.StartedAt = time.Time{}
			return e
		}, result{Failed, nil, "did not start in this run"}},
		"a table in error": {department.FullLoad, func() Observation {
			e := loaded()
			e.Task.TablesErrored = 1
			e.Statistics[1] = inState(customer, dms.TableError)
			return e
		}, result{Partial, []string{"SALES.ORDERS"}, "SALES.CUSTOMER: DMS says: Table error; the task's log says why"}},
		"failed before it read anything, with what an earlier run counted": {department.FullLoad, func() Observation {
			e := loaded()
			e.Task.Status, e.Task.FailureMessage = dms.StatusFailed, "ORA-12170"
			for i := range e.Statistics {
				e.Statistics[i].LoadEndedAt = yesterday
			}
			return e
		}, result{Failed, nil, "it was not loaded in this run: its last load ended at"}},
		"a table that DMS does not report": {department.FullLoad, func() Observation {
			e := loaded()
			e.Statistics = e.Statistics[:1]
			return e
		}, result{Partial, []string{"SALES.ORDERS"}, "SALES.CUSTOMER: DMS does not report it"}},
		"no table reported at all": {department.FullLoad, func() Observation {
			e := loaded()
			e.Statistics = nil
			return e
		}, result{Failed, nil, "SALES.ORDERS: DMS does not report it"}},
		"stopped by a person with every table done": {department.FullLoad, func() Observation {
			e := loaded()
			e.Task.StopReason = "Stop Reason NORMAL"
			return e
		}, result{Partial, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, "stopped before it was done"}},
		"stopped for memory": {department.FullLoad, func() Observation {
			e := loaded()
			e.Task.StopReason = "Stop Reason STOPPED_DUE_TO_LOW_MEMORY"
			e.Statistics[1] = inState(customer, "Full load")
			return e
		}, result{Partial, []string{"SALES.ORDERS"}, "STOPPED_DUE_TO_LOW_MEMORY"}},
		"failed": {department.FullLoad, func() Observation {
			e := loaded()
			e.Task.Status, e.Task.StopReason, e.Task.FailureMessage = dms.StatusFailed, "Stop Reason FATAL_ERROR", "ORA-00257"
			e.Statistics = []dms.TableStatistics{inState(orders, "Full load"), inState(customer, "Before load")}
			return e
		}, result{Failed, nil, "ORA-00257"}},
		"an unknown status": {department.FullLoad, func() Observation {
			e := loaded()
			e.Task.Status = "hibernating"
			return e
		}, result{Partial, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, "status hibernating"}},
		"a task that is gone": {
			department.FullLoad, func() Observation { return Observation{} },
			result{Failed, nil, "no replication task that this run could use"},
		},
		"CDC at work": {department.FullLoadAndCDC, func() Observation {
			e := loaded()
			e.Task.Status, e.Task.StopReason = dms.StatusRunning, ""
			return e
		}, result{Succeeded, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, ""}},
		"CDC that just started and reports nothing yet": {department.CDC, func() Observation {
			e := loaded()
			e.Task.Status, e.Task.StopReason, e.Statistics = dms.StatusRunning, "", nil
			return e
		}, result{Succeeded, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, ""}},
		"CDC since yesterday that lacks a table": {department.CDC, func() Observation {
			e := loaded()
			e.Task.Status, e.Task.StopReason, e.Task.StartedAt = dms.StatusRunning, "", yesterday
			e.Statistics = e.Statistics[:1]
			return e
		}, result{Partial, []string{"SALES.ORDERS"}, "SALES.CUSTOMER: DMS does not report it"}},
		"CDC that stopped": {
			department.CDC, loaded,
			result{Failed, nil, "is neither finished nor running"},
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
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(Verdict{})); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
			if !strings.Contains(v.Reason, test.want.Reason) || (v.Reason == "") != (v.Outcome == Succeeded) {
				t.Errorf("reason = %q, want one with %q", v.Reason, test.want.Reason)
			}
		})
	}
}

// product calls try with every combination of what DMS may say of a task and of one of its tables.
func product(try func(kind department.Type, e Observation, table string)) {
	statuses := []string{
		dms.StatusCreating, dms.StatusDeleting, dms.StatusFailed, dms.StatusModifying, dms.StatusMoving, dms.StatusReady, dms.StatusRunning, dms.StatusStarting,
		dms.StatusStopped, dms.StatusStopping, dms.StatusTesting, "failed-move", "error", dms.StatusRunningWithErrors, "new in DMS 9",
	}
	reasons := append(slices.Sorted(maps.Keys(stopReasons)), "", "NEW_IN_DMS_9")
	tables := []string{
		dms.TableCompleted, dms.TableError, dms.TableCancelled, dms.TableAbsent, "Before load", "Full load", "Table is being reloaded",
		"new in DMS 9", unlisted,
	}
	for _, kind := range []department.Type{department.FullLoad, department.CDC, department.FullLoadAndCDC} {
		for _, exists := range []bool{true, false} {
			for _, status := range statuses {
				for _, reason := range reasons {
					for _, started := range []time.Time{{}, yesterday, began, later} {
						for _, errored := range []int{0, 1} {
							for _, table := range tables {
								e := Observation{Exists: exists, Task: dms.Description{
									ID: "t-1", Status: status, StartedAt: started, TablesErrored: errored,
								}}
								if reason != "" {
									e.Task.StopReason = "Stop Reason " + reason
								}
								e.Statistics = []dms.TableStatistics{completed(customer)}
								if table != unlisted {
									e.Statistics = append(e.Statistics, inState(orders, table))
								}
								try(kind, e, table)
							}
						}
					}
				}
			}
		}
	}
}

const unlisted = "not in the statistics"

// Every combination has a verdict and a sentence, and only what is proven is a success: a full load by its end, its count
// of errors and each table's state; changes by a task at work and no table that was given up.
func TestOnlyTheProvenIsASuccess(t *testing.T) {
	tried, succeeded := 0, 0
	product(func(kind department.Type, e Observation, table string) {
		d := e.Task
		ours := !d.StartedAt.Before(began)
		proven := e.Exists && d.Status == dms.StatusStopped && d.StopReason == "Stop Reason FULL_LOAD_ONLY_FINISHED" &&
			d.TablesErrored == 0 && ours && table == dms.TableCompleted
		if kind.Continuous() {
			given := slices.Contains([]string{dms.TableError, dms.TableCancelled, dms.TableAbsent}, table) || table == unlisted && !ours
			proven = e.Exists && d.Status == dms.StatusRunning && !given
		}
		v := Judge(kind, both, e, began)
		tried++
		if proven {
			succeeded++
		}
		if got := v.Outcome == Succeeded; got != proven {
			t.Fatalf("%s, %+v, table %q: success is %v, want %v: %s", kind, d, table, got, proven, v.Reason)
		}
		if len(v.Tables) != len(both) {
			t.Fatalf("%s, %+v: %d tables judged, want %d", kind, d, len(v.Tables), len(both))
		}
		if proven != (v.Reason == "") {
			t.Fatalf("%s, %+v, table %q: outcome %s with the reason %q", kind, d, table, v.Outcome, v.Reason)
		}
		for _, table := range v.Tables {
			if table.Good != (table.Reason == "") || !table.Good && !strings.Contains(v.Reason, table.String()) {
				t.Fatalf("%s, %+v: %s is good: %v, its reason %q, the verdict's %q", kind, d, table, table.Good, table.Reason, v.Reason)
			}
		}
		if v.Outcome == Partial && !slices.ContainsFunc(v.Tables, func(t Table) bool { return t.Good }) {
			t.Fatalf("%s, %+v, table %q: partial, and no table is good", kind, d, table)
		}
	})
	if succeeded == 0 || succeeded == tried {
		t.Fatalf("%d of %d combinations succeed: the test proves nothing", succeeded, tried)
	}
}

func TestStopReasonsAreExplained(t *testing.T) {
	for name, words := range stopReasons {
		e := loaded()
		e.Task.StopReason = "Stop Reason " + name
		if v := Judge(department.FullLoad, both, e, began); name != finishedLoad && !strings.Contains(v.Reason, words) {
			t.Errorf("%s: reason %q does not say %q", name, v.Reason, words)
		}
	}
	if got, want := explainStopReason("Stop Reason NEW"), "Stop Reason NEW"; got != want {
		t.Errorf("a new reason reads %q, want %q", got, want)
	}
}

func TestCombine(t *testing.T) {
	good := Verdict{Outcome: Succeeded}
	bad := Verdict{Outcome: Failed, Reason: "task 2 failed"}
	tests := map[string]struct {
		verdicts []Verdict
		want     Verdict
	}{
		"nothing is proven by nothing": {nil, Verdict{Outcome: Failed}},
		"all":                          {[]Verdict{good, good}, Verdict{Outcome: Succeeded}},
		"some":                         {[]Verdict{good, bad}, Verdict{Outcome: Partial, Reason: "task 2 failed"}},
		"none":                         {[]Verdict{bad}, Verdict{Outcome: Failed, Reason: "task 2 failed"}},
	}
	for name, test := range tests {
		if diff := cmp.Diff(test.want, Combine(test.verdicts...), cmpopts.IgnoreUnexported(Verdict{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestReasonStaysShort(t *testing.T) {
	var want []manifest.Table
	for i := range 5000 {
		want = append(want, manifest.Table{Schema: "SALES", Name: strings.Repeat("T", 20) + string(rune('A'+i%26))})
	}
	v := Judge(department.FullLoad, want, Observation{}, began)
	if len(v.Reason) > 2000 {
		t.Errorf("reason is %d bytes: it travels in the run document", len(v.Reason))
	}
	if !strings.Contains(v.Reason, "and 4990 more tables") {
		t.Errorf("reason %q does not say how many tables it leaves out", v.Reason)
	}
}
