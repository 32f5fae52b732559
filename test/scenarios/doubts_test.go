package scenarios_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/oracledb"
)

// A paused job does nothing: what a person asks of it is refused, and not called done.
func TestPausedJobRefusesWhatItCannotDo(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		f.edit(func(j *department.Job) { j.Paused = true })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		for _, ask := range []string{`"reload": ["SALES.CUSTOMER"]`, `"resume": true`} {
			e := f.follow(ask)
			f.want(e, sfntypes.ExecutionStatusFailed)
			if cause := aws.ToString(e.Cause); !strings.Contains(cause, "paused: true") {
				t.Errorf("%s failed with %q, want that the job is paused", ask, cause)
			}
		}
		f.wantStatus("stopped")
	})
}

// A task that somebody stopped had kept running: to resume it, however often, gives no job up.
func TestStopsByHandDoNotBreakAJob(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		for range 5 {
			_, err := f.Tasks.StopReplicationTask(t.Context(), &awsdms.StopReplicationTaskInput{ReplicationTaskArn: f.task().ReplicationTaskArn})
			if err != nil {
				t.Fatal(err)
			}
			for strings.Contains("running stopping", aws.ToString(f.task().Status)) {
				time.Sleep(10 * time.Second)
			}
			f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
			f.wantStatus("running")
		}
	})
}

// A task of a cdc job that is made anew loads nothing: the lake holds what it held, and so a table stays diverged.
func TestNewTaskOfCDCMendsNoTable(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, cdcOnly(new(true)))
		if err := db.Truncate(t.Context(), oracledb.Table{Schema: "SALES", Name: "CUSTOMER"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		arn := f.task().ReplicationTaskArn
		if _, err := f.Tasks.StopReplicationTask(t.Context(), &awsdms.StopReplicationTaskInput{ReplicationTaskArn: arn}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute)
		if _, err := f.Tasks.DeleteReplicationTask(t.Context(), &awsdms.DeleteReplicationTaskInput{ReplicationTaskArn: arn}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		if r := f.lastOf("SALES.CUSTOMER"); !r.Diverged {
			t.Errorf("record %+v, want the table diverged as before", r)
		}
	})
}

// A run that takes over from one that was loading tables, and has nothing to load itself, leaves no task that loads.
func TestTakeOverLeavesNoBackfill(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, cdcOnly(new(true)))
		f.edit(func(j *department.Job) { j.Tables = append(j.Tables, tableOf("SUPPLIER")) })
		execution := f.Start(f.outputs["StateMachineArn"], `{"job": "live-customers"}`, 0)
		for len(f.TasksOf("oralake-sales", "live-customers")) < 2 {
			time.Sleep(10 * time.Second)
		}
		f.stop(execution)
		f.edit(func(j *department.Job) { j.Tables = j.Tables[:1] })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(30 * time.Minute)
		f.task()
	})
}
