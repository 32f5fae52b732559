package scenarios_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/oracledb"
)

func sample(t *testing.T) *oracledb.Database {
	t.Helper()
	db, err := oracledb.Open(sampleDir)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Alter(t.Context(), "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS"); err != nil {
		t.Fatal(err)
	}
	return db
}

// sourceOf is a database with the schema that a script makes.
func sourceOf(t *testing.T, schema, script string) *oracledb.Database {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "source")
	if err := oracledb.Create(dir, schema, script); err != nil {
		t.Fatal(err)
	}
	db, err := oracledb.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func load(t *testing.T, name string) *department.Department {
	t.Helper()
	d, err := department.Load(filepath.Join(departments, name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func job(t *testing.T, d *department.Department, name string) *department.Job {
	t.Helper()
	for i := range d.Jobs {
		if d.Jobs[i].Name == name {
			return &d.Jobs[i]
		}
	}
	t.Fatalf("department %s has no job %s", d.Name, name)
	return nil
}

func TestFullLoadSucceedsAndLeavesOnlyData(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		e := a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`)
		a.want(e, sfntypes.ExecutionStatusSucceeded)

		runs := a.RunRecords(outputs, "daily-orders")
		if len(runs) != 1 || runs[0].Outcome != "SUCCEEDED" || runs[0].Execution != aws.ToString(e.ExecutionArn) {
			t.Fatalf("records of runs: %+v, want one success of %s", runs, aws.ToString(e.ExecutionArn))
		}
		var total int64
		for _, table := range job(t, d, "daily-orders").Tables {
			want, err := db.Count(t.Context(), oracledb.Table{Schema: table.Schema, Name: table.Name})
			if err != nil {
				t.Fatal(err)
			}
			total += want
			records := slices.DeleteFunc(a.TableRecords(outputs, table.String()), func(r records.Table) bool {
				return r.Job != "daily-orders" // live-customers has SALES.CUSTOMER, too.
			})
			if len(records) != 1 || !records[0].Good || records[0].Rows != want {
				t.Errorf("records of table %s: %+v, want one good with %d rows", table, records, want)
			}
		}
		if runs[0].Rows != total {
			t.Errorf("run recorded %d rows, want %d", runs[0].Rows, total)
		}
		if left := a.TasksOf("oralake-sales", "daily-orders"); len(left) != 0 {
			t.Errorf("%d replication tasks are left, want none", len(left))
		}
		if held := a.Lease(outputs, "daily-orders"); held != (records.Holder{}) {
			t.Errorf("lease is still held by %s", held)
		}
	})
}

func TestCDCTaskIsStartedOnceAndKept(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		time.Sleep(15 * time.Minute) // The schedule started the job as soon as it was deployed.
		var started []time.Time
		for range 2 {
			a.want(a.Run(outputs["StateMachineArn"], `{"job": "live-customers"}`), sfntypes.ExecutionStatusSucceeded)
			tasks := a.TasksOf("oralake-sales", "live-customers")
			if len(tasks) != 1 || aws.ToString(tasks[0].Status) != "running" {
				t.Fatalf("tasks %+v, want one that runs", tasks)
			}
			started = append(started, aws.ToTime(tasks[0].ReplicationTaskStartDate))
		}
		if !started[0].Equal(started[1]) {
			t.Errorf("the second run started the task again: %v, then %v", started[0], started[1])
		}
		if runs := a.RunRecords(outputs, "live-customers"); len(runs) != 3 {
			t.Errorf("%d records of runs, want 3", len(runs))
		}
	})
}

func TestMissingTableIsNamed(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	orders := job(t, d, "daily-orders")
	orders.Tables = append(orders.Tables, department.Table{Schema: "SALES", Name: "INVOICE"})
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		e := a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`)
		a.want(e, sfntypes.ExecutionStatusFailed)
		if got := aws.ToString(e.Cause); !strings.Contains(got, "SALES.INVOICE") {
			t.Errorf("cause %q does not name SALES.INVOICE", got)
		}
		runs := a.RunRecords(outputs, "daily-orders")
		if len(runs) != 1 || runs[0].Outcome != "PARTIAL" {
			t.Errorf("records of runs: %+v, want one PARTIAL", runs)
		}
		var good []bool
		for _, table := range []string{"SALES.ORDERS", "SALES.INVOICE"} {
			for _, record := range a.TableRecords(outputs, table) {
				good = append(good, record.Good)
			}
		}
		if diff := cmp.Diff([]bool{true, false}, good); diff != "" {
			t.Errorf("orders and invoice good (-want +got):\n%s", diff)
		}
		if left := a.TasksOf("oralake-sales", "daily-orders"); len(left) != 0 {
			t.Errorf("%d replication tasks are left, want none", len(left))
		}
	})
}

