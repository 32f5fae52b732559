package scenarios_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/run"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/harness"
)

// A second invocation of Record, after the tasks are deleted, finds the record and does not change it.
func TestLateRecordChangesNothing(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		var again func() (run.Document, error)
		steps := harness.RealSteps()
		newRecord := steps["Record"]
		steps["Record"] = func(cfg aws.Config, getenv func(string) string, log *slog.Logger) (run.Step, error) {
			record, err := newRecord(cfg, getenv, log)
			return func(ctx context.Context, doc run.Document) (run.Document, error) {
				again = func() (run.Document, error) { return record(t.Context(), doc) }
				return record(ctx, doc)
			}, err
		}
		a := openWith(t, db, harness.Options{Steps: steps})
		outputs := a.Deploy(d)
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`), sfntypes.ExecutionStatusSucceeded)
		after, err := again()
		if err != nil || after.Error != nil {
			t.Errorf("the late Record returned %+v, %v; want the success that was recorded", after.Error, err)
		}
		runs := a.RunRecords(outputs, "daily-orders")
		if len(runs) != 1 || runs[0].Outcome != "SUCCEEDED" {
			t.Errorf("records %+v, want one success", runs)
		}
		if n := len(a.Alerts(outputs["AlertTopicArn"])); n != 0 {
			t.Errorf("%d messages, want none", n)
		}
	})
}

// A failed task that the file keeps is stopped, even if DMS does not document its status.
func TestKeptTaskIsStoppedWhateverItsStatus(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	job(t, d, "daily-orders").KeepFailedTask = true
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		a.faults.set(func(f *faults) { f.hang = true })
		a.faults.set(func(f *faults) {
			f.odd = localdms.Odd{Status: "Running with errors", At: 2 * time.Minute, For: 10 * time.Minute}
		})
		outputs := a.Deploy(d)
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "daily-orders"}`), sfntypes.ExecutionStatusFailed)
		time.Sleep(20 * time.Minute)
		for _, task := range a.TasksOf("oralake-sales", "daily-orders") {
			if got := aws.ToString(task.Status); got != "stopped" {
				t.Errorf("task is %s, want stopped", got)
			}
		}
	})
}

// A CDC task whose creation and first deletion failed is replaced: it has no checkpoint to lose.
func TestTaskThatWasNeverCreatedIsReplaced(t *testing.T) {
	db, d := sample(t), load(t, "sales")
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		a.faults.set(func(f *faults) { f.broken, f.undeleted = 1, 1 })
		outputs := a.Deploy(d)
		time.Sleep(30 * time.Minute) // The schedule started the job as soon as it was deployed.
		a.want(a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "live-customers"}`), sfntypes.ExecutionStatusSucceeded)
	})
}
