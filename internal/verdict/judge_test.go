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
	runStart  = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	yesterday = runStart.Add(-24 * time.Hour)
	later     = runStart.Add(3 * time.Minute)

	orders     = manifest.Table{Schema: "SALES", Name: "ORDERS", TargetSchema: "SALES", TargetName: "ORDERS"}
	customer   = manifest.Table{Schema: "SALES", Name: "CUSTOMER", TargetSchema: "SALES", TargetName: "CUSTOMER"}
	bothTables = []manifest.Table{orders, customer}
)

func completed(table manifest.Table) dms.TableStatistics {
	return dms.TableStatistics{Schema: table.Schema, Name: table.Name, State: dms.TableCompleted, Rows: 7}
}

func inState(table manifest.Table, state string) dms.TableStatistics {
	return dms.TableStatistics{Schema: table.Schema, Name: table.Name, State: state}
}

// loaded observes a task whose full load has succeeded.
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
		kind    department.Type
		observe func() Observation
		want    result
	}{
		"a full load that succeeded": {
			department.FullLoad, loaded,
			result{Succeeded, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, ""},
		},
		"a task that an earlier run started": {department.FullLoad, func() Observation {
			o := loaded()
			o.Task.StartedAt = yesterday
			return o
		}, result{Failed, nil, "did not start in this run"}},
		"a task that never started": {department.FullLoad, func() Observation {
			o := loaded()
			o.Task.StartedAt = time.Time{}
			return o
		}, result{Failed, nil, "did not start in this run"}},
		"a table in error": {department.FullLoad, func() Observation {
			o := loaded()
			o.Task.TablesErrored = 1
			o.Statistics[1] = inState(customer, dms.TableError)
			return o
		}, result{Partial, []string{"SALES.ORDERS"}, "SALES.CUSTOMER: DMS reports the state Table error: the task's log has the cause"}},
		"a task that failed before it read anything, with the statistics of an earlier load": {department.FullLoad, func() Observation {
			o := loaded()
			o.Task.Status, o.Task.FailureMessage = dms.StatusFailed, "ORA-12170"
			for i := range o.Statistics {
				o.Statistics[i].LoadEndedAt = yesterday
			}
			return o
		}, result{Failed, nil, "it was not loaded in this run: its last load ended at"}},
		// DMS has restarted the task: it keeps tables that are complete, and StartDate moves.
		"a table that was loaded in the run, before the latest start of its task": {department.FullLoad, func() Observation {
			o := loaded()
			o.Task.StartedAt = later.Add(time.Hour)
			for i := range o.Statistics {
				o.Statistics[i].LoadEndedAt = later.Add(time.Duration(i) * 2 * time.Hour)
			}
			return o
		}, result{Succeeded, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, ""}},
		"a table whose load ended before the run, in a task that started in it": {department.FullLoad, func() Observation {
			o := loaded()
			o.Statistics[0].LoadEndedAt = yesterday
			return o
		}, result{Partial, []string{"SALES.CUSTOMER"}, "it was not loaded in this run"}},
		"a table that DMS does not report": {department.FullLoad, func() Observation {
			o := loaded()
			o.Statistics = o.Statistics[:1]
			return o
		}, result{Partial, []string{"SALES.ORDERS"}, "SALES.CUSTOMER: DMS does not report it"}},
		"DMS reports no table": {department.FullLoad, func() Observation {
			o := loaded()
			o.Statistics = nil
			return o
		}, result{Failed, nil, "SALES.ORDERS: DMS does not report it"}},
		"a task that a person stopped after every table was loaded": {department.FullLoad, func() Observation {
			o := loaded()
			o.Task.StopReason = "Stop Reason NORMAL"
			return o
		}, result{Partial, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, "stopped before it was done"}},
		"a task that stopped for lack of memory": {department.FullLoad, func() Observation {
			o := loaded()
			o.Task.StopReason = "Stop Reason STOPPED_DUE_TO_LOW_MEMORY"
			o.Statistics[1] = inState(customer, "Full load")
			return o
		}, result{Partial, []string{"SALES.ORDERS"}, "STOPPED_DUE_TO_LOW_MEMORY"}},
		"a task that failed": {department.FullLoad, func() Observation {
			o := loaded()
			o.Task.Status, o.Task.StopReason, o.Task.FailureMessage = dms.StatusFailed, "Stop Reason FATAL_ERROR", "ORA-00257"
			o.Statistics = []dms.TableStatistics{inState(orders, "Full load"), inState(customer, "Before load")}
			return o
		}, result{Failed, nil, "ORA-00257"}},
		"an unknown status": {department.FullLoad, func() Observation {
			o := loaded()
			o.Task.Status = "hibernating"
			return o
		}, result{Partial, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, "status hibernating"}},
		"a task that is gone": {
			department.FullLoad, func() Observation { return Observation{} },
			result{Failed, nil, "no replication task that this run could use"},
		},
		"a CDC task that is running": {department.FullLoadAndCDC, func() Observation {
			o := loaded()
			o.Task.Status, o.Task.StopReason = dms.StatusRunning, ""
			return o
		}, result{Succeeded, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, ""}},
		"a CDC task that has just started and reports no table yet": {department.CDC, func() Observation {
			o := loaded()
			o.Task.Status, o.Task.StopReason, o.Statistics = dms.StatusRunning, "", nil
			return o
		}, result{Succeeded, []string{"SALES.ORDERS", "SALES.CUSTOMER"}, ""}},
		"a CDC task that has been running since yesterday and does not report a table": {department.CDC, func() Observation {
			o := loaded()
			o.Task.Status, o.Task.StopReason, o.Task.StartedAt = dms.StatusRunning, "", yesterday
			o.Statistics = o.Statistics[:1]
			return o
		}, result{Partial, []string{"SALES.ORDERS"}, "SALES.CUSTOMER: DMS does not report it"}},
		"a CDC task that has stopped": {
			department.CDC, loaded,
			result{Failed, nil, "is neither finished nor running"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v := Judge(test.kind, bothTables, test.observe(), runStart)
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
				t.Errorf("reason = %q, want one with %q for outcome %s", v.Reason, test.want.Reason, v.Outcome)
			}
		})
	}
}

