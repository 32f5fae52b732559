package scenarios_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/statemachine"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/aws/sns"
	"github.com/oralake/oralake/test/harness"
)

// end is how an execution ends after a state failed permanently.
type end int

const (
	// recorded: the record is FAILED with the error as its reason. No task and no lease is left.
	recorded end = iota
	// notReady: the run fails, since the file requires the check and the check failed.
	notReady
	// uncounted: the run succeeds, and the record says that its rows were not counted.
	uncounted
	// unchecked: the run succeeds, since the file does not require the check. The record says that the check failed.
	unchecked
	// unpublished: the record says that readers keep what they had, and why. No task and no lease is left. If Publish did its work and
	// only its answer was lost, the record is a success.
	unpublished
	// leftBehind: the execution fails without its record or without deleting its tasks. Recoveries repeat until one succeeds.
	leftBehind
)

// taskStates has the Task states of the workflow: the function, the operation of the check function, a job that enters the
// state, and how its run ends.
var taskStates = map[string]struct {
	function, do, job string
	end               end
}{
	"Prepare":        {"Prepare", "", "nightly", recorded},
	"CheckDatabase":  {"Check", "check", "nightly", notReady},
	"Create":         {"Create", "", "nightly", recorded},
	"Poll":           {"Poll", "", "nightly", recorded},
	"TakeSCN":        {"Check", "scn", "nightly", uncounted},
	"Start":          {"Start", "", "nightly", recorded},
	"Verify":         {"Verify", "", "nightly", recorded},
	"CountRows":      {"Check", "counts", "nightly", uncounted},
	"Reconcile":      {"Reconcile", "", "live", recorded},
	"CheckChanges":   {"Check", "check", "live", unchecked},
	"StartChanges":   {"Start", "", "live", recorded},
	"Record":         {"Record", "", "nightly", leftBehind},
	"RecordUnjudged": {"Record", "", "live", leftBehind},
	"Publish":        {"Publish", "", "nightly", unpublished},
	"Delete":         {"Delete", "", "nightly", leftBehind},
	// It follows only an error of Publish: see failingAfter.
	"RecordUnpublished": {"Record", failsAfterPublish, "nightly", leftBehind},
}

// loadFor loads the department with a check function. Its database is ready for the job nightly, but not for live.
func loadFor(t *testing.T, job string) *department.Department {
	t.Helper()
	d := loadChecked(t)
	if job == "live" {
		d.Source.Check = department.CheckReport
	}
	return d
}

// failsAfterPublish stands for a function that fails when Publish has failed.
const failsAfterPublish = "after Publish"

// failingAfter makes every invocation of Publish fail, and those of a function that follow.
func failingAfter(function string) way {
	published := false
	crash := lambda.Fault{Kill: lambda.BeforeHandler}
	return way{name: "crashes", invocation: func(f, _ string) lambda.Fault {
		published = published || f == "Publish"
		if f == "Publish" || published && f == function {
			return crash
		}
		return lambda.Fault{}
	}}
}

// waysOf returns the ways in which every invocation of a state's function fails.
func waysOf(function, do string) []way {
	if do == failsAfterPublish {
		return []way{failingAfter(function)}
	}
	only := func(fault lambda.Fault) func(string, string) lambda.Fault {
		return func(f, d string) lambda.Fault {
			if f == function && d == do {
				return fault
			}
			return lambda.Fault{}
		}
	}
	ways := []way{
		{name: "crashes", invocation: only(lambda.Fault{Kill: lambda.BeforeHandler})},
		{name: "times out", invocation: only(lambda.Fault{Kill: lambda.BeforeHandler, TimeOut: true})},
		{name: "may not be invoked", invocation: only(lambda.Fault{
			Refuse: harness.Denied(gateway.Call{Service: "lambda", Operation: "InvokeFunction"}),
		})},
	}
	if do == "" {
		// Recordings of AWS and its guide disagree on what follows, so both are tried.
		ways = append(ways, way{name: "answers too much", overflow: function},
			way{name: "answers too much, which nothing catches", overflow: function, uncaught: true})
	}
	return ways
}

