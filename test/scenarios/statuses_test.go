package scenarios_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// A run is stopped while its task works, in a status that DMS spells in its own way, or that nobody knows. The recovery stops the
// task before it deletes it: DMS refuses to delete a task that works.
func TestWorkingTaskIsStoppedBeforeItIsDeleted(t *testing.T) {
	db := sample(t)
	for _, status := range []string{"Running with errors", "running-with-errors", "RUNNING_WITH_ERRORS", "hibernating", "Error"} {
		t.Run(status, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := openScripted(t, db, script{takes: hourOfOrders, run: func(localdms.Task) localdms.RunFault {
					return localdms.RunFault{Odd: localdms.Odd{Status: status, At: 2 * time.Minute, For: time.Hour}}
				}})
				a.stop(a.begin())
				stopped := time.Now()
				time.Sleep(time.Hour)
				a.mu.Lock()
				defer a.mu.Unlock()
				if len(a.ended) != 1 || a.ended[0].Sub(stopped) > 15*time.Minute {
					t.Errorf("the task ended at %v, want within 15 minutes of %v", a.ended, stopped)
				}
				if n := len(a.TasksOf("oralake-sales", "daily-orders")); n != 0 {
					t.Errorf("%d tasks are left an hour after the stop", n)
				}
			})
		})
	}
}

// A full load with a table in error goes on loading the others: "running with errors" is a status of a running task.
func TestRunningWithErrorsIsRunning(t *testing.T) {
	db := sample(t)
	synctest.Test(t, func(t *testing.T) {
		a := openScripted(t, db, script{takes: hourOfOrders, run: func(localdms.Task) localdms.RunFault {
			return localdms.RunFault{Odd: localdms.Odd{Status: "Running with errors", At: 2 * time.Minute, For: 30 * time.Minute}}
		}})
		a.wantLoads(a.begin(), []string{startsFirst}, map[string]int{"ORDERS": 1, "CUSTOMER": 1, "LINEITEM": 1})
	})
}

// A status that DMS does not document may be that of a task that works: the run waits for it, and says so in the end.
func TestUnknownStatusIsWaitedFor(t *testing.T) {
	db := sample(t)
	for _, test := range []struct {
		lasts time.Duration
		want  sfntypes.ExecutionStatus
	}{{time.Hour, sfntypes.ExecutionStatusSucceeded}, {20 * time.Hour, sfntypes.ExecutionStatusFailed}} {
		t.Run(test.lasts.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := openScripted(t, db, script{run: func(localdms.Task) localdms.RunFault {
					return localdms.RunFault{Odd: localdms.Odd{Status: "Assessing", At: time.Second, For: test.lasts}}
				}})
				e := a.Await(a.begin())
				a.want(e, test.want)
				if cause := aws.ToString(e.Cause); test.want == sfntypes.ExecutionStatusFailed &&
					(aws.ToString(e.Error) != "HeldUp" || !strings.Contains(cause, `"assessing"`)) {
					t.Errorf("error %s: %s; want HeldUp and the status", aws.ToString(e.Error), cause)
				}
			})
		})
	}
}

// DMS assesses each task for some minutes before it starts it: a full load, and a task that follows changes through a deploy of
// another table.
func TestAssessmentBeforeAStart(t *testing.T) {
	db := sample(t)
	assessed := script{run: func(localdms.Task) localdms.RunFault { return localdms.RunFault{Assessment: 15 * time.Minute} }}
	synctest.Test(t, func(t *testing.T) {
		a := openScripted(t, db, assessed)
		a.wantLoads(a.begin(), []string{startsFirst}, map[string]int{"ORDERS": 1, "CUSTOMER": 1, "LINEITEM": 1})
	})
	first := synthesize(t, `  tail: {type: full-load-and-cdc, tables: [SALES.REGION]}`+"\n", "")
	second := synthesize(t, `  tail: {type: full-load-and-cdc, tables: [SALES.REGION, SALES.SUPPLIER]}`+"\n", "")
	written := writable(t)
	synctest.Test(t, func(t *testing.T) {
		a := harness.Open(t, written, harness.Options{DMS: localdms.Options{Faults: assessed}})
		outputs := a.DeployTemplate(first.department, first.template)
		time.Sleep(10 * time.Minute) // The task is being assessed.
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		follows(t, a, "tail")
		wantLoaded(t, a, outputs, written, "SUPPLIER")
	})
}