// forEveryObservation calls try with every combination of what DMS may report of a task and of one of its tables.
func forEveryObservation(try func(kind department.Type, o Observation, table string)) {
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
					for _, started := range []time.Time{{}, yesterday, runStart, later} {
						for _, errored := range []int{0, 1} {
							for _, table := range tables {
								o := Observation{Exists: exists, Task: dms.Description{
									ID: "t-1", Status: status, StartedAt: started, TablesErrored: errored,
								}}
								if reason != "" {
									o.Task.StopReason = "Stop Reason " + reason
								}
								o.Statistics = []dms.TableStatistics{completed(customer)}
								if table != unlisted {
									o.Statistics = append(o.Statistics, inState(orders, table))
								}
								try(kind, o, table)
							}
						}
					}
				}
			}
		}
	}
}

const unlisted = "not in the statistics"

// Judge calls a task a success only if DMS proves it. A full load is proven by its stop reason, its number of tables in error and
// the state of each table. CDC is proven by a running task of which DMS replicates every table. Every other combination has a
// reason.
func TestOnlyAProvenSuccessSucceeds(t *testing.T) {
	tried, succeeded := 0, 0
	forEveryObservation(func(kind department.Type, o Observation, table string) {
		d := o.Task
		startedByRun := !d.StartedAt.Before(runStart)
		proven := o.Exists && d.Status == dms.StatusStopped && d.StopReason == "Stop Reason FULL_LOAD_ONLY_FINISHED" &&
			d.TablesErrored == 0 && startedByRun && table == dms.TableCompleted
		if kind.Continuous() {
			bad := slices.Contains([]string{dms.TableError, dms.TableCancelled, dms.TableAbsent}, table) || table == unlisted && !startedByRun
			proven = o.Exists && d.Status == dms.StatusRunning && !bad
		}
		v := Judge(kind, bothTables, o, runStart)
		tried++
		if proven {
			succeeded++
		}
		if got := v.Outcome == Succeeded; got != proven {
			t.Fatalf("%s, %+v, table %q: success is %v, want %v: %s", kind, d, table, got, proven, v.Reason)
		}
		if len(v.Tables) != len(bothTables) {
			t.Fatalf("%s, %+v: %d tables judged, want %d", kind, d, len(v.Tables), len(bothTables))
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
			t.Fatalf("%s, %+v, table %q: the outcome is PARTIAL and no table is good", kind, d, table)
		}
	})
	if succeeded == 0 || succeeded == tried {
		t.Fatalf("%d of %d combinations succeed: the test cannot fail", succeeded, tried)
	}
}

func TestStopReasonsAreExplained(t *testing.T) {
	for name, explanation := range stopReasons {
		o := loaded()
		o.Task.StopReason = "Stop Reason " + name
		if v := Judge(department.FullLoad, bothTables, o, runStart); name != loadFinished && !strings.Contains(v.Reason, explanation) {
			t.Errorf("%s: reason %q does not say %q", name, v.Reason, explanation)
		}
	}
	if got, want := explainStopReason("Stop Reason NEW"), "Stop Reason NEW"; got != want {
		t.Errorf("an unknown reason reads %q, want %q", got, want)
	}
}

func TestCombine(t *testing.T) {
	good := Verdict{Outcome: Succeeded}
	bad := Verdict{Outcome: Failed, Reason: "task 2 failed"}
	tests := map[string]struct {
		verdicts []Verdict
		want     Verdict
	}{
		"no task":             {nil, Verdict{Outcome: Failed}},
		"every task succeeds": {[]Verdict{good, good}, Verdict{Outcome: Succeeded}},
		"one task fails":      {[]Verdict{good, bad}, Verdict{Outcome: Partial, Reason: "task 2 failed"}},
		"the only task fails": {[]Verdict{bad}, Verdict{Outcome: Failed, Reason: "task 2 failed"}},
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
	v := Judge(department.FullLoad, want, Observation{}, runStart)
	if len(v.Reason) > 2000 {
		t.Errorf("the reason has %d bytes, want at most 2000: it is a part of the run document", len(v.Reason))
	}
	if !strings.Contains(v.Reason, "and 4990 more tables") {
		t.Errorf("reason %q does not say how many tables it leaves out", v.Reason)
	}
}
