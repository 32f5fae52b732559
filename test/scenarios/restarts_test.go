package scenarios_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// script says how long full loads of tables take, and what goes wrong with runs of tasks.
type script struct {
	localdms.NoFaults
	takes  map[string]time.Duration // by table
	run    func(localdms.Task) localdms.RunFault
	table  func(table string) localdms.TableFault
	modify localdms.ModifyFault
}

func (s script) Run(t localdms.Task) localdms.RunFault {
	if s.run == nil {
		return localdms.RunFault{}
	}
	return s.run(t)
}

func (s script) Table(t localdms.Task, _, table string) localdms.TableFault {
	if s.table != nil {
		return s.table(table)
	}
	if t.MigrationType == "cdc" {
		return localdms.TableFault{}
	}
	return localdms.TableFault{Takes: s.takes[table]}
}

func (s script) Modify(localdms.Task) localdms.ModifyFault { return s.modify }

// scripted is an account with the department sales, in which DMS does what a script says.
type scripted struct {
	*testAccount
	db      *oracledb.Database
	outputs harness.Outputs

	mu     sync.Mutex
	starts []string       // start types of the task of daily-orders, DMS's own among them
	ended  []time.Time    // ends of its runs
	calls  int            // of StartReplicationTask
	loaded map[string]int // how often each table of daily-orders was loaded completely
}

func openScripted(t *testing.T, db *oracledb.Database, s script) *scripted {
	t.Helper()
	a := &scripted{testAccount: &testAccount{t: t, faults: &faults{}}, db: db, loaded: map[string]int{}}
	a.Account = harness.Open(t, db, harness.Options{DMS: localdms.Options{Faults: s, Observe: a.observe}})
	a.outputs = a.DeployTemplate(load(t, "sales"), []byte(edit(t, without("live-customers", "daily-orders", "daily-parts"))))
	a.Gateway.Observe(func(c gateway.Call) {
		if c.Operation == "StartReplicationTask" {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.calls++
		}
	})
	return a
}

func (a *scripted) observe(e localdms.Event) {
	if !strings.HasPrefix(e.Task.Identifier, "oralake-sales-daily-orders") {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if e.Kind == localdms.TaskStarting {
		a.starts = append(a.starts, e.Start)
	}
	if e.Kind == localdms.TaskEnded {
		a.ended = append(a.ended, e.Time)
	}
	for _, run := range e.Tables {
		if run.Complete && !run.Kept {
			a.loaded[run.Table]++
		}
	}
}

// begin starts the job daily-orders and lets half an hour of its load pass.
func (a *scripted) begin() (execution string) {
	a.t.Helper()
	return a.Start(a.outputs["StateMachineArn"], `{"job": "daily-orders"}`, 35*time.Minute)
}

// interrupt begins an outage of the replication instance.
func (a *scripted) interrupt(o localdms.Outage) {
	a.t.Helper()
	if err := a.DMS.Interrupt(a.outputs["ReplicationInstanceArn"], o); err != nil {
		a.t.Fatal(err)
	}
}

// wantLoads checks that an execution succeeds, how its task was started, and how often each table was loaded.
func (a *scripted) wantLoads(execution string, starts []string, loaded map[string]int) {
	a.t.Helper()
	a.want(a.Await(execution), sfntypes.ExecutionStatusSucceeded)
	if !slices.Equal(a.starts, starts) {
		a.t.Errorf("the task was started by %v, want %v", a.starts, starts)
	}
	for table, want := range loaded {
		if a.loaded[table] != want {
			a.t.Errorf("%s was loaded %d times, want %d", table, a.loaded[table], want)
		}
		d, _ := a.Proof(a.outputs, a.db, "full", oracledb.Table{Schema: "SALES", Name: table})
		if !d.Equal() {
			a.t.Errorf("%s: %d rows missing, %d too many", table, d.Missing, d.Extra)
		}
	}
}

// hourOfOrders makes the load of ORDERS take an hour. The other tables of daily-orders take seconds.
var hourOfOrders = map[string]time.Duration{"ORDERS": time.Hour}

const (
	startsFirst = "start-replication"
	resumes     = "resume-processing"
)

// Maintenance interrupts a full load, and DMS restarts it. Tables that were complete by then are kept, and StartDate moves: they
// count, since they were loaded in this run.
func TestLoadGoesOnAfterMaintenance(t *testing.T) {
	db := sample(t)
	for _, shown := range []localdms.End{
		{Reason: "RECONFIGURATION_RESTART"},
		{Reason: "RECYCLE_TASK"},
		{Reason: "NORMAL"},
		{Status: "failed"},
		{Status: "failed", Reason: "RECYCLE_TASK"},
		{Status: "failed", Reason: "RECOVERABLE_ERROR"},
	} {
		t.Run(shown.Status+" "+shown.Reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := openScripted(t, db, script{takes: hourOfOrders})
				execution := a.begin()
				a.interrupt(localdms.Outage{Status: "upgrading", For: 40 * time.Minute, Shown: shown})
				a.wantLoads(execution, []string{startsFirst, resumes}, map[string]int{"ORDERS": 1, "CUSTOMER": 1, "LINEITEM": 1})
				if a.calls != 1 {
					t.Errorf("the run started the task %d times, want once: DMS restarts it", a.calls)
				}
			})
		})
	}
}

