package workflow_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
)

// start starts an execution and lets it get as far as it gets in a time.
func (a *testAccount) start(machine, input string, then time.Duration) string {
	a.t.Helper()
	out, err := a.states.StartExecution(a.t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Input: &input})
	if err != nil {
		a.t.Fatal(err)
	}
	time.Sleep(then)
	return aws.ToString(out.ExecutionArn)
}

func (a *testAccount) stop(execution string) {
	a.t.Helper()
	_, err := a.states.StopExecution(a.t.Context(), &sfn.StopExecutionInput{
		ExecutionArn: &execution, Cause: aws.String("the database team asked for it"),
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// runAfterSweep is run, again for as long as a sweep holds the job's lease.
func (a *testAccount) runAfterSweep(machine, input string) *sfn.DescribeExecutionOutput {
	a.t.Helper()
	for {
		e := a.run(machine, input)
		if e.Status != sfntypes.ExecutionStatusSucceeded || !strings.Contains(aws.ToString(e.Output), `"skipped"`) {
			return e
		}
		time.Sleep(time.Minute)
	}
}

// A run that a person stops, at whatever point, is recorded and leaves nothing, though no other run of its job follows.
func TestStoppedRunIsSweptUp(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	for _, after := range []time.Duration{
		30 * time.Second, 3 * time.Minute, 230 * time.Second, 270 * time.Second, 5 * time.Minute, 7 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			a := openAccount(t, db)
			outputs := a.deploy(d)
			execution := a.start(outputs["StateMachineArn"], `{"job": "daily-orders"}`, after)
			if e := a.describe(execution); e.Status != sfntypes.ExecutionStatusRunning {
				t.Fatalf("the run is %s after %v: there is nothing to stop", e.Status, after)
			}
			a.stop(execution)
			time.Sleep(30 * time.Minute)
			if left := a.tasks("oralake-sales", "daily-orders"); len(left) != 0 {
				t.Errorf("stopped after %v: %d replication tasks are left", after, len(left))
			}
			if held := a.lease(outputs, "daily-orders"); held != "" {
				t.Errorf("stopped after %v: the lease is still held by %s", after, held)
			}
			runs := a.runs(outputs, "daily-orders")
			if len(runs) != 1 || runs[0].Execution != execution {
				t.Fatalf("stopped after %v: records %+v, want one of the run that was stopped", after, runs)
			}
			recorded := runs[0].Outcome == "FAILED" && strings.Contains(runs[0].Reason, "the database team asked for it")
			// A run that had recorded itself before it was stopped needs no other record.
			if !recorded && runs[0].Outcome != "SUCCEEDED" && runs[0].Outcome != "PARTIAL" {
				t.Errorf("stopped after %v: outcome %s, reason %q", after, runs[0].Outcome, runs[0].Reason)
			}
		})
	}
}

// What the earlier run began under another definition is never taken for this run's.
func TestLeftoverOfAnotherDefinitionIsReplaced(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.deploy(d)
		machine := outputs["StateMachineArn"]
		a.stop(a.start(machine, `{"job": "daily-orders"}`, time.Minute)) // Its task is being created, without a filter.
		orders := &job(t, d, "daily-orders").Tables[0]
		orders.Filters = []department.Filter{{Column: "O_ORDERKEY", Operator: "lte", Value: "100"}}
		a.putManifest(d)
		e := a.runAfterSweep(machine, `{"job": "daily-orders"}`)
		a.want(e, sfntypes.ExecutionStatusSucceeded)
		var got int64
		for _, record := range a.tables(outputs, "SALES.ORDERS") {
			if record.Execution == aws.ToString(e.ExecutionArn) {
				got = record.Rows
			}
		}
		if got == 0 || got > 100 {
			t.Errorf("%d orders were loaded, want those up to key 100 only", got)
		}
	})
}

func TestRunIsGivenUpAtItsTimeLimit(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	job(t, d, "daily-orders").TimeLimitHours = 1
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		a.faults.hang = true
		outputs := a.deploy(d)
		began := time.Now()
		e := a.run(outputs["StateMachineArn"], `{"job": "daily-orders"}`)
		a.want(e, sfntypes.ExecutionStatusFailed)
		if got := aws.ToString(e.Error); got != "TimedOut" {
			t.Errorf("error %q, want TimedOut", got)
		}
		if took := time.Since(began); took > 90*time.Minute {
			t.Errorf("the run was given up after %v, want soon after an hour", took)
		}
		if left := a.tasks("oralake-sales", "daily-orders"); len(left) != 0 {
			t.Errorf("%d replication tasks are left, want none", len(left))
		}
	})
}

