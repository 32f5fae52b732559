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

// A run of a paused job with "reload", "accept" or "resume" fails and says that the job is paused.
func TestPausedJobRefusesReloadAndResume(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		f.edit(func(j *department.Job) { j.Paused = true })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		for _, request := range []string{`"reload": ["SALES.CUSTOMER"]`, `"accept": ["SALES.CUSTOMER"]`, `"resume": true`} {
			e := f.follow(request)
			f.want(e, sfntypes.ExecutionStatusFailed)
			if cause := aws.ToString(e.Cause); !strings.Contains(cause, "paused: true") {
				t.Errorf("%s failed with %q, want that the job is paused", request, cause)
			}
		}
		f.wantStatus("stopped")
	})
}

// A task that a person stopped is resumed each time: such a stop does not count as a failed resume.
func TestStopsByHandAreNoFailures(t *testing.T) {
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

// A new task of a cdc job loads no table: a table that was truncated stays bad.
func TestNewCDCTaskFixesNoTable(t *testing.T) {
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
		if r := f.lastOf("SALES.CUSTOMER"); !r.DDLSeen || r.Good {
			t.Errorf("record %+v, want the DDL seen as before", r)
		}
	})
}

// A new task of a full-load-and-cdc job loads all tables: a table that was truncated is good again.
func TestNewTaskThatLoadsFixesAllTables(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		if err := db.Truncate(t.Context(), oracledb.Table{Schema: "SALES", Name: "CUSTOMER"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		arn := f.task().ReplicationTaskArn
		f.stopTask()
		if _, err := f.Tasks.DeleteReplicationTask(t.Context(), &awsdms.DeleteReplicationTaskInput{ReplicationTaskArn: arn}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		if r := f.lastOf("SALES.CUSTOMER"); r.DDLSeen || !r.Good {
			t.Errorf("record %+v, want the table good", r)
		}
		f.wantEqual("CUSTOMER")
	})
}

// A run takes over from a run that was loading an added table. It has no table to load and deletes the loading task.
func TestTakeOverLeavesNoBackfill(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, cdcOnly(new(true)))
		f.manyChanges()
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
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
