package scenarios_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
)

// edit returns the template of sales after a change of its resources, which the argument gets by logical ID.
func edit(t *testing.T, change func(resources map[string]any)) string {
	t.Helper()
	content, err := harness.Template("sales")
	if err != nil {
		t.Fatal(err)
	}
	var parsed map[string]any
	if err := json.Unmarshal(content, &parsed); err != nil {
		t.Fatal(err)
	}
	change(parsed["Resources"].(map[string]any))
	if content, err = json.Marshal(parsed); err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// without removes the schedules and the clean-ups of jobs.
func without(jobs ...string) func(map[string]any) {
	return func(resources map[string]any) {
		for id, r := range resources {
			properties, _ := r.(map[string]any)["Properties"].(map[string]any)
			for _, job := range jobs {
				if properties["Job"] == job || properties["GroupName"] != nil && properties["Name"] == job {
					delete(resources, id)
				}
			}
		}
	}
}

// failing adds a resource that cannot be created, since its name is taken. Its creation starts after the resource before.
func failing(t *testing.T, resources map[string]any, before string) {
	t.Helper()
	var second map[string]any
	last := ""
	for id, r := range resources {
		r := r.(map[string]any)
		if r["Type"] == "AWS::DMS::ReplicationInstance" {
			content, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(content, &second); err != nil {
				t.Fatal(err)
			}
		}
		if strings.HasPrefix(id, before) {
			last = id
		}
	}
	if second == nil || last == "" {
		t.Fatalf("the template has no instance, or nothing named %s", before)
	}
	second["DependsOn"] = last
	resources["TheSecondOfItsName"] = second
}

// settle waits until no operation of a stack is in progress and returns its status.
func (a *testAccount) settle(stack string) cfntypes.StackStatus {
	a.t.Helper()
	for {
		time.Sleep(15 * time.Second)
		out, err := a.Stacks.DescribeStacks(a.t.Context(), &cloudformation.DescribeStacksInput{StackName: &stack})
		if err != nil {
			a.t.Fatal(err)
		}
		if status := out.Stacks[0].StackStatus; !strings.HasSuffix(string(status), "IN_PROGRESS") {
			return status
		}
	}
}

func (a *testAccount) update(template string) cfntypes.StackStatus {
	a.t.Helper()
	key := "oralake-sales-next.json"
	bucket := "cdk-hnb659fds-assets-" + a.Account.Account.ID + "-" + a.Account.Account.Region
	a.Put(bucket, key, []byte(template))
	_, err := a.Stacks.UpdateStack(a.t.Context(), &cloudformation.UpdateStackInput{
		StackName: aws.String("oralake-sales"), Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityNamedIam},
		TemplateURL: aws.String("https://s3." + a.Account.Account.Region + ".amazonaws.com/" + bucket + "/" + key),
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.settle("oralake-sales")
}

// A deploy deletes the tasks and stops the run of a job that the file no longer has, and changes no other job. A deploy
// that is rolled back deletes and stops nothing.
func TestRemovedJobIsDeleted(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		time.Sleep(15 * time.Minute)
		following := a.task("oralake-sales", "live-customers")

		status := a.update(edit(t, func(resources map[string]any) {
			without("live-customers", "daily-orders")(resources)
			failing(t, resources, "CleanupJob")
		}))
		if status != cfntypes.StackStatusUpdateRollbackComplete {
			t.Fatalf("stack is %s, want the update rolled back", status)
		}
		kept := a.task("oralake-sales", "live-customers")
		same := aws.ToString(kept.ReplicationTaskArn) == aws.ToString(following.ReplicationTaskArn)
		if !same || aws.ToString(kept.Status) != "running" {
			t.Errorf("after the rollback the CDC task is %s, want the earlier one, running", aws.ToString(kept.Status))
		}

		removed := a.Start(machine, `{"job": "daily-orders"}`, 0)
		stays := a.Start(machine, `{"job": "daily-parts"}`, time.Minute)
		if status := a.update(edit(t, without("live-customers", "daily-orders"))); status != cfntypes.StackStatusUpdateComplete {
			t.Fatalf("stack is %s, want UPDATE_COMPLETE", status)
		}
		for _, job := range []string{"live-customers", "daily-orders"} {
			if n := len(a.TasksOf("oralake-sales", job)); n != 0 {
				t.Errorf("%d tasks of the removed job %s are left", n, job)
			}
		}
		if got := a.Describe(removed).Status; got != sfntypes.ExecutionStatusAborted {
			t.Errorf("the run of the removed job is %s, want it stopped", got)
		}
		runs := a.RunRecords(outputs, "daily-orders")
		if len(runs) != 1 || !strings.Contains(runs[0].Reason, "no longer in the department's file") {
			t.Errorf("records of the removed job: %+v, want one with the reason of the stop", runs)
		}
		a.want(a.Await(stays), sfntypes.ExecutionStatusSucceeded)
	})
}

