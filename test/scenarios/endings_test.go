package scenarios_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
)

// When a person stops a run at any point, a recovery records it, deletes its tasks and releases its lease.
func TestStoppedRunIsRecovered(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	for _, after := range []time.Duration{
		30 * time.Second, 3 * time.Minute, 230 * time.Second, 270 * time.Second, 5 * time.Minute, 7 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			a := openAccount(t, db)
			outputs := a.Deploy(d)
			execution := a.Start(outputs["StateMachineArn"], `{"job": "daily-orders"}`, after)
			if e := a.Describe(execution); e.Status != sfntypes.ExecutionStatusRunning {
				t.Fatalf("the run is %s after %v: want it running", e.Status, after)
			}
			a.stop(execution)
			time.Sleep(30 * time.Minute)
			if left := a.TasksOf("oralake-sales", "daily-orders"); len(left) != 0 {
				t.Errorf("stopped after %v: %d replication tasks are left", after, len(left))
			}
			if held := a.Lease(outputs, "daily-orders"); held != (records.Holder{}) {
				t.Errorf("stopped after %v: the lease is still held by %s", after, held)
			}
			runs := a.RunRecords(outputs, "daily-orders")
			if len(runs) != 1 || runs[0].Execution != execution {
				t.Fatalf("stopped after %v: records %+v, want one of the run that was stopped", after, runs)
			}
			recorded := runs[0].Outcome == "FAILED" && strings.Contains(runs[0].Reason, "the database team asked for it")
			// A run that recorded itself before the stop gets no second record.
			if !recorded && runs[0].Outcome != "SUCCEEDED" && runs[0].Outcome != "PARTIAL" {
				t.Errorf("stopped after %v: outcome %s, reason %q", after, runs[0].Outcome, runs[0].Reason)
			}
		})
	}
}

// A task that an earlier run created from another definition of the job is replaced.
func TestTaskOfAnotherDefinitionIsReplaced(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		a.stop(a.Start(machine, `{"job": "daily-orders"}`, time.Minute)) // Its task is being created, without a filter.
		orders := &job(t, d, "daily-orders").Tables[0]
		orders.Filters = []department.Filter{{Column: "O_ORDERKEY", Operator: "lte", Value: "100"}}
		a.putManifest(d)
		e := a.RunAfterOthers(machine, `{"job": "daily-orders"}`)
		a.want(e, sfntypes.ExecutionStatusSucceeded)
		var got int64
		for _, record := range a.TableRecords(outputs, "SALES.ORDERS") {
			if record.Execution == aws.ToString(e.ExecutionArn) {
				got = record.Rows
			}
		}
		if got == 0 || got > 100 {
			t.Errorf("%d orders were loaded, want those up to key 100 only", got)
		}
	})
}

func TestRunFailsAtItsTimeLimit(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	job(t, d, "daily-orders").TimeLimitHours = 1
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		a.faults.set(func(f *faults) { f.hang = true })
		outputs := a.Deploy(d)
		began := time.Now()
		e := a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`)
		a.want(e, sfntypes.ExecutionStatusFailed)
		if got := aws.ToString(e.Error); got != "TimedOut" {
			t.Errorf("error %q, want TimedOut", got)
		}
		if took := time.Since(began); took > 90*time.Minute {
			t.Errorf("the run failed after %v, want soon after an hour", took)
		}
		if left := a.TasksOf("oralake-sales", "daily-orders"); len(left) != 0 {
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
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		a.want(a.Run(machine, `{"job": "daily-orders"}`), sfntypes.ExecutionStatusFailed)
		if left := a.TasksOf("oralake-sales", "daily-orders"); len(left) != 1 || aws.ToString(left[0].Status) != "stopped" {
			t.Fatalf("tasks %+v, want the one that failed, stopped", left)
		}
		// The list of tables is correct again: the run replaces the kept task and deletes its own after the success.
		orders.Tables = orders.Tables[:len(orders.Tables)-1]
		a.putManifest(d)
		a.want(a.Run(machine, `{"job": "daily-orders"}`), sfntypes.ExecutionStatusSucceeded)
		if left := a.TasksOf("oralake-sales", "daily-orders"); len(left) != 0 {
			t.Errorf("%d replication tasks are left, want none", len(left))
		}
	})
}

func TestSomeTablesOfAJob(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		a.want(a.Run(machine, `{"job": "daily-parts", "tables": ["SALES.NATION", "SALES.REGION"]}`), sfntypes.ExecutionStatusSucceeded)
		for table, want := range map[string]int{"SALES.NATION": 1, "SALES.REGION": 1, "SALES.PART": 0} {
			if got := len(a.TableRecords(outputs, table)); got != want {
				t.Errorf("%d records of table %s, want %d", got, table, want)
			}
		}
		wrong := a.Run(machine, `{"job": "daily-parts", "tables": ["SALES.NATIONS"]}`)
		a.want(wrong, sfntypes.ExecutionStatusFailed)
		if got := aws.ToString(wrong.Cause); !strings.Contains(got, "SALES.NATIONS") {
			t.Errorf("cause %q does not name the table that is not there", got)
		}
	})
}

func TestFailedRunSendsOneAlert(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	orders := job(t, d, "daily-orders")
	orders.Tables = append(orders.Tables, department.Table{Schema: "SALES", Name: "INVOICE"})
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`), sfntypes.ExecutionStatusFailed)
		time.Sleep(10 * time.Minute) // The recovery after the failure sends no second alert.
		messages := a.Alerts(outputs["AlertTopicArn"])
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

// A stack is deleted during runs, at different points of them: only data and records are left.
func TestDestroyDuringRuns(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	for _, after := range []time.Duration{
		time.Second, time.Minute, 3 * time.Minute, 4 * time.Minute, 5 * time.Minute, 6 * time.Minute, 20 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			a := openAccount(t, db)
			outputs := a.Deploy(d)
			a.Start(outputs["StateMachineArn"], `{"job": "daily-parts"}`, 0)
			execution := a.Start(outputs["StateMachineArn"], `{"job": "daily-orders"}`, after)
			running := a.Describe(execution).Status == sfntypes.ExecutionStatusRunning
			stack := "oralake-sales"
			a.Destroy(stack)
			if err := a.AwaitGone(stack); err != nil {
				t.Fatal(err)
			}
			if n := a.DMS.Tasks(); n != 0 {
				t.Errorf("destroyed after %v: %d replication tasks are left", after, n)
			}
			runs := a.RunRecords(outputs, "daily-orders")
			if len(runs) != 1 {
				t.Fatalf("destroyed after %v (run in progress: %v): records %+v, want one", after, running, runs)
			}
		})
	}
}
