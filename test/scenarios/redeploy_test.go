package scenarios_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/records"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
)

const (
	live = `  live: {type: full-load-and-cdc, tables: [SALES.CUSTOMER]}
`
	tail = `  tail: {type: cdc, tables: [SALES.ORDERS]}
`
	both = live + tail
)

// settled is longer than the runs that a deploy starts.
const settled = 30 * time.Minute

// task returns the only task of a job.
func task(t *testing.T, a *harness.Account, job string) types.ReplicationTask {
	t.Helper()
	tasks := a.TasksOf("oralake-sales", job)
	if len(tasks) != 1 {
		t.Fatalf("job %s has %d tasks, want one", job, len(tasks))
	}
	return tasks[0]
}

// follows checks that the task of a job runs, and returns it.
func follows(t *testing.T, a *harness.Account, job string) types.ReplicationTask {
	t.Helper()
	found := task(t, a, job)
	if aws.ToString(found.Status) != "running" {
		t.Errorf("task of job %s is %s, want it to run: %s", job, aws.ToString(found.Status), aws.ToString(found.LastFailureMessage))
	}
	return found
}

// deploy deploys a first version and waits until its jobs replicate changes.
func deploy(t *testing.T, a *harness.Account, v version) (live, tail types.ReplicationTask) {
	t.Helper()
	a.DeployTemplate(v.department, v.template)
	time.Sleep(settled)
	return follows(t, a, "live"), follows(t, a, "tail")
}

// deleteStopped deletes the stopped task of a job, as a person may.
func deleteStopped(t *testing.T, a *harness.Account, job string) {
	t.Helper()
	_, err := a.Tasks.DeleteReplicationTask(t.Context(), &awsdms.DeleteReplicationTaskInput{ReplicationTaskArn: task(t, a, job).ReplicationTaskArn})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Minute)
}

func arn(task types.ReplicationTask) string { return aws.ToString(task.ReplicationTaskArn) }

func started(task types.ReplicationTask) time.Time { return aws.ToTime(task.ReplicationTaskStartDate) }

// A deploy that the file does not allow fails with a reason and changes no task.
func TestRefusedDeployChangesNoTask(t *testing.T) {
	first := synthesize(t, both, "")
	refused := map[string]struct {
		v    version
		says string
	}{
		"a type": {
			synthesize(t, live+"  tail: {type: full-load-and-cdc, tables: [SALES.ORDERS]}\n", ""),
			"job tail: its type changes from cdc to full-load-and-cdc",
		},
		"another network": {
			synthesizeFile(t, strings.ReplaceAll(file(both, ""), "10.40", "10.41")),
			"job live: the replication instance moves from 10.40.0.0/24 to 10.41.0.0/24",
		},
		"another secret": {
			synthesizeFile(t, strings.ReplaceAll(file(both, ""), "oralake/sales", "oralake/other")),
			"job tail: the source changes from database ORCLPDB1",
		},
		"a table without a word about its history": {
			synthesize(t, live+"  tail: {type: cdc, tables: [SALES.ORDERS, SALES.PART]}\n", "lake: {maxFileMB: 64}"),
			"SALES.PART would be added without the existing rows",
		},
	}
	for name, test := range refused {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, harness.Options{})
				liveBefore, tailBefore := deploy(t, a, first)
				err := a.Update(test.v.department, test.v.template)
				if err == nil || !strings.Contains(err.Error(), test.says) {
					t.Errorf("the deploy ended with %v, want it refused: %s", err, test.says)
				}
				time.Sleep(3 * time.Hour)
				liveAfter, tailAfter := follows(t, a, "live"), follows(t, a, "tail")
				if !started(liveBefore).Equal(started(liveAfter)) || !started(tailBefore).Equal(started(tailAfter)) {
					t.Error("a task was started again")
				}
				if err := a.Update(first.department, first.template); err != nil && !strings.Contains(err.Error(), "No updates") {
					t.Errorf("the stack cannot be deployed any more: %v", err)
				}
			})
		})
	}
}