// A failed creation of a stack is rolled back completely, whether or not its clean-up has tasks to delete.
func TestRolledBackCreateLeavesNothing(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	const noTasks, withTasks = "CleanupStack", "SchedulesJoblivecustomers" // The schedule starts the CDC job at once.
	for _, before := range []string{noTasks, withTasks} {
		synctest.Test(t, func(t *testing.T) {
			a := openAccount(t, db)
			var removals atomic.Int32
			a.Gateway.Observe(func(c gateway.Call) {
				if c.Operation == "StopReplicationTask" || c.Operation == "DeleteReplicationTask" {
					removals.Add(1)
				}
			})
			template := edit(t, func(resources map[string]any) {
				if before == noTasks {
					without("live-customers", "daily-orders", "daily-parts")(resources)
				}
				failing(t, resources, before)
			})
			a.PutManifest(d, []byte(template))
			bucket := "cdk-hnb659fds-assets-" + a.Account.Account.ID + "-" + a.Account.Account.Region
			a.Put(bucket, "broken.json", []byte(template))
			_, err := a.Stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
				StackName: aws.String("oralake-sales"), Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityNamedIam},
				TemplateURL: aws.String("https://s3." + a.Account.Account.Region + ".amazonaws.com/" + bucket + "/broken.json"),
			})
			if err != nil {
				t.Fatal(err)
			}
			if status := a.settle("oralake-sales"); status != cfntypes.StackStatusRollbackComplete {
				t.Errorf("failing after %s: stack is %s, want it rolled back", before, status)
			}
			if n := a.DMS.Tasks(); n != 0 {
				t.Errorf("failing after %s: %d tasks are left", before, n)
			}
			if before == noTasks && removals.Load() != 0 {
				t.Errorf("the clean-up of a stack that ran nothing made %d removals", removals.Load())
			}
		})
	}
}

// slowDeletes makes every deletion of a task slow.
type slowDeletes struct {
	localdms.NoFaults
	slow float64
}

func (s slowDeletes) Delete(localdms.Task) localdms.DeleteFault {
	return localdms.DeleteFault{Slow: s.slow}
}

// Each deletion takes 40 minutes, longer than a function may run. The clean-up calls itself again until all tasks are
// deleted.
func TestCleanupOutlivesItsFunction(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	orders := job(t, d, "daily-orders")
	orders.TablesPerTask = 1
	orders.Tables = nil
	for i := range 10 {
		orders.Tables = append(orders.Tables, department.Table{Schema: "SALES", Name: fmt.Sprintf("ORDERS_%d", i)})
	}
	synctest.Test(t, func(t *testing.T) {
		a := &testAccount{t: t, faults: &faults{}}
		a.Account = harness.Open(t, db, harness.Options{DMS: localdms.Options{Faults: slowDeletes{slow: 40.0 / 3}}})
		outputs := a.Deploy(d)
		a.Start(outputs["StateMachineArn"], `{"job": "daily-orders"}`, 15*time.Minute)
		if n := a.DMS.Tasks(); n < 10 {
			t.Fatalf("%d tasks were created, want more", n)
		}
		var selfCalls atomic.Int32
		a.Gateway.Observe(func(c gateway.Call) {
			if c.Service == "lambda" && c.Operation == "Invoke" && c.Status < 300 && strings.Contains(c.Principal.ARN, "Cleanup") {
				selfCalls.Add(1)
			}
		})
		began := time.Now()
		a.Destroy("oralake-sales")
		if err := a.AwaitGone("oralake-sales"); err != nil {
			t.Fatal(err)
		}
		if n := a.DMS.Tasks(); n != 0 {
			t.Errorf("%d tasks are left", n)
		}
		if selfCalls.Load() == 0 {
			t.Errorf("the clean-up took %v and did not call itself", time.Since(began))
		}
	})
}

// The next run uses the kept task of a failed load, if the definition is the same, and deletes it after its success.
func TestKeptTaskIsAdopted(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	orders := job(t, d, "daily-orders")
	orders.KeepFailedTask, orders.TimeLimitHours = true, 1
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		a.faults.set(func(f *faults) { f.hang = true })
		outputs := a.Deploy(d)
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`), sfntypes.ExecutionStatusFailed)
		kept := a.task("oralake-sales", "daily-orders")
		a.faults.set(func(f *faults) { f.hang = false })
		execution := a.Start(outputs["StateMachineArn"], `{"job": "daily-orders"}`, 90*time.Second)
		now := a.task("oralake-sales", "daily-orders")
		if aws.ToString(now.ReplicationTaskArn) != aws.ToString(kept.ReplicationTaskArn) {
			t.Error("the kept task was replaced, though its definition is the same")
		}
		a.want(a.Await(execution), sfntypes.ExecutionStatusSucceeded)
		if n := len(a.TasksOf("oralake-sales", "daily-orders")); n != 0 {
			t.Errorf("%d tasks are left", n)
		}
	})
}

// A person starts runs of every job until the state machine is deleted. The deletion of the stack still succeeds.
func TestRunsStartedDuringDeletion(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		time.Sleep(5 * time.Minute)
		a.Destroy("oralake-sales")
		late := map[string][]string{}
		for i, began := 0, time.Now(); ; i++ {
			if time.Since(began) > 3*time.Hour {
				t.Fatal("the stack still has its state machine after three hours")
			}
			job := d.Jobs[i%len(d.Jobs)].Name
			out, err := a.Machine.StartExecution(t.Context(), &sfn.StartExecutionInput{
				StateMachineArn: &machine, Input: aws.String(fmt.Sprintf(`{"job": %q}`, job)),
			})
			if err != nil {
				break // The state machine is being deleted, or is deleted.
			}
			late[job] = append(late[job], aws.ToString(out.ExecutionArn))
			time.Sleep(7 * time.Second)
		}
		if err := a.AwaitGone("oralake-sales"); err != nil {
			t.Fatal(err)
		}
		if n := a.DMS.Tasks(); n != 0 {
			t.Errorf("%d tasks are left", n)
		}
		for _, j := range d.Jobs {
			if len(late[j.Name]) < 3 {
				t.Errorf("only %d runs of job %s were started during the deletion", len(late[j.Name]), j.Name)
			}
			if held := a.Lease(outputs, j.Name); !held.DeployHold.After(time.Now()) {
				t.Errorf("the lease of job %s is held by %v, want a deploy", j.Name, held)
			}
		}
	})
}