func TestFailedTaskIsKeptIfTheFileSaysSo(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	orders := job(t, d, "daily-orders")
	orders.KeepFailedTask = true
	orders.Tables = append(orders.Tables, department.Table{Schema: "SALES", Name: "INVOICE"})
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.deploy(d)
		machine := outputs["StateMachineArn"]
		a.want(a.run(machine, `{"job": "daily-orders"}`), sfntypes.ExecutionStatusFailed)
		if left := a.tasks("oralake-sales", "daily-orders"); len(left) != 1 || aws.ToString(left[0].Status) != "stopped" {
			t.Fatalf("tasks %+v, want the one that failed, stopped", left)
		}
		// The list is mended: the task of the wrong one is replaced, and gone after the success.
		orders.Tables = orders.Tables[:len(orders.Tables)-1]
		a.putManifest(d)
		a.want(a.run(machine, `{"job": "daily-orders"}`), sfntypes.ExecutionStatusSucceeded)
		if left := a.tasks("oralake-sales", "daily-orders"); len(left) != 0 {
			t.Errorf("%d replication tasks are left, want none", len(left))
		}
	})
}

func TestSomeTablesOfAJob(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.deploy(d)
		machine := outputs["StateMachineArn"]
		a.want(a.run(machine, `{"job": "daily-parts", "tables": ["SALES.NATION", "SALES.REGION"]}`), sfntypes.ExecutionStatusSucceeded)
		for table, want := range map[string]int{"SALES.NATION": 1, "SALES.REGION": 1, "SALES.PART": 0} {
			if got := len(a.tables(outputs, table)); got != want {
				t.Errorf("%d records of table %s, want %d", got, table, want)
			}
		}
		wrong := a.run(machine, `{"job": "daily-parts", "tables": ["SALES.NATIONS"]}`)
		a.want(wrong, sfntypes.ExecutionStatusFailed)
		if got := aws.ToString(wrong.Cause); !strings.Contains(got, "SALES.NATIONS") {
			t.Errorf("cause %q does not name the table that is not there", got)
		}
	})
}

func TestPeopleAreToldOnceOfAFailedRun(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	orders := job(t, d, "daily-orders")
	orders.Tables = append(orders.Tables, department.Table{Schema: "SALES", Name: "INVOICE"})
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.deploy(d)
		a.want(a.run(outputs["StateMachineArn"], `{"job": "daily-orders"}`), sfntypes.ExecutionStatusFailed)
		time.Sleep(10 * time.Minute) // The sweep that follows a failure finds nothing to say.
		messages := a.SNS.Messages(outputs["AlertTopicArn"])
		if len(messages) != 1 {
			t.Fatalf("%d messages, want 1", len(messages))
		}
		if got, want := messages[0].Subject, "oralake sales: daily-orders PARTIAL"; got != want {
			t.Errorf("subject %q, want %q", got, want)
		}
		for _, want := range []string{"SALES.INVOICE", "console.aws.amazon.com/states/home", "JOB#daily-orders"} {
			if !strings.Contains(messages[0].Text, want) {
				t.Errorf("message lacks %q:\n%s", want, messages[0].Text)
			}
		}
	})
}

// A stack is destroyed while jobs are at work, whatever they are at: nothing is left but data and records.
func TestDestroyInTheMiddle(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	for _, after := range []time.Duration{
		time.Second, time.Minute, 3 * time.Minute, 4 * time.Minute, 5 * time.Minute, 6 * time.Minute, 20 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			a := openAccount(t, db)
			outputs := a.deploy(d)
			a.start(outputs["StateMachineArn"], `{"job": "daily-parts"}`, 0)
			execution := a.start(outputs["StateMachineArn"], `{"job": "daily-orders"}`, after)
			running := a.describe(execution).Status == sfntypes.ExecutionStatusRunning
			stack := "oralake-sales"
			if _, err := a.stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: &stack}); err != nil {
				t.Fatal(err)
			}
			a.awaitGone(stack)
			if n := a.DMS.Tasks(); n != 0 {
				t.Errorf("destroyed after %v: %d replication tasks are left", after, n)
			}
			runs := a.runs(outputs, "daily-orders")
			if len(runs) != 1 {
				t.Fatalf("destroyed after %v (run at work: %v): records %+v, want one", after, running, runs)
			}
		})
	}
}