// DMS shows an error of a task that captures changes all the same. A deploy that needs the task stopped stops it.
func TestDeployStopsATaskThatWorksInError(t *testing.T) {
	const job = `  tail: {type: full-load-and-cdc, tables: [SALES.REGION]}` + "\n"
	first := synthesize(t, job, "")
	second := synthesize(t, job, "lake: {cdcMaxBatchSeconds: 120}\n")
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		a := harness.Open(t, db, harness.Options{DMS: localdms.Options{
			Faults: script{run: func(localdms.Task) localdms.RunFault {
				return localdms.RunFault{Odd: localdms.Odd{Status: "Error", At: 20 * time.Minute, For: time.Hour}}
			}},
		}})
		a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		if status := aws.ToString(task(t, a, "tail").Status); status != "Error" {
			t.Fatalf("the task is %s", status)
		}
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
	})
}

// A task that is being assessed is not stopped: a deploy that needs it stopped waits until it is.
func TestDeployWaitsForAnAssessedTask(t *testing.T) {
	const job = `  tail: {type: full-load-and-cdc, tables: [SALES.REGION]}` + "\n"
	first := synthesize(t, job, "")
	second := synthesize(t, job, "lake: {cdcMaxBatchSeconds: 120}\n")
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		a := harness.Open(t, db, harness.Options{DMS: localdms.Options{
			Faults: script{run: func(localdms.Task) localdms.RunFault { return localdms.RunFault{Assessment: 10 * time.Minute} }},
		}})
		a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		arn := arn(follows(t, a, "tail"))
		if _, err := a.Tasks.StopReplicationTask(t.Context(), &awsdms.StopReplicationTaskInput{ReplicationTaskArn: &arn}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if _, err := a.Tasks.StartReplicationTask(t.Context(), &awsdms.StartReplicationTaskInput{
			ReplicationTaskArn: &arn, StartReplicationTaskType: "resume-processing",
		}); err != nil {
			t.Fatal(err)
		}
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settled)
		follows(t, a, "tail")
	})
}

// DMS may call a modified task ready, stopped or failed. The run resumes it in each case.
func TestModifiedTaskIsResumedWhateverItsStatus(t *testing.T) {
	first := synthesize(t, `  tail: {type: full-load-and-cdc, tables: [SALES.REGION]}`+"\n", "")
	second := synthesize(t, `  tail: {type: full-load-and-cdc, tables: [SALES.REGION, SALES.SUPPLIER]}`+"\n", "")
	for _, status := range []string{"ready", "stopped", "failed"} {
		db := writable(t)
		synctest.Test(t, func(t *testing.T) {
			a := harness.Open(t, db, harness.Options{DMS: localdms.Options{Faults: script{modify: localdms.ModifyFault{Status: status}}}})
			outputs := a.DeployTemplate(first.department, first.template)
			time.Sleep(settled)
			if err := a.Update(second.department, second.template); err != nil {
				t.Fatal(err)
			}
			time.Sleep(settled)
			follows(t, a, "tail")
			wantLoaded(t, a, outputs, db, "SUPPLIER")
		})
	}
}

