package scenarios_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// wantLoaded checks that the lake has all rows of a table of SALES.
func wantLoaded(t *testing.T, a *harness.Account, o harness.Outputs, db *oracledb.Database, table string) {
	t.Helper()
	d, met := a.Proof(o, db, "cdc", oracledb.Table{Schema: "SALES", Name: table})
	if !d.Equal() || met.LoadRows != d.Rows {
		t.Errorf("%s: %d of %d rows loaded, %d missing, %d too many: %s", table, met.LoadRows, d.Rows, d.Missing, d.Extra, d.Example)
	}
}

// A table is added to a paused cdc job that has no task. The table is loaded when the job continues, though no task says
// which tables are new.
func TestTableJoinsWhileThereIsNoTask(t *testing.T) {
	const (
		paused   = `  tail: {type: full-load-and-cdc, tables: [SALES.REGION], paused: true}` + "\n"
		replaced = `  tail: {type: cdc, tables: [SALES.REGION], paused: true, onReplace: restart}` + "\n"
		joined   = `  tail: {type: cdc, tables: [SALES.REGION, SALES.SUPPLIER], paused: true, onReplace: restart, backfill: true}` + "\n"
		goesOn   = `  tail: {type: cdc, tables: [SALES.REGION, SALES.SUPPLIER], onReplace: restart, backfill: true}` + "\n"
	)
	first := synthesize(t, `  tail: {type: full-load-and-cdc, tables: [SALES.REGION]}`+"\n", "")
	var later []version
	for _, jobs := range []string{paused, replaced, joined, goesOn} {
		later = append(later, synthesize(t, jobs, ""))
	}
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		a := harness.Open(t, db, harness.Options{})
		outputs := a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		for _, v := range later {
			if err := a.Update(v.department, v.template); err != nil {
				t.Fatal(err)
			}
			time.Sleep(settled)
		}
		follows(t, a, "tail")
		wantLoaded(t, a, outputs, db, "SUPPLIER")
	})
}

// The added table is also loaded when a person deletes the task just before the deploy.
func TestTableJoinsAfterItsTaskWasDeleted(t *testing.T) {
	first := synthesize(t, `  tail: {type: cdc, tables: [SALES.REGION], backfill: true}`+"\n", "")
	second := synthesize(t, `  tail: {type: cdc, tables: [SALES.REGION, SALES.SUPPLIER], backfill: true}`+"\n", "")
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		a := harness.Open(t, db, harness.Options{})
		outputs := a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		arn := aws.String(arn(follows(t, a, "tail")))
		if _, err := a.Tasks.StopReplicationTask(t.Context(), &awsdms.StopReplicationTaskInput{ReplicationTaskArn: arn}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if _, err := a.Tasks.DeleteReplicationTask(t.Context(), &awsdms.DeleteReplicationTaskInput{ReplicationTaskArn: arn}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settled)
		follows(t, a, "tail")
		wantLoaded(t, a, outputs, db, "SUPPLIER")
	})
}

// When the tables of a paused job change, its task is modified and not started.
func TestPausedJobIsModifiedAndNotStarted(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		f.edit(func(j *department.Job) { j.Paused = true })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		starts := f.calls.of("StartReplicationTask")
		f.edit(func(j *department.Job) { j.Tables = append(j.Tables, tableOf("SUPPLIER")) })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.wantStatus("stopped")
		if n := f.calls.of("StartReplicationTask") - starts; n != 0 || f.calls.of("ModifyReplicationTask") != 1 {
			t.Errorf("the task was started %d times and modified %d times, want 0 and 1", n, f.calls.of("ModifyReplicationTask"))
		}
		f.edit(func(j *department.Job) { j.Paused = false })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		f.wantEqual("CUSTOMER", "SUPPLIER")
	})
}
