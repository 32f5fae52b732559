package scenarios_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// staff is a database with a table and a view of some of its rows and columns.
func staff(t *testing.T) *oracledb.Database {
	t.Helper()
	return sourceOf(t, "HR", `
		CREATE TABLE EMP (ID NUMBER(6) NOT NULL, NAME VARCHAR2(20), SALARY NUMBER(8,2), PRIMARY KEY (ID));
		INSERT INTO EMP VALUES (1, 'Ada', 5000), (2, 'Ben', 4000), (3, 'Cleo', NULL);
		CREATE VIEW PAID AS SELECT ID, NAME FROM EMP WHERE SALARY IS NOT NULL;`)
}

const (
	listsView   = "  daily: {type: full-load, tables: [HR.EMP, {table: HR.PAID, view: true}]}\n"
	listsAsBase = "  daily: {type: full-load, tables: [HR.EMP, HR.PAID]}\n"
	followsBase = "  live: {type: full-load-and-cdc, tables: [HR.EMP]}\n"
)

// A full load copies a view like a table, beside a job that follows the view's table.
func TestViewIsLoaded(t *testing.T) {
	v := synthesize(t, listsView+followsBase, "")
	db := staff(t)
	synctest.Test(t, func(t *testing.T) {
		a := harness.Open(t, db, harness.Options{})
		outputs := a.DeployTemplate(v.department, v.template)
		time.Sleep(settled)
		if e := a.Run(outputs["StateMachineArn"], `{"job": "daily"}`); e.Status != sfntypes.ExecutionStatusSucceeded {
			t.Fatalf("the full load is %s: %s", e.Status, aws.ToString(e.Cause))
		}
		for table, want := range map[string]int64{"HR.EMP": 3, "HR.PAID": 2} {
			records := a.TableRecords(outputs, table)
			if n := len(records); n == 0 || !records[n-1].Good && table == "HR.PAID" {
				t.Errorf("records of %s: %+v, want a good one", table, records)
			}
			schema, name, _ := strings.Cut(table, ".")
			current := a.Current(outputs, oracledb.Table{Schema: schema, Name: name})
			loaded, err := a.Lake(outputs).ReadCurrent(t.Context(), current)
			if err != nil || int64(len(loaded.Rows)) != want {
				t.Errorf("%s in the lake: %+v (%v), want %d rows", table, loaded, err, want)
			}
		}
		follows(t, a, "live")
	})
}

// DMS sees a view only if the endpoint exposes views and the rule says that it selects one. Otherwise the run says that there
// is no such table, and that the other one is good.
func TestViewNeedsItsSettings(t *testing.T) {
	exposed := synthesize(t, listsView, "")
	asTable := synthesize(t, listsAsBase, "")
	const setting = `"ExtraConnectionAttributes": "exposeViews=true",`
	hidden := version{exposed.department, bytes.Replace(exposed.template, []byte(setting), nil, 1)}
	if len(hidden.template) == len(exposed.template) {
		t.Fatalf("the template has no %s", setting)
	}
	db := staff(t)
	for name, v := range map[string]version{"without exposeViews": hidden, "without table-type": asTable} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := harness.Open(t, db, harness.Options{})
				outputs := a.DeployTemplate(v.department, v.template)
				if e := a.Run(outputs["StateMachineArn"], `{"job": "daily"}`); e.Status != sfntypes.ExecutionStatusFailed {
					t.Errorf("the full load is %s, want it to fail", e.Status)
				}
				for table, good := range map[string]bool{"HR.EMP": true, "HR.PAID": false} {
					records := a.TableRecords(outputs, table)
					if len(records) != 1 || records[0].Good != good {
						t.Errorf("records of %s: %+v, want one that is good: %v", table, records, good)
					}
				}
			})
		})
	}
}

// A file that lists the first view changes the endpoint of the database, and the task that uses it goes on afterwards.
func TestFirstViewIsAdded(t *testing.T) {
	const plain = "  daily: {type: full-load, tables: [HR.EMP]}\n"
	first, second := synthesize(t, plain+followsBase, ""), synthesize(t, listsView+followsBase, "")
	if first.department.HasViews() || !second.department.HasViews() {
		t.Fatal("HasViews is wrong")
	}
	db := staff(t)
	synctest.Test(t, func(t *testing.T) {
		a := harness.Open(t, db, harness.Options{})
		a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		before := follows(t, a, "live")
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settled)
		if after := follows(t, a, "live"); arn(after) != arn(before) {
			t.Errorf("the task is %s, want the same as before", arn(after))
		}
	})
}

// department.Load refuses a view in a job that follows changes, so that no such template exists.
func TestViewIsNotFollowed(t *testing.T) {
	_, err := department.Parse("sales.yaml", []byte(file("  live: {type: cdc, tables: [{table: HR.PAID, view: true}]}\n", "")))
	if err == nil || !strings.Contains(err.Error(), "cannot follow it: a view has no redo log") {
		t.Errorf("error %v, want that a view cannot be followed", err)
	}
}