// A deploy reconciles the changed job at once. The task of the other job never stops.
func TestChangedJobIsReconciledAtOnce(t *testing.T) {
	first := synthesize(t, both, "")
	second := synthesize(t, "  live: {type: full-load-and-cdc, tables: [SALES.CUSTOMER, SALES.NATION]}\n"+tail, "")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		liveBefore, tailBefore := deploy(t, a, first)
		began := time.Now()
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute) // before the schedule's next run
		liveAfter, tailAfter := follows(t, a, "live"), follows(t, a, "tail")
		if !started(liveAfter).After(began) || arn(liveAfter) != arn(liveBefore) {
			t.Error("the changed job's task was not stopped and resumed")
		}
		if !strings.Contains(aws.ToString(liveAfter.TableMappings), "NATION") {
			t.Error("the task does not have the new table")
		}
		if !started(tailBefore).Equal(started(tailAfter)) {
			t.Error("the task of an unchanged job was started again")
		}
	})
}

// When an endpoint changes in place, the deploy stops its tasks and resumes them from their checkpoints.
func TestLakeSettingStopsAndResumes(t *testing.T) {
	first := synthesize(t, both, "")
	second := synthesize(t, both, "lake: {cdcMaxBatchSeconds: 120}")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		liveBefore, _ := deploy(t, a, first)
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		liveAfter, _ := follows(t, a, "live"), follows(t, a, "tail")
		if arn(liveAfter) != arn(liveBefore) {
			t.Error("the task was replaced, and its checkpoint lost")
		}
		if started(liveAfter).Equal(started(liveBefore)) {
			t.Error("the task was not stopped while its endpoint changed")
		}
	})
}

// A task needs longer to stop than a function may run. The preflight calls itself again until the task has stopped.
func TestPreflightOutlivesItsFunction(t *testing.T) {
	first := synthesize(t, both, "")
	second := synthesize(t, both, "lake: {cdcMaxBatchSeconds: 120}")
	synctest.Test(t, func(t *testing.T) {
		delays := localdms.AWSDelays()
		delays.TaskStop = 20 * time.Minute
		a := open(t, harness.Options{DMS: localdms.Options{Delays: &delays}})
		deploy(t, a, first)
		var selfCalls atomic.Int32
		a.Gateway.Observe(func(c gateway.Call) {
			if c.Service == "lambda" && c.Operation == "Invoke" && c.Status < 300 && strings.Contains(c.Principal.ARN, "Preflight") {
				selfCalls.Add(1)
			}
		})
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		if n := selfCalls.Load(); n != 1 {
			t.Errorf("the preflight called itself %d times, want once", n)
		}
		time.Sleep(settled)
		follows(t, a, "live")
		follows(t, a, "tail")
	})
}

// restarting has the same jobs with onReplace: restart.
const restarting = `  live: {type: full-load-and-cdc, onReplace: restart, tables: [SALES.CUSTOMER]}
  tail: {type: cdc, onReplace: restart, tables: [SALES.ORDERS]}
`

// A deploy with another network or another database replaces the tasks, if the file allows it.
func TestNetworkAndDatabaseMayChange(t *testing.T) {
	first := synthesize(t, both, "")
	for name, second := range map[string]version{
		"network": synthesizeFile(t, strings.ReplaceAll(file(restarting, ""), "10.40", "10.41")),
		"secret":  synthesizeFile(t, strings.ReplaceAll(file(restarting, ""), "oralake/sales", "oralake/other")),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, harness.Options{})
				liveBefore, tailBefore := deploy(t, a, first)
				if err := a.Update(second.department, second.template); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Minute)
				liveAfter, tailAfter := follows(t, a, "live"), follows(t, a, "tail")
				if arn(liveAfter) == arn(liveBefore) ||
					arn(tailAfter) == arn(tailBefore) {
					t.Error("a task was kept, with a checkpoint of another redo log")
				}
			})
		})
	}
}