func TestWrongPasswordIsTheReason(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		a.Secrets.Seed(d.Source.SecretName, `{"username":"DMS","password":"wrong","host":"db.example.internal","port":1521}`)
		e := a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`)
		a.want(e, sfntypes.ExecutionStatusFailed)
		runs := a.RunRecords(outputs, "daily-orders")
		if len(runs) != 1 || runs[0].Outcome != "FAILED" || !strings.Contains(runs[0].Reason, "ORA-01017") {
			t.Errorf("records of runs: %+v, want one FAILED for ORA-01017", runs)
		}
		if left := a.TasksOf("oralake-sales", "daily-orders"); len(left) != 0 {
			t.Errorf("%d replication tasks are left, want none", len(left))
		}
	})
}

func TestUnreachableDMSIsRecorded(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		a.network.cut("dms")
		e := a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`)
		a.want(e, sfntypes.ExecutionStatusFailed)
		if got := aws.ToString(e.Error); got != "Transient" {
			t.Errorf("error %q, want Transient", got)
		}
		runs := a.RunRecords(outputs, "daily-orders")
		if len(runs) != 1 || runs[0].Outcome != "FAILED" || !strings.Contains(runs[0].Reason, "i/o timeout") {
			t.Fatalf("records of runs: %+v, want one FAILED with its reason", runs)
		}
		// DMS is reachable again: the next run succeeds.
		a.network.cut("")
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`), sfntypes.ExecutionStatusSucceeded)
	})
}

func TestOverlappingRunIsSkipped(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		first, err := a.Machine.StartExecution(t.Context(), &sfn.StartExecutionInput{
			StateMachineArn: &machine, Input: aws.String(`{"job": "daily-orders"}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		second := a.Run(machine, `{"job": "daily-orders"}`)
		a.want(second, sfntypes.ExecutionStatusSucceeded)
		if got := aws.ToString(second.Output); !strings.Contains(got, aws.ToString(first.ExecutionArn)) || !strings.Contains(got, `"skipped"`) {
			t.Errorf("output %s: want skipped, and the holder of the lease", got)
		}
		a.want(a.Await(aws.ToString(first.ExecutionArn)), sfntypes.ExecutionStatusSucceeded)
		if runs := a.RunRecords(outputs, "daily-orders"); len(runs) != 1 {
			t.Errorf("%d records of runs, want 1: a skipped run has no record", len(runs))
		}
	})
}

func TestRunAfterStoppedRun(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		machine := outputs["StateMachineArn"]
		a.stop(a.Start(machine, `{"job": "daily-orders"}`, time.Minute)) // Its task is being created.
		a.want(a.RunAfterOthers(machine, `{"job": "daily-orders"}`), sfntypes.ExecutionStatusSucceeded)
		if left := a.TasksOf("oralake-sales", "daily-orders"); len(left) != 0 {
			t.Errorf("%d replication tasks are left, want none", len(left))
		}
	})
}

func TestUnknownJobIsRecorded(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "nightly"}`), sfntypes.ExecutionStatusFailed)
		runs := a.RunRecords(outputs, "nightly")
		if len(runs) != 1 || !strings.Contains(runs[0].Reason, "department sales has no such job") {
			t.Errorf("records of runs: %+v, want one with the reason that the job does not exist", runs)
		}
	})
}

func TestTwoDepartmentsInOneAccount(t *testing.T) {
	db, sales, finance := sample(t), load(t, "sales"), load(t, "finance")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		for _, d := range []*department.Department{sales, finance} {
			outputs := a.Deploy(d)
			for _, j := range d.Jobs {
				if j.Type == department.FullLoad {
					a.want(a.Run(outputs["StateMachineArn"], `{"job": "`+j.Name+`"}`), sfntypes.ExecutionStatusSucceeded)
				}
			}
		}
	})
}

// A run with an invalid input fails and does not run the whole job. Its record says why.
func TestInvalidInputIsRecorded(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.Deploy(d)
		for i, input := range []string{
			`{"job": "daily-orders", "table": ["SALES.ORDERS"]}`, `{"job": "daily-orders", "tables": "SALES.ORDERS"}`,
		} {
			a.want(a.Run(outputs["StateMachineArn"], input), sfntypes.ExecutionStatusFailed)
			runs := a.RunRecords(outputs, "daily-orders")
			if len(runs) != i+1 || !strings.Contains(runs[i].Reason, `"table`) || runs[i].Rows != 0 {
				t.Errorf("records %+v after %s, want one more with the reason", runs, input)
			}
		}
	})
}