// The answer to a start is lost, and the SDK's second call arrives when the load has ended. DMS refuses it with
// InvalidParameterCombination: that is no failure of the run.
func TestSecondStartLooksBeforeItFails(t *testing.T) {
	db := sample(t)
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		starts := 0
		a := &testAccount{t: t, faults: &faults{}}
		a.Account = harness.Open(t, db, harness.Options{Disturb: func(c gateway.Call) (d gateway.Disturbance) {
			if c.Operation != "StartReplicationTask" {
				return d
			}
			mu.Lock()
			defer mu.Unlock()
			starts++
			return gateway.Disturbance{Lost: starts == 1, Before: time.Duration(starts-1) * 4 * time.Minute}
		}})
		outputs := a.DeployTemplate(load(t, "sales"), []byte(edit(t, without("live-customers", "daily-orders", "daily-parts"))))
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`), sfntypes.ExecutionStatusSucceeded)
		if starts != 2 {
			t.Fatalf("DMS was asked for %d starts, want two", starts)
		}
	})
}

// The end of a reload is seen in every way in which DMS may show it.
func TestReloadEndsHoweverDMSShowsIt(t *testing.T) {
	for _, test := range []struct {
		name     string
		unknowns localdms.Unknowns
		edit     func(*department.Job)
	}{
		{"full-load times are not renewed", localdms.Unknowns{KeepsLoadTimes: true}, asItIs},
		{"tables of a cdc task are called something else", localdms.Unknowns{CDCTableState: "Replicating"}, cdcOnly(new(true))},
		{"tables of a cdc task stay before their load", localdms.Unknowns{CDCTableState: "Before load"}, cdcOnly(new(true))},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := writable(t)
			synctest.Test(t, func(t *testing.T) {
				f := openFollowingWith(t, db, harness.Options{DMS: localdms.Options{Unknowns: test.unknowns}}, test.edit)
				if err := db.Truncate(t.Context(), oracledb.Table{Schema: "SALES", Name: "CUSTOMER"}); err != nil {
					t.Fatal(err)
				}
				f.customers(1, 2)
				time.Sleep(batch)
				began := time.Now()
				f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
				if took := time.Since(began); took > time.Hour {
					t.Errorf("the run took %v, want minutes", took)
				}
				f.wantEqual("CUSTOMER")
			})
		})
	}
}

// Completed is not complete: DMS loses the source during a load and reports the tables as complete. The record claims no more than
// that DMS reports it, and that as many rows are in the files. With verify: counts the tables are found, and fail.
func TestCompletedIsNotComplete(t *testing.T) {
	db := sample(t)
	lost := script{table: func(table string) localdms.TableFault {
		if table == "ORDERS" {
			return localdms.TableFault{Kind: localdms.TableSourceLost}
		}
		return localdms.TableFault{}
	}}
	synctest.Test(t, func(t *testing.T) {
		a := openScripted(t, db, lost)
		a.want(a.Await(a.begin()), sfntypes.ExecutionStatusSucceeded)
		if r := a.lastRun(a.outputs, "daily-orders"); r.Proof != "footers" {
			t.Errorf("the proof of the run is %q, want that DMS reports what is in the files", r.Proof)
		}
		if r := a.TableRecords(a.outputs, "SALES.ORDERS")[0]; !r.Good || r.Proof != "footers" || r.RowCount != nil {
			t.Errorf("record %+v of ORDERS, want it good as DMS and the files say", r)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a := &testAccount{t: t, faults: &faults{}}
		a.Account = harness.Open(t, db, harness.Options{DMS: localdms.Options{Faults: lost}})
		outputs := a.Deploy(loadChecked(t))
		a.want(a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "nightly"}`), sfntypes.ExecutionStatusFailed)
		r := a.lastRun(outputs, "nightly")
		if r.Outcome != "PARTIAL" || r.Proof != "counted" {
			t.Errorf("the run is %s, proof %q; want PARTIAL, and the other tables counted", r.Outcome, r.Proof)
		}
		if r := a.TableRecords(outputs, "SALES.ORDERS")[0]; r.Good || r.Proof != "" || r.RowCount == nil || r.RowCount.Status != "differing" {
			t.Errorf("record %+v of ORDERS, want its count differing and no proof", r)
		}
		nation := a.TableRecords(outputs, "SALES.NATION")[0]
		count := nation.RowCount
		if !nation.Good || nation.Proof != "counted" || count == nil || count.By == "" || count.CountedAt == nil || count.SCN == 0 || count.Before == nil {
			content, _ := json.Marshal(nation)
			t.Errorf("record %s of NATION, want it counted, with who counted what and when", content)
		}
	})
}
