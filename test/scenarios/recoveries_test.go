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
	"github.com/oralake/oralake/test/aws/eventbridge"
)

// running returns the running executions of a state machine.
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

// A person stops a recovery before or after it takes the lease. Another recovery then records the run and deletes its
// tasks.
func TestStoppedRecoveryIsFollowedByAnother(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	for _, after := range []time.Duration{time.Minute, recoveryDelay + 10*time.Second} {
		synctest.Test(t, func(t *testing.T) {
			a := openAccount(t, db)
			outputs := a.Deploy(d)
			machine := outputs["StateMachineArn"]
			time.Sleep(30 * time.Minute) // The schedule's first run of live-customers has ended.
			execution := a.Start(machine, `{"job": "daily-parts"}`, 4*time.Minute)
			a.stop(execution)
			time.Sleep(after)
			recoveries := a.running(machine)
			if len(recoveries) != 1 {
				t.Fatalf("%d executions run %v after the stop, want the recovery", len(recoveries), after)
			}
			a.stop(recoveries[0])
			time.Sleep(30 * time.Minute)
			if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
				t.Errorf("recovery stopped after %v: %d replication tasks are left", after, len(left))
			}
			if held := a.Lease(outputs, "daily-parts"); held != (records.Holder{}) {
				t.Errorf("recovery stopped after %v: the lease is still held by %s", after, held)
			}
			runs := a.RunRecords(outputs, "daily-parts")
			if len(runs) != 1 || runs[0].Execution != execution {
				t.Errorf("recovery stopped after %v: records %+v, want one of the run", after, runs)
			}
			if n := len(a.Alerts(outputs["AlertTopicArn"])); n != 1 {
				t.Errorf("recovery stopped after %v: %d messages, want 1", after, n)
			}
		})
	}
}

// recoveryDelay is how long a recovery waits for functions that a stop does not end.
const recoveryDelay = 5 * time.Minute

// A recovery that cannot read the manifest fails. Once S3 answers, the next recovery deletes the tasks.
func TestRecoveryWithoutManifestLeavesNothing(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		a.stop(a.Start(outputs["StateMachineArn"], `{"job": "daily-parts"}`, 4*time.Minute))
		a.network.cut("s3")
		time.Sleep(time.Hour)
		a.network.cut("")
		time.Sleep(time.Hour)
		if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
			t.Errorf("%d replication tasks are left", len(left))
		}
	})
}

// Each failed recovery starts the next one. They wait before they start, since the cause of the failures may last.
func TestFailingRecoveriesAreRare(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		time.Sleep(30 * time.Minute) // The schedule's first run of live-customers has ended.
		a.stop(a.Start(machine, `{"job": "daily-parts"}`, 4*time.Minute))
		began := time.Now()
		bucket, key, _ := strings.Cut(strings.TrimPrefix(outputs["ManifestLocation"], "s3://"), "/")
		a.Put(bucket, key, []byte("no manifest"))
		for time.Since(began) < 3*time.Hour {
			time.Sleep(time.Minute)
			recoveries := 0
			out, err := a.Machine.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &machine})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range out.Executions {
				if aws.ToTime(e.StartDate).After(began) && !a.isSearch(aws.ToString(e.ExecutionArn)) {
					recoveries++
				}
			}
			if recoveries > 30 { // some of them recover runs that the schedules started
				t.Fatalf("%d executions in %v", recoveries, time.Since(began))
			}
		}
		a.putManifest(d)
		time.Sleep(time.Hour)
		if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
			t.Errorf("%d replication tasks are left", len(left))
		}
	})
}

// isSearch reports whether an execution searches for orphans. The search fails, too, without a manifest; then a recovery follows that
// does nothing.
func (a *testAccount) isSearch(execution string) bool {
	a.t.Helper()
	input := aws.ToString(a.Describe(execution).Input)
	if _, recovered, ok := strings.Cut(input, `{"recover": "`); ok {
		return a.isSearch(strings.TrimSuffix(recovered, `"}`))
	}
	return strings.Contains(input, "findOrphans")
}

// When a run for some tables takes over an abandoned lease, it also deletes the tasks of the other tables.
func TestRunForSomeTablesTakesOver(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	job(t, d, "daily-parts").TablesPerTask = 1
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		abandoned := a.Start(machine, `{"job": "daily-parts"}`, 4*time.Minute)
		a.stop(abandoned)
		a.want(a.Run(machine, `{"job": "daily-parts", "tables": ["SALES.NATION"]}`), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(30 * time.Minute)
		if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
			t.Errorf("%d replication tasks are left", len(left))
		}
		alerted := false
		for _, m := range a.Alerts(outputs["AlertTopicArn"]) {
			alerted = alerted || strings.Contains(m.Text, abandoned)
		}
		if !alerted {
			t.Error("no alert is about the abandoned run")
		}
	})
}

// When SNS does not answer, the alert is sent later and is not lost.
func TestAlertIsSentLater(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		a.network.cut("sns")
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "nightly"}`), sfntypes.ExecutionStatusFailed)
		time.Sleep(time.Hour)
		a.network.cut("")
		time.Sleep(time.Hour)
		if n := len(a.Alerts(outputs["AlertTopicArn"])); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
	})
}

// The next run of a job takes the lease of a run that was stopped, before a recovery or the search for orphans does. People are alerted
// to the stopped run once, also if AWS loses the event that starts its recovery.
func TestNextRunAlertsToTheStoppedRun(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	for name, lost := range map[string]bool{"its event is lost": true, "its event arrives": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := openAccount(t, db)
				outputs := a.Deploy(d)
				machine := outputs["StateMachineArn"]
				time.Sleep(30 * time.Minute) // The schedule's first run of live-customers has ended.
				stopped := a.Start(machine, `{"job": "daily-parts"}`, time.Minute)
				a.Events.Lose(func(e eventbridge.Event) bool { return lost && strings.Contains(string(e.Detail), stopped) })
				a.stop(stopped)
				a.want(a.Run(machine, `{"job": "daily-parts"}`), sfntypes.ExecutionStatusSucceeded)
				time.Sleep(30 * time.Minute)
				var about []string
				for _, m := range a.Alerts(outputs["AlertTopicArn"]) {
					if strings.Contains(m.Text, stopped[strings.LastIndexByte(stopped, ':')+1:]) {
						about = append(about, m.Text)
					}
				}
				if len(about) != 1 || !strings.Contains(about[0], "the execution was stopped before the run was done") {
					t.Errorf("messages %q, want one that says that the run was stopped", about)
				}
				if runs := a.RunRecords(outputs, "daily-parts"); len(runs) != 2 || runs[0].Execution != stopped || !runs[0].Alerted {
					t.Errorf("records %+v, want that of the stopped run, with its alert, and that of the next run", runs)
				}
			})
		})
	}
}
