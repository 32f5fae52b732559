package scenarios_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/harness"
)

// deployAs deploys a department with the jobs of sales under another name.
func (a *testAccount) deployAs(name string, d *department.Department) harness.Outputs {
	a.t.Helper()
	template, err := harness.Template("sales")
	if err != nil {
		a.t.Fatal(err)
	}
	// The template has the department's name in lower case and the schema SALES in upper case.
	template = bytes.ReplaceAll(template, []byte("sales"), []byte(name))
	prefix := func(department string) []byte { return []byte(contract.TaskPrefix(harness.StackName(department))) }
	template = bytes.ReplaceAll(template, prefix("sales"), prefix(name))
	d.Name, d.Source.SecretName = name, "oralake/"+name
	return a.DeployTemplate(d, template)
}

// lake returns the size in bytes of every object in a department's lake, by key.
func (a *testAccount) lake(o harness.Outputs) map[string]int64 {
	a.t.Helper()
	out, err := a.Objects.ListObjectsV2(a.t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(o["LakeBucket"])})
	if err != nil {
		a.t.Fatal(err)
	}
	all := map[string]int64{}
	for _, object := range out.Contents {
		all[aws.ToString(object.Key)] = aws.ToInt64(object.Size)
	}
	return all
}

// enabled returns the enabled schedules of a department.
func (a *testAccount) enabled(o harness.Outputs) []string {
	a.t.Helper()
	out, err := scheduler.NewFromConfig(a.Admin()).ListSchedules(a.t.Context(), &scheduler.ListSchedulesInput{
		GroupName: aws.String(o["ScheduleGroup"]), State: schedulertypes.ScheduleStateEnabled,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	var names []string
	for _, s := range out.Schedules {
		names = append(names, aws.ToString(s.Name))
	}
	slices.Sort(names)
	return names
}

// task returns the only task of a job.
func (a *testAccount) task(stack, job string) dmstypes.ReplicationTask {
	a.t.Helper()
	tasks := a.TasksOf(stack, job)
	if len(tasks) != 1 {
		a.t.Fatalf("%d tasks of job %s of %s, want 1", len(tasks), job, stack)
	}
	return tasks[0]
}

// Two departments have jobs of the same names, and the name of one is a prefix of the other's. One is deleted while the
// jobs of both run. The other's runs, tasks and records do not change.
func TestDestroyedDepartmentLeavesItsNeighbourAlone(t *testing.T) {
	db := sample(t)
	pairs := []struct{ destroyed, neighbour string }{
		{"sales", "sales2"}, {"sales2", "sales"}, {"sales", "sales-east"}, {"sales-east", "sales"},
	}
	moments := []time.Duration{time.Second, 4 * time.Minute, 7 * time.Minute}
	if testing.Short() {
		pairs, moments = pairs[:2], moments[1:2]
	}
	for _, pair := range pairs {
		for _, after := range moments {
			t.Run(pair.destroyed+" next to "+pair.neighbour+" after "+after.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := openAccount(t, db)
					a.wantNeighbourAlone(pair.destroyed, pair.neighbour, after)
				})
			})
		}
	}
}

func (a *testAccount) wantNeighbourAlone(destroyed, neighbour string, after time.Duration) {
	a.t.Helper()
	d := load(a.t, "sales")
	deleted, kept := a.deployAs(destroyed, load(a.t, "sales")), a.deployAs(neighbour, d)
	stack := harness.StackName(neighbour)
	for _, o := range []harness.Outputs{deleted, kept} {
		a.want(a.Run(o["StateMachineArn"], `{"job": "daily-parts"}`), sfntypes.ExecutionStatusSucceeded)
	}
	time.Sleep(15 * time.Minute) // Both replicate the changes of their customers.
	following := a.task(stack, "live-customers")
	stopped := a.Start(deleted["StateMachineArn"], `{"job": "daily-orders"}`, 0)
	ours := a.Start(kept["StateMachineArn"], `{"job": "daily-orders"}`, after)
	if got := a.Lease(kept, "daily-orders"); got.Execution != ours {
		a.t.Fatalf("the neighbour's lease is held by %v, want its own run", got)
	}
	objects, recorded := a.lake(deleted), len(a.RunRecords(deleted, "daily-parts"))
	a.Destroy(harness.StackName(destroyed))
	time.Sleep(30 * time.Second) // The clean-up is stopping its runs.
	want := records.Holder{Execution: ours}
	if a.Describe(ours).Status != sfntypes.ExecutionStatusRunning {
		want = records.Holder{}
	}
	if got := a.Lease(kept, "daily-orders"); got != want {
		a.t.Errorf("while %s is being deleted, the neighbour's lease is held by %v, want %v", destroyed, got, want)
	}
	if err := a.AwaitGone(harness.StackName(destroyed)); err != nil {
		a.t.Fatal(err)
	}

	a.wantKept(deleted, stopped, objects, recorded)
	a.want(a.Await(ours), sfntypes.ExecutionStatusSucceeded)
	a.wantComplete(kept, d, ours)
	if got := a.Lease(kept, "daily-orders"); got != (records.Holder{}) {
		a.t.Errorf("the neighbour's lease is still held by %s", got)
	}
	if n := len(a.TasksOf(stack, "daily-orders")); n != 0 {
		a.t.Errorf("%d tasks of the neighbour's finished load are left", n)
	}
	now := a.task(stack, "live-customers")
	if aws.ToString(now.ReplicationTaskArn) != aws.ToString(following.ReplicationTaskArn) ||
		aws.ToString(now.Status) != "running" ||
		!aws.ToTime(now.ReplicationTaskStartDate).Equal(aws.ToTime(following.ReplicationTaskStartDate)) {
		a.t.Errorf("the neighbour's CDC task is %s, started %v; want the one that was started at %v, running",
			aws.ToString(now.Status), now.ReplicationTaskStartDate, following.ReplicationTaskStartDate)
	}
	if n := a.DMS.Tasks(); n != 1 {
		a.t.Errorf("%d tasks in the account, want only the neighbour's CDC task", n)
	}
	if diff := cmp.Diff([]string{"daily-orders", "daily-parts", "find_orphans", "live-customers"}, a.enabled(kept)); diff != "" {
		a.t.Errorf("the neighbour's schedules that are enabled (-want +got):\n%s", diff)
	}
	before := len(a.RunRecords(kept, "live-customers"))
	time.Sleep(2 * time.Hour)
	if n := len(a.RunRecords(kept, "live-customers")); n <= before {
		a.t.Errorf("%d runs of the neighbour's hourly job are recorded two hours later, as before", n)
	}
}

