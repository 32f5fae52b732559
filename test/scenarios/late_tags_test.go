package scenarios_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/records"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// lateTags is how late DMS shows the tags of a task here: later than it has created the task, and later than a recovery looks.
const lateTags = 8 * time.Minute

// openLate opens an account in which DMS shows tags late, and tests connections slowly.
func openLate(t *testing.T, db *oracledb.Database, disturb func(gateway.Call) gateway.Disturbance) *testAccount {
	t.Helper()
	delays := localdms.AWSDelays()
	delays.Tagging, delays.ConnectionTest = lateTags, 10*time.Minute
	return openWith(t, db, harness.Options{DMS: localdms.Options{Delays: &delays}, Disturb: disturb})
}

// createLost loses the answer to the first task that a function creates: the task is created, and the function's SDK calls
// again.
func createLost(function string) func(gateway.Call) gateway.Disturbance {
	lost := false
	return func(c gateway.Call) gateway.Disturbance {
		if lost || c.Operation != "CreateReplicationTask" || harness.FunctionOf(c) != function {
			return gateway.Disturbance{}
		}
		lost = true
		return gateway.Disturbance{Lost: true}
	}
}

// A run finds the task that a lost call has created, and waits until DMS shows that the task is its own.
func TestLateTagsOfATaskWhoseCreateWasLost(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	for job, function := range map[string]string{"daily-parts": "Create", "live-customers": "Reconcile"} {
		t.Run(job, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := openLate(t, db, createLost(function))
				outputs := a.Deploy(d)
				if job == "live-customers" { // The deploy has started its first run.
					time.Sleep(time.Hour)
					runs := a.RunRecords(outputs, job)
					if len(runs) == 0 || runs[0].Outcome != "SUCCEEDED" {
						t.Errorf("records %+v, want a success", runs)
					}
					return
				}
				a.want(a.Run(outputs["StateMachineArn"], `{"job": "`+job+`"}`), sfntypes.ExecutionStatusSucceeded)
				if left := a.TasksOf("oralake-sales", job); len(left) != 0 {
					t.Errorf("%d replication tasks are left", len(left))
				}
			})
		})
	}
}

// A person stops a run just after it has created its task. The recovery deletes the task, although it knows the task by its
// tags only.
func TestLateTagsOfAnAbandonedTask(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openLate(t, db, nil)
		outputs := a.Deploy(d)
		a.stop(a.Start(outputs["StateMachineArn"], `{"job": "daily-parts"}`, time.Minute))
		time.Sleep(time.Hour)
		if left := a.TasksOf("oralake-sales", "daily-parts"); len(left) != 0 {
			t.Errorf("%d replication tasks are left", len(left))
		}
		if held := a.Lease(outputs, "daily-parts"); held != (records.Holder{}) {
			t.Errorf("the lease is still held by %s", held)
		}
	})
}

// A destroy finds the tasks that a run has just created.
func TestLateTagsAtADestroy(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openLate(t, db, nil)
		outputs := a.Deploy(d)
		a.Start(outputs["StateMachineArn"], `{"job": "daily-parts"}`, 20*time.Second)
		if n := len(a.TasksOf("oralake-sales", "daily-parts")); n == 0 {
			t.Fatal("the run has created no task yet")
		}
		a.Destroy("oralake-sales")
		if err := a.AwaitGone("oralake-sales"); err != nil {
			t.Error(err)
		}
		if n := a.DMS.Tasks(); n != 0 {
			t.Errorf("%d replication tasks are left", n)
		}
	})
}

// A new task that somebody else has given the name of a run's task, without tags, is taken for this stack's for a while, and
// is never stopped, modified or deleted.
func TestForeignTaskWithoutTagsIsKept(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openLate(t, db, nil)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		a.Start(machine, `{"job": "daily-parts"}`, 20*time.Second)
		own := a.TasksOf("oralake-sales", "daily-parts")
		if len(own) == 0 {
			t.Fatal("the run has created no task")
		}
		time.Sleep(2 * time.Hour) // The run has ended and has deleted its tasks.
		theirs, err := a.Tasks.CreateReplicationTask(t.Context(), &awsdms.CreateReplicationTaskInput{
			ReplicationTaskIdentifier: own[0].ReplicationTaskIdentifier, MigrationType: dmstypes.MigrationTypeValueFullLoad,
			ReplicationInstanceArn: own[0].ReplicationInstanceArn, SourceEndpointArn: own[0].SourceEndpointArn,
			TargetEndpointArn: own[0].TargetEndpointArn, TableMappings: own[0].TableMappings,
		})
		if err != nil {
			t.Fatal(err)
		}
		a.want(a.RunAfterOthers(machine, `{"job": "daily-parts"}`), sfntypes.ExecutionStatusFailed)
		left := a.TasksOf("oralake-sales", "daily-parts")
		if len(left) != 1 || aws.ToString(left[0].ReplicationTaskArn) != aws.ToString(theirs.ReplicationTask.ReplicationTaskArn) ||
			aws.ToString(left[0].Status) != "ready" {
			t.Errorf("tasks %+v, want the other one, unchanged", left)
		}
	})
}
