package scenarios_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// The request of a person meets another run of its job. It waits for that run, and is then done.
func TestRequestWaitsForAnotherRun(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		machine := f.outputs["StateMachineArn"]
		f.stopTask()
		other := f.Start(machine, `{"job": "live-customers"}`, 20*time.Second) // It resumes the task.
		request := f.Start(machine, `{"job": "live-customers", "reload": ["SALES.CUSTOMER"]}`, time.Second)
		skipped := f.Run(machine, `{"job": "live-customers"}`)
		if f.Describe(other).Status != sfntypes.ExecutionStatusRunning || f.Describe(request).Status != sfntypes.ExecutionStatusRunning {
			t.Fatal("the run or the request has ended, want the request to wait for the run")
		}
		if f.want(skipped, sfntypes.ExecutionStatusSucceeded); !strings.Contains(aws.ToString(skipped.Output), `"skipped"`) {
			t.Errorf("a run that names only its job ended with %s, want it skipped", aws.ToString(skipped.Output))
		}
		f.want(f.Await(other), sfntypes.ExecutionStatusSucceeded)
		f.want(f.Await(request), sfntypes.ExecutionStatusSucceeded)
		if n := f.calls.of("ReloadTables"); n != 1 {
			t.Errorf("tables were reloaded %d times, want once, as requested", n)
		}
		if r := f.last(); r.Execution != request || r.Outcome != "SUCCEEDED" {
			t.Errorf("record %+v, want that of the request", r)
		}
	})
}

// The load of some tables, as a person requests it, waits for a full load. It does not count what that load did as its own.
func TestRequestedTablesWaitForAnotherLoad(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		first := a.Start(machine, `{"job": "daily-orders"}`, time.Minute)
		second := a.Start(machine, `{"job": "daily-orders", "tables": ["SALES.ORDERS"]}`, 0)
		a.want(a.Await(first), sfntypes.ExecutionStatusSucceeded)
		loaded := time.Now()
		a.want(a.Await(second), sfntypes.ExecutionStatusSucceeded)
		for _, r := range a.TableRecords(outputs, "SALES.ORDERS") {
			if r.Execution == second && (r.LoadStartedAt == nil || r.LoadStartedAt.Before(loaded)) {
				t.Errorf("the requested load started at %v, before the other run ended at %v", r.LoadStartedAt, loaded)
			}
		}
		if n := len(a.RunRecords(outputs, "daily-orders")); n != 2 {
			t.Errorf("%d records of runs, want 2", n)
		}
	})
}

// A request that does not get the lease in time fails. Its record and its alert name who holds the lease.
func TestRequestEndsAsNotDone(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		time.Sleep(10 * time.Minute)
		now := time.Now()
		if _, err := records.HoldForDeploy(t.Context(), f.Records, f.outputs["StatsTable"], "live-customers", now.Add(3*time.Hour), now); err != nil {
			t.Fatal(err)
		}
		before := len(f.Alerts(f.outputs["AlertTopicArn"]))
		e := f.Run(f.outputs["StateMachineArn"], `{"job": "live-customers", "reload": ["SALES.CUSTOMER"]}`)
		f.want(e, sfntypes.ExecutionStatusFailed)
		const want = "another holder: a deploy, until "
		if cause := aws.ToString(e.Cause); aws.ToString(e.Error) != run.ErrorLeaseHeld || !strings.Contains(cause, want) {
			t.Errorf("the request failed with %s: %q, want %q", aws.ToString(e.Error), cause, want)
		}
		if waited := e.StopDate.Sub(*e.StartDate); waited < time.Hour || waited > 2*time.Hour {
			t.Errorf("the request waited %v, want about an hour", waited)
		}
		if r := f.last(); r.Execution != aws.ToString(e.ExecutionArn) || r.Outcome != "FAILED" || !strings.Contains(r.Reason, want) {
			t.Errorf("record %+v, want the failure with the holder", r)
		}
		if n := len(f.Alerts(f.outputs["AlertTopicArn"])) - before; n != 1 {
			t.Errorf("%d alerts, want one", n)
		}
		if holder := f.Lease(f.outputs, "live-customers"); !holder.IsDeploy() {
			t.Errorf("the lease is held by %v, want the deploy as before", holder)
		}
	})
}