// A deploy fails after it changed the endpoints and resumed the tasks. It is rolled back, and the jobs' next runs succeed.
func TestRollbackNeverBlocksJobs(t *testing.T) {
	first := synthesize(t, both, "")
	for name, second := range map[string]version{
		"an endpoint changed": synthesize(t, both, "lake: {cdcMaxBatchSeconds: 120}"),
		"a table joined":      synthesize(t, "  live: {type: full-load-and-cdc, tables: [SALES.CUSTOMER, SALES.NATION]}\n"+tail, ""),
		"everything moved":    synthesizeFile(t, strings.ReplaceAll(file(restarting, ""), "10.40", "10.41")),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := open(t, harness.Options{})
				deploy(t, a, first)
				// The schedules change last: the jobs' tasks run again by then.
				broken := strings.Replace(string(second.template), `"rate(1 hour)"`, `"rate(0 hours)"`, 1)
				err := a.Update(second.department, []byte(broken))
				if err == nil || !strings.Contains(err.Error(), "SchedulesJob") {
					t.Fatalf("the deploy ended with %v, want it rolled back because of a schedule", err)
				}
				a.PutManifest(first.department, first.template)
				time.Sleep(3 * time.Hour)
				for _, job := range []string{"live", "tail"} {
					found := follows(t, a, job)
					if strings.Contains(aws.ToString(found.TableMappings), "NATION") {
						t.Errorf("task of job %s was not changed back", job)
					}
				}
				if err := a.Update(second.department, second.template); err != nil {
					t.Errorf("the stack cannot be deployed any more: %v", err)
				}
			})
		})
	}
}

// DMS does not change an endpoint during a full load. Such a deploy is refused before it changes anything.
func TestFullLoadIsNotDisturbed(t *testing.T) {
	const daily = "  daily: {type: full-load, tables: [SALES.PART]}\n"
	first := synthesize(t, both+daily, "")
	second := synthesize(t, both+daily, "lake: {maxFileMB: 64}")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		outputs := a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		execution := a.Start(outputs["StateMachineArn"], `{"job": "daily"}`, 4*time.Minute)
		err := a.Update(second.department, second.template)
		if err == nil || !strings.Contains(err.Error(), "a full load of job daily is running") {
			t.Errorf("the deploy ended with %v, want it refused", err)
		}
		if e := a.Await(execution); e.Status != "SUCCEEDED" {
			t.Errorf("the full load is %s: %s", e.Status, aws.ToString(e.Cause))
		}
		time.Sleep(time.Hour)
		if err := a.Update(second.department, second.template); err != nil {
			t.Errorf("after the load: %v", err)
		}
	})
}

// DMS restarts the load of a table when it changes the instance. Such a deploy is refused before it changes anything. An older
// engine version is refused at any time.
func TestInstanceIsNotChangedDuringFullLoad(t *testing.T) {
	const daily = "  daily: {type: full-load, tables: [SALES.PART]}\n"
	first := synthesize(t, both+daily, "")
	larger := synthesize(t, both+daily, "replication: {class: dms.r6i.large, storageGB: 200}")
	older := synthesize(t, both+daily, "replication: {engineVersion: 3.5.4}")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		outputs := a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		execution := a.Start(outputs["StateMachineArn"], `{"job": "daily"}`, 4*time.Minute)
		err := a.Update(larger.department, larger.template)
		if err == nil || !strings.Contains(err.Error(), "full loads are running (daily), and the deploy changes the replication instance "+
			"(class from dms.c6i.large to dms.r6i.large, storageGB from 100 to 200)") {
			t.Errorf("the deploy ended with %v, want it refused", err)
		}
		if e := a.Await(execution); e.Status != "SUCCEEDED" {
			t.Errorf("the full load is %s: %s", e.Status, aws.ToString(e.Cause))
		}
		time.Sleep(time.Hour)
		if err := a.Update(larger.department, larger.template); err != nil {
			t.Errorf("after the load: %v", err)
		}
		if err := a.Update(older.department, older.template); err == nil || !strings.Contains(err.Error(), "DMS does not go back to an older version") {
			t.Errorf("the deploy of an older engine ended with %v, want it refused", err)
		}
	})
}