// Every Task state of the workflow fails permanently, in every way that a function can fail. The run ends as taskStates
// says. After the fault ends, the run has one record, and no task and no lease is left.
func TestEachTaskStateFailsPermanently(t *testing.T) {
	var machine struct {
		States map[string]struct{ Type string }
	}
	if err := json.Unmarshal([]byte(statemachine.Migration), &machine); err != nil {
		t.Fatal(err)
	}
	for name, state := range machine.States {
		if name == "Orphans" {
			continue // It belongs to no job: see TestFailedSearchIsRepeated.
		}
		if _, known := taskStates[name]; known != (state.Type == "Task") {
			t.Errorf("state %s is of type %s: in taskStates: %v", name, state.Type, known)
		}
	}
	db := sample(t)
	for _, name := range slices.Sorted(maps.Keys(taskStates)) {
		state, d := taskStates[name], loadFor(t, taskStates[name].job)
		ways := waysOf(state.function, state.do)
		if testing.Short() {
			ways = ways[:1]
		}
		for _, w := range ways {
			t.Run(name+" "+w.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := openBroken(t, db, w)
					outputs := b.deployBroken(d)
					e := b.Run(outputs["StateMachineArn"], `{"job": "`+state.job+`"}`)
					enters := !(name == "RecordUnjudged" && w.uncaught) // Record overflows first, and no Catch matches that error.
					if visited := b.visited(e.ExecutionArn); enters && !slices.Contains(visited, name) {
						t.Fatalf("state %s was not entered: %v", name, visited)
					}
					b.wantEnd(outputs, e, state.job, name, w)
					b.wantOnlyTheEnd(e.ExecutionArn)
					time.Sleep(faultTime)
					b.wantBounded()
					b.turn(false)
					time.Sleep(2 * time.Hour)
					b.wantFixed(outputs, e, state.job)
				})
			})
		}
	}
}

// wantEnd checks that an execution ended as taskStates says.
func (b *broken) wantEnd(outputs harness.Outputs, e *sfn.DescribeExecutionOutput, job, state string, w way) {
	b.t.Helper()
	end, status := taskStates[state].end, sfntypes.ExecutionStatusFailed
	if w.uncaught && end != leftBehind {
		// No Catch matches States.DataLimitExceeded, so a recovery records the run. It needs Prepare.
		if got := aws.ToString(e.Error); got != "States.DataLimitExceeded" {
			b.t.Errorf("error %s, want States.DataLimitExceeded", got)
		}
		switch {
		case state == "Prepare":
			end = leftBehind
		case end != unpublished:
			end = recorded
		}
		time.Sleep(faultTime / 2)
	}
	answered := end == unpublished && w.overflow != ""
	if end == uncounted || end == unchecked || answered && !w.uncaught {
		status = sfntypes.ExecutionStatusSucceeded
	}
	b.want(e, status)
	runs := b.recordsOf(outputs, job, e.ExecutionArn)
	if end == leftBehind {
		if strings.HasPrefix(state, "Record") && state != "RecordUnpublished" && w.overflow == "" && len(runs) != 0 {
			b.t.Errorf("records %+v of a run that could not be recorded", runs)
		}
		return
	}
	b.wantNothingLeft(outputs, "oralake-checked", job)
	if len(runs) != 1 {
		b.t.Fatalf("records %+v, want one", runs)
	}
	run := runs[0]
	switch {
	case end == uncounted:
		rows := b.TableRecords(outputs, "SALES.NATION")
		if run.Outcome != "SUCCEEDED" || len(rows) != 1 || rows[0].RowCount == nil {
			b.t.Errorf("record %+v, of NATION %+v: want a success with an inconclusive row count", run, rows)
		}
		if state == "CountRows" && rows[0].RowCount.Status != "inconclusive" {
			b.t.Errorf("row count of NATION: %+v, want it inconclusive", rows[0].RowCount)
		}
	case end == unchecked:
		if run.Outcome != "SUCCEEDED" || run.Check == nil || run.Check.Problem == "" {
			b.t.Errorf("record %+v, want a success, and why the check failed", run)
		}
	case answered:
		if run.Outcome != "SUCCEEDED" || run.Publication != records.PublicationDone {
			b.t.Errorf("record %+v, want a success whose tables are published", run)
		}
	case end == unpublished && (run.Publication != records.PublicationFailed || !strings.Contains(run.Reason, "readers")):
		b.t.Errorf("record %+v, want one that says what readers see", run)
	case run.Outcome == "SUCCEEDED" || run.Reason == "":
		b.t.Errorf("record %+v, want a failure with its reason", run)
	case end == notReady && aws.ToString(e.Error) != "NotReady":
		b.t.Errorf("error %s, want NotReady", aws.ToString(e.Error))
	}
}