// A reboot breaks a full load: the run resumes it once, and only the tables that were not complete are loaded again. No poll may see
// the instance reboot.
func TestLoadBrokenByARebootIsResumed(t *testing.T) {
	db := sample(t)
	for _, takes := range []time.Duration{time.Second, 30 * time.Minute} {
		for _, reason := range []string{"FATAL_ERROR", "RECOVERABLE_ERROR"} {
			t.Run(takes.String()+" "+reason, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := openScripted(t, db, script{takes: hourOfOrders})
					execution := a.begin()
					a.interrupt(localdms.Outage{Status: "rebooting", For: takes, Breaks: true, Shown: localdms.End{Reason: reason}})
					a.wantLoads(execution, []string{startsFirst, resumes}, map[string]int{"ORDERS": 1, "CUSTOMER": 1, "LINEITEM": 1})
					if tasks := a.TaskRecords(a.outputs, "oralake-sales-daily-orders-1"); len(tasks) != 1 || tasks[0].BrokenStart == nil {
						t.Errorf("records %+v of the task, want one with the start of the load that broke", tasks)
					}
				})
			})
		}
	}
}

// A full load that breaks again after it was resumed has failed. The tables that are complete are good.
func TestLoadIsResumedOnlyOnce(t *testing.T) {
	db := sample(t)
	synctest.Test(t, func(t *testing.T) {
		a := openScripted(t, db, script{takes: hourOfOrders})
		execution := a.begin()
		reboot := localdms.Outage{Status: "rebooting", For: time.Minute, Breaks: true}
		a.interrupt(reboot)
		time.Sleep(30 * time.Minute)
		a.interrupt(reboot)
		a.want(a.Await(execution), sfntypes.ExecutionStatusFailed)
		r := a.lastRun(a.outputs, "daily-orders")
		if r.Outcome != "PARTIAL" || !strings.Contains(r.Reason, "resumed its load once") || !strings.Contains(r.Reason, "SALES.ORDERS") {
			t.Errorf("record %s: %s; want PARTIAL, with ORDERS not loaded although the load was resumed", r.Outcome, r.Reason)
		}
	})
}

// A table joins a cdc job, and a reboot breaks the task that loads it. The run does not see the instance rebooting, but DMS reports an
// event of it: the run resumes the load.
func TestBrokenLoadOfAnAddedTableIsResumed(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := &following{testAccount: &testAccount{t: t, faults: &faults{}}, db: db, d: load(t, "sales")}
		f.Account = harness.Open(t, db, harness.Options{DMS: localdms.Options{
			Faults: script{takes: map[string]time.Duration{"SUPPLIER": time.Hour}},
		}})
		cdcOnly(new(true))(job(t, f.d, "live-customers"))
		f.outputs = f.Deploy(f.d)
		time.Sleep(30 * time.Minute)
		f.manyChanges()
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.edit(func(j *department.Job) { j.Tables = append(j.Tables, tableOf("SUPPLIER")) })
		execution := f.Start(f.outputs["StateMachineArn"], `{"job": "live-customers"}`, 35*time.Minute)
		if err := f.DMS.Interrupt(f.outputs["ReplicationInstanceArn"], localdms.Outage{Status: "rebooting", For: 30 * time.Second, Breaks: true}); err != nil {
			t.Fatal(err)
		}
		f.want(f.Await(execution), sfntypes.ExecutionStatusSucceeded)
		f.wantEqual("SUPPLIER")
	})
}

// A full load that failed without an outage of the instance is not resumed.
func TestLoadThatFailedIsNotResumed(t *testing.T) {
	db := sample(t)
	synctest.Test(t, func(t *testing.T) {
		a := openScripted(t, db, script{run: func(task localdms.Task) localdms.RunFault {
			if task.MigrationType != "full-load" {
				return localdms.RunFault{}
			}
			return localdms.RunFault{Tables: 1, End: localdms.End{After: time.Minute, Status: "failed"}}
		}})
		a.want(a.Await(a.begin()), sfntypes.ExecutionStatusFailed)
		if len(a.starts) != 1 {
			t.Errorf("the task was started by %v, want once", a.starts)
		}
	})
}

// DMS recycles a task: it stops it and starts it again by itself, while the instance is available. If it does not, the run resumes
// the task.
func TestRecycledTask(t *testing.T) {
	db := sample(t)
	for _, restartIn := range []time.Duration{time.Minute, 20 * time.Minute, 0} {
		t.Run(restartIn.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := openScripted(t, db, script{takes: hourOfOrders})
				execution := a.begin()
				if err := a.DMS.Recycle("oralake-sales-daily-orders-1", "RECYCLE_TASK", restartIn); err != nil {
					t.Fatal(err)
				}
				a.wantLoads(execution, []string{startsFirst, resumes}, map[string]int{"ORDERS": 1, "CUSTOMER": 1, "LINEITEM": 1})
				if byRun := restartIn == 0; (a.calls == 2) != byRun {
					t.Errorf("the run started the task %d times, restart by the run: %v", a.calls, byRun)
				}
			})
		})
	}
}