// DMS works on the instance. A deploy that would change it, or stop a task, is refused before it stops anything. A deploy that does
// neither is not.
func TestDeployDuringMaintenance(t *testing.T) {
	const daily = "  daily: {type: full-load, tables: [SALES.PART]}\n"
	first := synthesize(t, both+daily, "")
	larger := synthesize(t, both+daily, "replication: {class: dms.r6i.large, storageGB: 200}")
	batch := synthesize(t, both+daily, "lake: {cdcMaxBatchSeconds: 120}\n")
	harmless := synthesize(t, both+strings.Replace(daily, "full-load,", "full-load, timeLimitHours: 5,", 1), "")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		outputs := a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		before := follows(t, a, "live")
		if err := a.DMS.Interrupt(outputs["ReplicationInstanceArn"], localdms.Outage{
			Status: "maintenance", For: 2 * time.Hour, Shown: localdms.End{Reason: "RECONFIGURATION_RESTART"},
		}); err != nil {
			t.Fatal(err)
		}
		for name, refused := range map[string]version{"a larger instance": larger, "other endpoints": batch} {
			if err := a.Update(refused.department, refused.template); err == nil || !strings.Contains(err.Error(), `is "maintenance"`) {
				t.Errorf("%s: the deploy ended with %v, want it refused", name, err)
			}
		}
		if err := a.Update(harmless.department, harmless.template); err != nil {
			t.Errorf("a deploy that stops nothing: %v", err)
		}
		time.Sleep(3 * time.Hour)
		if err := a.Update(larger.department, larger.template); err != nil {
			t.Errorf("after the maintenance: %v", err)
		}
		time.Sleep(settled)
		if after := follows(t, a, "live"); arn(after) != arn(before) {
			t.Error("the task was replaced, and its checkpoint lost")
		}
	})
}

// A deploy upgrades the engine from one major version to the next, and the tasks that follow changes go on.
func TestEngineIsUpgraded(t *testing.T) {
	older := synthesize(t, both, "replication: {engineVersion: 3.5.4}")
	newer := synthesize(t, both, "")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		deploy(t, a, older)
		if err := a.Update(newer.department, newer.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settled)
		follows(t, a, "live")
		follows(t, a, "tail")
	})
}

// A deploy removes a job and changes its endpoint. It succeeds: it stops the job's task first and deletes it at the end.
func TestJobLeavesWhileItsEndpointChanges(t *testing.T) {
	first := synthesize(t, both, "")
	second := synthesize(t, live, "lake: {maxFileMB: 64}")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		deploy(t, a, first)
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settled)
		follows(t, a, "live")
		if left := a.TasksOf("oralake-sales", "tail"); len(left) != 0 {
			t.Errorf("%d tasks of the removed job are left", len(left))
		}
	})
}