// wantFixed checks that, some time after the fault ended, a run has one record and no task or lease is left. A failed run
// has an alert.
func (b *broken) wantFixed(outputs harness.Outputs, e *sfn.DescribeExecutionOutput, job string) {
	b.t.Helper()
	b.wantNothingLeft(outputs, "oralake-checked", job)
	runs := b.recordsOf(outputs, job, e.ExecutionArn)
	if len(runs) != 1 {
		b.t.Fatalf("records %+v, want one", runs)
	}
	if e.Status == sfntypes.ExecutionStatusSucceeded && runs[0].Outcome != "SUCCEEDED" {
		b.t.Errorf("the execution succeeded, and its record is %s: %s", runs[0].Outcome, runs[0].Reason)
	}
	alerted := slices.ContainsFunc(b.Alerts(outputs["AlertTopicArn"]), func(m sns.Message) bool {
		return strings.Contains(m.Text, aws.ToString(e.ExecutionArn))
	})
	if failed := runs[0].Outcome != "SUCCEEDED"; alerted != failed {
		b.t.Errorf("the record is %s, an alert was sent: %v", runs[0].Outcome, alerted)
	}
	if next := b.RunAfterOthers(outputs["StateMachineArn"], `{"job": "`+job+`"}`); next.Status != sfntypes.ExecutionStatusSucceeded {
		b.t.Errorf("the next run is %s: %s", next.Status, aws.ToString(next.Cause))
	}
}

// AWS refuses one kind of call of the functions permanently; the test repeats this for every kind. The run is recorded and
// leaves no task and no lease. If Prepare, Record or Delete needs the call, that happens once the call is allowed again.
func TestEachCallIsRefusedPermanently(t *testing.T) {
	db := sample(t)
	for _, job := range []string{"nightly", "live"} {
		d := loadFor(t, job)
		var calls []string
		synctest.Test(t, func(t *testing.T) {
			b := openBroken(t, db, way{})
			outputs := b.deployBroken(d)
			b.want(b.Run(outputs["StateMachineArn"], `{"job": "`+job+`"}`), sfntypes.ExecutionStatusSucceeded)
			calls = slices.Sorted(maps.Keys(b.calls))
		})
		if len(calls) < 15 {
			t.Errorf("job %s makes %d kinds of calls: %v", job, len(calls), calls)
		}
		for i, refused := range calls {
			if testing.Short() && i%5 > 0 {
				continue
			}
			t.Run(job+" "+refused, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := openBroken(t, db, way{call: func(function string, c gateway.Call) bool {
						return function+" "+c.Service+" "+c.Operation == refused
					}})
					outputs := b.deployBroken(d)
					e := b.Run(outputs["StateMachineArn"], `{"job": "`+job+`"}`)
					b.wantOnlyTheEnd(e.ExecutionArn)
					function, _, _ := strings.Cut(refused, " ")
					if !slices.Contains([]string{"Prepare", "Record", "Delete"}, function) {
						b.wantNothingLeft(outputs, "oralake-checked", job)
						if n := len(b.recordsOf(outputs, job, e.ExecutionArn)); n != 1 {
							t.Errorf("%d records, want one", n)
						}
					}
					time.Sleep(faultTime)
					b.wantBounded()
					b.turn(false)
					time.Sleep(2 * time.Hour)
					b.wantFixed(outputs, e, job)
				})
			})
		}
	}
}

// When SNS refuses an alert, the run still deletes its tasks and releases its lease. The alert is sent once SNS allows it.
func TestAlertIsRefusedPermanently(t *testing.T) {
	db, d := sample(t), loadChecked(t)
	d.Source.Check = department.CheckReport
	nightly := job(t, d, "nightly")
	nightly.Tables = append(nightly.Tables, department.Table{Schema: "SALES", Name: "INVOICE"})
	synctest.Test(t, func(t *testing.T) {
		b := openBroken(t, db, way{call: func(_ string, c gateway.Call) bool { return c.Operation == "Publish" }})
		outputs := b.deployBroken(d)
		e := b.Run(outputs["StateMachineArn"], `{"job": "nightly"}`)
		b.want(e, sfntypes.ExecutionStatusFailed)
		b.wantNothingLeft(outputs, "oralake-checked", "nightly")
		time.Sleep(faultTime)
		b.wantBounded()
		if runs := b.RunRecords(outputs, "nightly"); len(runs) != 1 || runs[0].Outcome != "PARTIAL" || runs[0].Alerted {
			t.Errorf("records %+v, want one PARTIAL without an alert", runs)
		}
		b.turn(false)
		time.Sleep(2 * time.Hour)
		messages := b.Alerts(outputs["AlertTopicArn"])
		if len(messages) != 1 || !strings.Contains(messages[0].Text, aws.ToString(e.ExecutionArn)) {
			t.Errorf("messages %+v, want one about the run", messages)
		}
	})
}