// A run begins during maintenance: DMS creates and starts no task. The run waits.
func TestRunBeginsDuringMaintenance(t *testing.T) {
	db := sample(t)
	synctest.Test(t, func(t *testing.T) {
		a := openScripted(t, db, script{})
		a.interrupt(localdms.Outage{Status: "upgrading", For: time.Hour})
		began := time.Now()
		a.want(a.Run(a.outputs["StateMachineArn"], `{"job": "daily-orders"}`), sfntypes.ExecutionStatusSucceeded)
		if took := time.Since(began); took > 90*time.Minute {
			t.Errorf("the run took %v, want soon after the hour of maintenance", took)
		}
	})
}

// The instance does not come back: the run fails in the end and says so.
func TestInstanceThatDoesNotComeBack(t *testing.T) {
	db := sample(t)
	synctest.Test(t, func(t *testing.T) {
		a := openScripted(t, db, script{takes: hourOfOrders})
		execution := a.begin()
		a.interrupt(localdms.Outage{Status: "storage-full", For: 5 * time.Hour, Breaks: true})
		e := a.Await(execution)
		a.want(e, sfntypes.ExecutionStatusFailed)
		if cause := aws.ToString(e.Cause); aws.ToString(e.Error) != "HeldUp" || !strings.Contains(cause, `"storage-full"`) {
			t.Errorf("error %s: %s; want HeldUp and the instance's status", aws.ToString(e.Error), cause)
		}
	})
}

// During a reboot the task that follows changes is not running, and DMS resumes it afterwards. A run waits for that: it starts
// nothing itself, and the task does not count as one that does not keep running.
func TestFollowedTaskIsResumedByDMS(t *testing.T) {
	db := writable(t)
	for _, o := range []localdms.Outage{
		{Status: "rebooting", Breaks: true, Shown: localdms.End{Status: "failed"}},
		{Status: "upgrading", Shown: localdms.End{Reason: "RECONFIGURATION_RESTART"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := openFollowing(t, db, asItIs)
			f.manyChanges()
			time.Sleep(batch)
			f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
			o.For = 50 * time.Minute
			if err := f.DMS.Interrupt(f.outputs["ReplicationInstanceArn"], o); err != nil {
				t.Fatal(err)
			}
			starts := f.calls.of("StartReplicationTask")
			time.Sleep(time.Minute)
			f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
			f.wantStatus("running")
			if n := f.calls.of("StartReplicationTask") - starts; n != 0 {
				t.Errorf("%s: the run started the task %d times, want DMS to do that", o.Status, n)
			}
		})
	}
}

// DMS stops the task that follows changes to recycle it, and does not start it again: the run does.
func TestFollowedTaskThatDMSForgets(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		if err := f.DMS.Recycle(aws.ToString(f.task().ReplicationTaskIdentifier), "RECYCLE_TASK", 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.wantStatus("running")
	})
}

// The task is recycled while a run waits for captured changes to be written before a reload. The task captures them again, so the
// run waits again: rows from before a TRUNCATE must not be written after the reload.
func TestReloadWaitsAgainAfterARestart(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		f.customers(1001, 1002)
		if err := db.Truncate(t.Context(), oracledb.Table{Schema: "SALES", Name: "CUSTOMER"}); err != nil {
			t.Fatal(err)
		}
		execution := f.Start(f.outputs["StateMachineArn"], `{"job": "live-customers", "reload": ["SALES.CUSTOMER"]}`, 30*time.Second)
		if err := f.DMS.Recycle(aws.ToString(f.task().ReplicationTaskIdentifier), "RECYCLE_TASK", 10*time.Second); err != nil {
			t.Fatal(err)
		}
		f.want(f.Await(execution), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		f.wantEqual("CUSTOMER")
	})
}

// DMS recycles a task just before a deploy changes an endpoint of it. The deploy waits until DMS has started the task again, and stops
// it then: DMS modifies no endpoint of a task that runs.
func TestDeployWaitsForARecycledTask(t *testing.T) {
	const job = `  tail: {type: cdc, tables: [SALES.REGION]}` + "\n"
	first, second := synthesize(t, job, ""), synthesize(t, job, "lake: {cdcMaxBatchSeconds: 120}\n")
	for _, restartIn := range []time.Duration{18, 20, 22, 60} {
		t.Run((restartIn * time.Second).String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, harness.Options{})
				a.DeployTemplate(first.department, first.template)
				time.Sleep(settled)
				before := follows(t, a, "tail")
				if err := a.DMS.Recycle(aws.ToString(before.ReplicationTaskIdentifier), "RECYCLE_TASK", restartIn*time.Second); err != nil {
					t.Fatal(err)
				}
				if err := a.Update(second.department, second.template); err != nil {
					t.Error(err)
				}
				time.Sleep(settled)
				if after := follows(t, a, "tail"); arn(after) != arn(before) {
					t.Error("the task was replaced, and its checkpoint lost")
				}
			})
		})
	}
}