// While a deploy holds a job, no run starts its task. A hold that is not released expires.
func TestHeldJobIsSkipped(t *testing.T) {
	first := synthesize(t, both, "")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		outputs := a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		table, now := outputs["StatsTable"], time.Now()
		for range 2 { // twice, since CloudFormation may repeat a call
			if holder, err := records.HoldForDeploy(t.Context(), a.Records, table, "live", now.Add(time.Hour), now); err != nil || !holder.IsDeploy() {
				t.Fatalf("HoldForDeploy = %v, %v; want the lease", holder, err)
			}
		}
		if e := a.Run(outputs["StateMachineArn"], `{"job": "live"}`); !harness.Skipped(e) {
			t.Errorf("a run of a held job ended with %s", aws.ToString(e.Output))
		}
		time.Sleep(time.Hour)
		if e := a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "live"}`); e.Status != "SUCCEEDED" {
			t.Errorf("a run after the hold is %s: %s", e.Status, aws.ToString(e.Cause))
		}
		const running = "arn:aws:states:eu-central-1:111122223333:execution:machine:run"
		if _, err := records.Acquire(t.Context(), a.Records, table, "tail", running, now); err != nil {
			t.Fatal(err)
		}
		holder, err := records.HoldForDeploy(t.Context(), a.Records, table, "tail", now.Add(time.Hour), now)
		if err != nil || holder.Execution != running {
			t.Errorf("HoldForDeploy while a run has the lease = %v, %v; want %s", holder, err, running)
		}
		if err := records.ReleaseDeployHold(t.Context(), a.Records, table, "tail"); err != nil {
			t.Error(err)
		}
		if holder := a.Lease(outputs, "tail"); holder.Execution != running {
			t.Errorf("a deploy released the lease of a run: it is held by %v", holder)
		}
	})
}

// The kind of a lease's holder does not depend on its name: a run stays a run even if its execution is named like a hold.
func TestLeaseHolderKindIsNotReadFromItsName(t *testing.T) {
	first := synthesize(t, both, "")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		outputs := a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		table, now := outputs["StatsTable"], time.Now()
		called := records.Holder{DeployHold: now.Add(-time.Hour)}.String() // the text of an expired hold
		if _, err := records.Acquire(t.Context(), a.Records, table, "tail", called, now); err != nil {
			t.Fatal(err)
		}
		holder, err := records.HoldForDeploy(t.Context(), a.Records, table, "tail", now.Add(time.Hour), now)
		if err != nil || holder.IsDeploy() || holder.Execution != called {
			t.Errorf("HoldForDeploy = %+v, %v; want the lease of the run %q", holder, err, called)
		}
		if err := records.ReleaseDeployHold(t.Context(), a.Records, table, "tail"); err != nil {
			t.Error(err)
		}
		if got := a.Lease(outputs, "tail"); got.Execution != called || got.IsDeploy() {
			t.Errorf("the lease is held by %+v, want the run %q", got, called)
		}
	})
}

// A new job starts at once, even if an earlier deploy was rolled back and left the job held.
func TestNewJobThatWasHeldStartsAtOnce(t *testing.T) {
	first, second := synthesize(t, live, ""), synthesize(t, both, "")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		outputs := a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		now := time.Now()
		if _, err := records.HoldForDeploy(t.Context(), a.Records, outputs["StatsTable"], "tail", now.Add(10*time.Minute), now); err != nil {
			t.Fatal(err)
		}
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(8 * time.Minute)
		follows(t, a, "tail")
	})
}

// With onReplace: restart, a deploy deletes the task and creates another one.
func TestReplaceIsAllowedByTheFile(t *testing.T) {
	first := synthesize(t, both, "")
	second := synthesize(t, live+"  tail: {type: full-load-and-cdc, onReplace: restart, tables: [SALES.ORDERS]}\n", "")
	synctest.Test(t, func(t *testing.T) {
		a := open(t, harness.Options{})
		liveBefore, tailBefore := deploy(t, a, first)
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Minute)
		liveAfter, tailAfter := follows(t, a, "live"), follows(t, a, "tail")
		if arn(tailAfter) == arn(tailBefore) ||
			tailAfter.MigrationType != types.MigrationTypeValueFullLoadAndCdc {
			t.Errorf("the task is of type %s, want a new one of type full-load-and-cdc", tailAfter.MigrationType)
		}
		if !started(liveBefore).Equal(started(liveAfter)) {
			t.Error("the task of an unchanged job was started again")
		}
	})
}
