package scenarios_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/records"
)

// running are the executions of a state machine that run.
func (a *testAccount) running(machine string) []string {
	a.t.Helper()
	out, err := a.Machine.ListExecutions(a.t.Context(), &sfn.ListExecutionsInput{
		StateMachineArn: &machine, StatusFilter: sfntypes.ExecutionStatusRunning,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	var all []string
	for _, e := range out.Executions {
		all = append(all, aws.ToString(e.ExecutionArn))
	}
	return all
}

// A sweep that is stopped itself, before or after it took the lease, is followed by one that clears up after the run.
func TestSweepThatIsStoppedIsFollowed(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	for _, after := range []time.Duration{time.Minute, lateWork + 10*time.Second} {
		synctest.Test(t, func(t *testing.T) {
			a := openAccount(t, db)
			outputs := a.Deploy(d)
			machine := outputs["StateMachineArn"]
			time.Sleep(30 * time.Minute) // The schedule's first run of live-customers is over.
			execution := a.Start(machine, `{"job": "daily-parts"}`, 4*time.Minute)
			a.stop(execution)
			time.Sleep(after)
			sweeps := a.running(machine)
			if len(sweeps) != 1 {
				t.Fatalf("%d executions run %v after the stop, want the sweep", len(sweeps), after)
			}
			a.stop(sweeps[0])
			time.Sleep(30 * time.Minute)
			if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
				t.Errorf("sweep stopped after %v: %d replication tasks are left", after, len(left))
			}
			if held := a.Lease(outputs, "daily-parts"); held != (records.Holder{}) {
				t.Errorf("sweep stopped after %v: the lease is still held by %s", after, held)
			}
			runs := a.RunRecords(outputs, "daily-parts")
			if len(runs) != 1 || runs[0].Execution != execution {
				t.Errorf("sweep stopped after %v: records %+v, want one of the run", after, runs)
			}
			if n := len(a.SNS.Messages(outputs["AlertTopicArn"])); n != 1 {
				t.Errorf("sweep stopped after %v: %d messages, want 1", after, n)
			}
		})
	}
}

// lateWork is for how long the sweep waits for functions that a stop did not stop.
const lateWork = 5 * time.Minute

// A sweep that cannot read the manifest does not take that for a job without tasks.
func TestSweepWithoutManifestLeavesNothing(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		a.stop(a.Start(outputs["StateMachineArn"], `{"job": "daily-parts"}`, 4*time.Minute))
		a.unreachable = "s3"
		time.Sleep(time.Hour)
		a.unreachable = ""
		time.Sleep(time.Hour)
		if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
			t.Errorf("%d replication tasks are left", len(left))
		}
	})
}

// Each sweep that fails starts the next. What they fail for may last: they must not come one upon the other.
func TestSweepsThatFailBecomeRare(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		time.Sleep(30 * time.Minute) // The schedule's first run of live-customers is over.
		a.stop(a.Start(machine, `{"job": "daily-parts"}`, 4*time.Minute))
		began := time.Now()
		bucket, key, _ := strings.Cut(strings.TrimPrefix(outputs["ManifestLocation"], "s3://"), "/")
		a.Put(bucket, key, []byte("no manifest"))
		for time.Since(began) < 3*time.Hour {
			time.Sleep(time.Minute)
			sweeps := 0
			out, err := a.Machine.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &machine})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range out.Executions {
				if aws.ToTime(e.StartDate).After(began) {
					sweeps++
				}
			}
			if sweeps > 30 { // some of them follow the runs that the schedules start
				t.Fatalf("%d executions in %v", sweeps, time.Since(began))
			}
		}
		a.putManifest(d)
		time.Sleep(time.Hour)
		if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
			t.Errorf("%d replication tasks are left", len(left))
		}
	})
}

// When a run for some tables takes the lease from one that died, the tasks of the other tables go, too.
func TestRunForSomeTablesTakesOver(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	job(t, d, "daily-parts").TablesPerTask = 1
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		died := a.Start(machine, `{"job": "daily-parts"}`, 4*time.Minute)
		a.stop(died)
		a.want(a.Run(machine, `{"job": "daily-parts", "tables": ["SALES.NATION"]}`), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(30 * time.Minute)
		if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
			t.Errorf("%d replication tasks are left", len(left))
		}
		told := false
		for _, m := range a.SNS.Messages(outputs["AlertTopicArn"]) {
			told = told || strings.Contains(m.Text, died)
		}
		if !told {
			t.Error("nobody was told of the run that died")
		}
	})
}

// A topic that does not answer delays the message; it does not swallow it.
func TestPeopleAreToldLater(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		a.unreachable = "sns"
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "nightly"}`), sfntypes.ExecutionStatusFailed)
		time.Sleep(time.Hour)
		a.unreachable = ""
		time.Sleep(time.Hour)
		if n := len(a.SNS.Messages(outputs["AlertTopicArn"])); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
	})
}
