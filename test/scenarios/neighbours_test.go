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

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/harness"
)

// deployAs deploys a department of sales's jobs under a name of its own.
func (a *testAccount) deployAs(name string, d *department.Department) harness.Outputs {
	a.t.Helper()
	template, err := harness.Template("sales")
	if err != nil {
		a.t.Fatal(err)
	}
	// In the template only the department is written small; the schema SALES is not.
	template = bytes.ReplaceAll(template, []byte("sales"), []byte(name))
	d.Name, d.Source.SecretName = name, "oralake/"+name
	return a.DeployTemplate(d, template)
}

// lake is the size of every object in a department's lake.
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

// enabled are the schedules of a department that fire.
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

// task is one task of a job that has one.
func (a *testAccount) task(stack, job string) dmstypes.ReplicationTask {
	a.t.Helper()
	tasks := a.TasksOf(stack, job)
	if len(tasks) != 1 {
		a.t.Fatalf("%d tasks of job %s of %s, want 1", len(tasks), job, stack)
	}
	return tasks[0]
}

// Two departments have jobs of the same names, and one's name begins as the other's. The one is destroyed while the jobs
// of both are at work; the other does not notice.
func TestDestroyedDepartmentLeavesItsNeighbourAlone(t *testing.T) {
	db := sample(t)
	moments := []time.Duration{time.Second, 4 * time.Minute, 7 * time.Minute}
	if testing.Short() {
		moments = moments[1:2]
	}
	for _, pair := range []struct{ destroyed, neighbour string }{
		{"sales", "sales2"}, {"sales2", "sales"}, {"sales", "sales-east"}, {"sales-east", "sales"},
	} {
		for _, after := range moments {
			t.Run(pair.destroyed+" beside "+pair.neighbour+" after "+after.String(), func(t *testing.T) {
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
	gone, kept := a.deployAs(destroyed, load(a.t, "sales")), a.deployAs(neighbour, d)
	stack := harness.StackName(neighbour)
	for _, o := range []harness.Outputs{gone, kept} {
		a.want(a.Run(o["StateMachineArn"], `{"job": "daily-parts"}`), sfntypes.ExecutionStatusSucceeded)
	}
	time.Sleep(15 * time.Minute) // Both follow the changes of their customers.
	following := a.task(stack, "live-customers")
	stopped := a.Start(gone["StateMachineArn"], `{"job": "daily-orders"}`, 0)
	ours := a.Start(kept["StateMachineArn"], `{"job": "daily-orders"}`, after)
	if got := a.Lease(kept, "daily-orders"); got.Execution != ours {
		a.t.Fatalf("the neighbour's lease is held by %v, want its own run", got)
	}
	there, recorded := a.lake(gone), len(a.RunRecords(gone, "daily-parts"))
	a.Destroy(harness.StackName(destroyed))
	time.Sleep(30 * time.Second) // Its runs are being stopped.
	want := records.Holder{Execution: ours}
	if a.Describe(ours).Status != sfntypes.ExecutionStatusRunning {
		want = records.Holder{}
	}
	if got := a.Lease(kept, "daily-orders"); got != want {
		a.t.Errorf("while %s goes, the neighbour's lease is held by %v, want %v", destroyed, got, want)
	}
	if err := a.AwaitGone(harness.StackName(destroyed)); err != nil {
		a.t.Fatal(err)
	}

	a.wantKept(gone, stopped, there, recorded)
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
		a.t.Errorf("%d tasks in the account, want the neighbour's CDC task alone", n)
	}
	if diff := cmp.Diff([]string{"daily-orders", "daily-parts", "live-customers"}, a.enabled(kept)); diff != "" {
		a.t.Errorf("the neighbour's schedules that are enabled (-want +got):\n%s", diff)
	}
	before := len(a.RunRecords(kept, "live-customers"))
	time.Sleep(2 * time.Hour)
	if n := len(a.RunRecords(kept, "live-customers")); n <= before {
		a.t.Errorf("%d runs of the neighbour's hourly job are recorded two hours later, as before", n)
	}
}

// wantKept checks what a destroyed department leaves: its data, what was recorded, and that its last run was stopped.
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

// wantComplete checks that a run of daily-orders left all its records, and no other run any.
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

// Job east-orders of sales and job orders of sales-east want a task of the same identifier, oralake-sales-east-orders-1.
// Who comes second is told so, takes nothing from the other, and may have it when that one is done.
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
			t.Errorf("cause %q does not say whose the task is", got)
		}
		a.want(a.Await(running), sfntypes.ExecutionStatusSucceeded)
		a.want(a.Run(east["StateMachineArn"], `{"job": "orders"}`), sfntypes.ExecutionStatusSucceeded)
		if runs := a.RunRecords(sales, "east-orders"); len(runs) != 1 || runs[0].Outcome != "SUCCEEDED" {
			t.Errorf("records of the first: %+v, want one success", runs)
		}
		if n := len(a.TasksOf("oralake-sales-east", "orders")); n != 0 {
			t.Errorf("%d tasks are left", n)
		}
	})
}