// wantKept checks that a deleted department leaves its objects and records, and a record of its stopped run.
func (a *testAccount) wantKept(o harness.Outputs, stopped string, there map[string]int64, recorded int) {
	a.t.Helper()
	now := a.lake(o)
	maps.DeleteFunc(now, func(key string, _ int64) bool { _, was := there[key]; return !was })
	if diff := cmp.Diff(there, now); diff != "" {
		a.t.Errorf("objects of the destroyed department (-before +after):\n%s", diff)
	}
	if len(there) == 0 {
		a.t.Error("nothing was in the lake before")
	}
	if n := len(a.RunRecords(o, "daily-parts")); n != recorded || n == 0 {
		a.t.Errorf("%d records of runs of the destroyed department's parts, want the %d from before, not none", n, recorded)
	}
	runs := a.RunRecords(o, "daily-orders")
	if len(runs) != 1 || runs[0].Execution != stopped {
		a.t.Errorf("records of the destroyed department's run: %+v, want one", runs)
	}
}

// wantComplete checks that one run of daily-orders has all its records and that no other run has a record.
func (a *testAccount) wantComplete(o harness.Outputs, d *department.Department, execution string) {
	a.t.Helper()
	runs := a.RunRecords(o, "daily-orders")
	if len(runs) != 1 || runs[0].Execution != execution || runs[0].Outcome != "SUCCEEDED" {
		a.t.Errorf("records of the neighbour's run: %+v, want one success of %s", runs, execution)
	}
	for _, table := range job(a.t, d, "daily-orders").Tables {
		good := 0
		for _, record := range a.TableRecords(o, table.String()) {
			if record.Execution == execution && record.Good {
				good++
			}
		}
		if good != 1 {
			a.t.Errorf("%d good records of table %s in the neighbour's run, want 1", good, table)
		}
	}
}

// Job east-orders of sales and job orders of sales-east use the same task identifier, oralake-sales-east-orders-1. The
// second run fails with that reason and does not change the task. After the first run has ended, it succeeds.
func TestTaskOfAnotherDepartmentIsNotTaken(t *testing.T) {
	db := sample(t)
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		first, second := load(t, "sales"), load(t, "sales")
		job(t, first, "daily-orders").Name, job(t, second, "daily-orders").Name = "east-orders", "orders"
		sales, east := a.deployAs("sales", first), a.deployAs("sales-east", second)
		running := a.Start(sales["StateMachineArn"], `{"job": "east-orders"}`, 4*time.Minute)
		e := a.Run(east["StateMachineArn"], `{"job": "orders"}`)
		a.want(e, sfntypes.ExecutionStatusFailed)
		if got := aws.ToString(e.Cause); !strings.Contains(got, "oralake-sales-east-orders-1 is not this stack's") {
			t.Errorf("cause %q does not name the owner of the task", got)
		}
		a.want(a.Await(running), sfntypes.ExecutionStatusSucceeded)
		a.want(a.Run(east["StateMachineArn"], `{"job": "orders"}`), sfntypes.ExecutionStatusSucceeded)
		if runs := a.RunRecords(sales, "east-orders"); len(runs) != 1 || runs[0].Outcome != "SUCCEEDED" {
			t.Errorf("records of the first run: %+v, want one success", runs)
		}
		if n := len(a.TasksOf("oralake-sales-east", "orders")); n != 0 {
			t.Errorf("%d tasks are left", n)
		}
	})
}
