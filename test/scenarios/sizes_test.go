package scenarios_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// AWS limits an item of DynamoDB to 400 KB, a document of Step Functions to 256 KiB and a message of SNS to 256 KB. The embedded
// services refuse more. So these runs are much larger than what fits if something grows with the number of tables or tasks.

// manyTables creates a source with n small tables of long names, and returns their names.
func manyTables(t *testing.T, n int) (*oracledb.Database, []department.Table) {
	t.Helper()
	var script strings.Builder
	var tables []department.Table
	for i := range n {
		name := fmt.Sprintf("CUSTOMER_ADDRESS_HISTORY_%04d", i)
		fmt.Fprintf(&script, "CREATE TABLE %s (ID NUMBER(10) NOT NULL PRIMARY KEY); INSERT INTO %s VALUES (1);", name, name)
		tables = append(tables, tableOf(name))
	}
	return sourceOf(t, "SALES", script.String()), tables
}

// A run of 200 tasks that all fail with messages of 2 KB is recorded, alerted and cleaned up.
func TestRunOfManyFailingTasks(t *testing.T) {
	const tasks = 200
	db, d := sample(t), load(t, "sales")
	// DMS takes 200 tasks of an instance (CHAP_Limits), so there is no other.
	d.Jobs = slices.DeleteFunc(d.Jobs, func(j department.Job) bool { return j.Name == "live-customers" })
	orders := job(t, d, "daily-orders")
	orders.TablesPerTask, orders.Tables = 1, nil
	for i := range tasks {
		orders.Tables = append(orders.Tables, tableOf(fmt.Sprintf("ORDERS_%03d", i)))
	}
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		a.faults.fail = "ORA-12170: TNS:Connect timeout occurred " + strings.Repeat("and so on ", 200)
		outputs := a.DeployTemplate(d, []byte(edit(t, without("live-customers"))))
		e := a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`)
		a.want(e, sfntypes.ExecutionStatusFailed)
		if got := aws.ToString(e.Error); got != "FAILED" {
			t.Errorf("error %q: %s; want FAILED", got, aws.ToString(e.Cause))
		}
		runs := a.RunRecords(outputs, "daily-orders")
		if len(runs) != 1 || runs[0].Outcome != "FAILED" || runs[0].TaskCount != tasks || !strings.Contains(runs[0].Reason, "more bytes are left out") {
			t.Fatalf("records %+v, want one of %d failed tasks that says how much of its reason is left out", runs, tasks)
		}
		for i, table := range orders.Tables {
			task := fmt.Sprintf("oralake-sales-daily-orders-%d", i+1)
			failed := a.TaskRecords(outputs, task)
			if len(failed) != 1 || !strings.Contains(failed[0].FailureMessage, "ORA-12170") || !strings.Contains(failed[0].FailureMessage, "more bytes") {
				t.Fatalf("records of task %s: %+v, want one with the message of DMS, shortened", task, failed)
			}
			if bad := a.TableRecords(outputs, table.String()); len(bad) != 1 || bad[0].Good {
				t.Fatalf("records of table %s: %+v, want one that is not good", table, bad)
			}
		}
		if left := a.TasksOf("oralake-sales", "daily-orders"); len(left) != 0 {
			t.Errorf("%d replication tasks are left", len(left))
		}
		if held := a.Lease(outputs, "daily-orders"); held != (records.Holder{}) {
			t.Errorf("the lease is still held by %s", held)
		}
		a.wantOneAlert(outputs, "ORA-12170", "and the logs of 180 more tasks")
	})
}

// wantOneAlert checks that one message about daily-orders or live-customers was sent, and that it has the texts.
func (a *testAccount) wantOneAlert(o harness.Outputs, texts ...string) {
	a.t.Helper()
	var about []string
	for _, m := range a.Alerts(o["AlertTopicArn"]) {
		if strings.Contains(m.Text, texts[0]) {
			about = append(about, m.Text)
		}
	}
	if len(about) != 1 {
		a.t.Fatalf("%d messages with %q, want 1", len(about), texts[0])
	}
	for _, text := range texts {
		if !strings.Contains(about[0], text) {
			a.t.Errorf("the message of %d bytes lacks %q", len(about[0]), text)
		}
	}
}

// A job of 2,000 tables that have all diverged is recorded, alerted, reloaded and cleaned up.
func TestJobOfManyDivergedTables(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 300
	}
	db, tables := manyTables(t, n)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, func(j *department.Job) { j.Tables = tables })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(time.Minute)
		// A reload in which every table ends in error: DMS stops replicating it.
		f.faults.set(func(f *faults) { f.tables = true })
		var names []string
		for _, table := range tables {
			names = append(names, table.String())
		}
		list, err := json.Marshal(names)
		if err != nil {
			t.Fatal(err)
		}
		reload := `"reload": ` + string(list)
		f.want(f.follow(reload), sfntypes.ExecutionStatusFailed)
		if got := len(f.divergedTables()); got != n {
			t.Errorf("the state has %d diverged tables, want %d", got, n)
		}
		run := f.last()
		if run.Outcome != "FAILED" || !strings.Contains(run.Reason, "more tables, each with its own record") {
			t.Errorf("the run is %s: %q; want FAILED, with how many tables the reason leaves out", run.Outcome, run.Reason)
		}
		for _, name := range []string{names[0], names[n-1]} {
			if r := f.lastOf(name); r.Good || !r.Diverged || r.SK != run.SK {
				t.Errorf("the record of %s is %+v, want it diverged", name, r)
			}
		}
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		f.wantOneAlert(f.outputs, fmt.Sprintf("and %d more tables", n-20))
		// The cause is fixed, and a person reloads all tables.
		f.faults.set(func(f *faults) { f.tables = false })
		f.want(f.follow(reload), sfntypes.ExecutionStatusSucceeded)
		if left := f.divergedTables(); len(left) != 0 {
			t.Errorf("%d tables are still diverged after their reload", len(left))
		}
		f.faults.set(func(f *faults) { f.tables = true })
		f.want(f.follow(reload), sfntypes.ExecutionStatusFailed)
		f.Destroy("oralake-sales")
		if err := f.AwaitGone("oralake-sales"); err != nil {
			t.Fatal(err)
		}
		if left := f.divergedTables(); len(left) != 0 {
			t.Errorf("the state of %d tables is left after the stack was deleted", len(left))
		}
	})
}

// divergedTables returns the keys of the items in which the job's state keeps a diverged table.
func (f *following) divergedTables() (keys []string) {
	f.t.Helper()
	pages := dynamodb.NewQueryPaginator(f.Records, &dynamodb.QueryInput{
		TableName: aws.String(f.outputs["StatsTable"]), KeyConditionExpression: aws.String("pk = :job AND begins_with(sk, :state)"),
		FilterExpression: aws.String("attribute_exists(diverged)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":job": &types.AttributeValueMemberS{Value: records.JobKey("live-customers")}, ":state": &types.AttributeValueMemberS{Value: "STATE#"},
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(f.t.Context())
		if err != nil {
			f.t.Fatal(err)
		}
		for _, item := range page.Items {
			keys = append(keys, item["sk"].(*types.AttributeValueMemberS).Value)
		}
	}
	return keys
}
