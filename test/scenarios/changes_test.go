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
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/oracledb"
)

func asItIs(*department.Job) {}

// cdcOnly makes the job a cdc job, which has no full load. backfill is the file's value for added tables.
func cdcOnly(backfill *bool) func(*department.Job) {
	return func(j *department.Job) {
		j.Type, j.Backfill, j.StartFrom = department.CDC, backfill, department.StartNow
	}
}

func TestChangesArriveAndAreCounted(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		f.customers(1001, 1002)
		f.write(`UPDATE SALES.CUSTOMER SET C_ACCTBAL = 1 WHERE C_CUSTKEY <= 3`, `DELETE FROM SALES.CUSTOMER WHERE C_CUSTKEY = 4`)
		time.Sleep(batch)
		f.wantEqual("CUSTOMER")
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		want := records.Changes{Inserts: 2, Updates: 3, Deletes: 1}
		if got := f.lastOf("SALES.CUSTOMER"); got.New != want || got.Changes != want {
			t.Errorf("recorded changes %+v, new %+v; want %+v", got.Changes, got.New, want)
		}
		f.customers(1003)
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		if got, want := f.lastOf("SALES.CUSTOMER").New, (records.Changes{Inserts: 1}); got != want {
			t.Errorf("new changes %+v, want %+v", got, want)
		}
		task := f.lastTask()
		if task.Checkpoint == "" || task.SourceLatency == nil || task.TargetLatency == nil || !strings.HasPrefix(task.LogStream, "dms-task-") {
			t.Errorf("recorded task %+v, want a checkpoint, latencies and where its log is", task)
		}
	})
}

// Without changes, each run of a cdc job makes at most three calls to DMS and writes one record.
func TestUnchangedJobMakesFewCalls(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		before, records := f.task(), len(f.RunRecords(f.outputs, "live-customers"))
		f.calls.clear()
		for range 100 {
			e := f.follow()
			f.want(e, sfntypes.ExecutionStatusSucceeded)
			if took := e.StopDate.Sub(*e.StartDate); took > 10*time.Second {
				t.Fatalf("a run took %v, want seconds", took)
			}
			time.Sleep(time.Second)
		}
		// The schedule has also started some runs.
		got := len(f.RunRecords(f.outputs, "live-customers")) - records
		if got < 100 || got != len(f.calls.executions()) {
			t.Errorf("%d new records, want one for each of the %d runs, at least 100", got, len(f.calls.executions()))
		}
		for trace, calls := range f.calls.executions() {
			if calls > 3 {
				t.Errorf("run %s made %d calls to DMS, want at most 3", trace, calls)
			}
		}
		after := f.task()
		if aws.ToString(after.ReplicationTaskArn) != aws.ToString(before.ReplicationTaskArn) ||
			!aws.ToTime(after.ReplicationTaskStartDate).Equal(aws.ToTime(before.ReplicationTaskStartDate)) {
			t.Error("the task was created or started again")
		}
	})
}

// A table that is added to a full-load-and-cdc job is loaded. The other tables continue from their checkpoint.
func TestTableJoinsFullLoadAndCDC(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		before := f.task()
		f.customers(1001)
		f.edit(func(j *department.Job) { j.Tables = append(j.Tables, tableOf("ORDERS")) })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.customers(1002)
		f.write(`DELETE FROM SALES.ORDERS WHERE O_ORDERKEY = 1`)
		time.Sleep(time.Hour)
		f.wantEqual("CUSTOMER", "ORDERS")
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		if got, want := aws.ToString(f.task().ReplicationTaskArn), aws.ToString(before.ReplicationTaskArn); got != want {
			t.Errorf("task %s, want %s as before: changed, not replaced", got, want)
		}
		if n := f.calls.of("ModifyReplicationTask"); n != 1 {
			t.Errorf("the task was modified %d times, want once", n)
		}
		f.edit(func(j *department.Job) { j.Tables = j.Tables[:1] })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		if d, _ := f.Proof(f.outputs, f.db, "cdc", oracledb.Table{Schema: "SALES", Name: "ORDERS"}); !d.Equal() {
			t.Errorf("the table that left the job lost its data: %s", d.Example)
		}
	})
}

// A cdc task loads no table. The file's backfill says whether an added table is loaded.
func TestTableJoinsCDC(t *testing.T) {
	for name, backfill := range map[string]*bool{"no backfill in the file": nil, "backfill true": new(true), "backfill false": new(false)} {
		t.Run(name, func(t *testing.T) {
			db := writable(t)
			synctest.Test(t, func(t *testing.T) {
				f := openFollowing(t, db, cdcOnly(backfill))
				started := aws.ToTime(f.task().ReplicationTaskStartDate)
				f.edit(func(j *department.Job) { j.Tables = append(j.Tables, tableOf("SUPPLIER")) })
				e := f.follow()
				rows := f.lastOf("SALES.SUPPLIER").Rows
				if backfill == nil {
					f.want(e, sfntypes.ExecutionStatusFailed)
					if cause := aws.ToString(e.Cause); !strings.Contains(cause, "SALES.SUPPLIER") || !strings.Contains(cause, "backfill: true") {
						t.Errorf("the run failed with %q, want the table and what to write", cause)
					}
					if !aws.ToTime(f.task().ReplicationTaskStartDate).Equal(started) || aws.ToString(f.task().Status) != "running" {
						t.Error("the task was stopped or started, though the file has no backfill")
					}
					return
				}
				f.want(e, sfntypes.ExecutionStatusSucceeded)
				f.write(`UPDATE SALES.SUPPLIER SET S_ACCTBAL = 1 WHERE S_SUPPKEY < 5`)
				time.Sleep(batch)
				d, met := f.Proof(f.outputs, f.db, "cdc", oracledb.Table{Schema: "SALES", Name: "SUPPLIER"})
				switch {
				case *backfill && !d.Equal():
					t.Errorf("%d rows missing, %d too many, %d different: %s", d.Missing, d.Extra, d.Changed, d.Example)
				case !*backfill && (d.Missing != d.Rows-4 || met.LoadRows != 0):
					t.Errorf("%d of %d rows missing, %d loaded; want only the four that changed", d.Missing, d.Rows, met.LoadRows)
				}
				if *backfill && rows != int64(d.Rows) {
					t.Errorf("the record says %d rows were loaded, want %d", rows, d.Rows)
				}
				f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
				f.task() // The task that loaded the table is deleted.
			})
		})
	}
}

func TestPausedJobKeepsItsCheckpoint(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		before := f.task()
		f.edit(func(j *department.Job) { j.Paused = true })
		for range 2 {
			f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
			f.wantStatus("stopped")
		}
		if r := f.last(); !strings.Contains(r.Reason, "paused") || f.lastTask().Checkpoint == "" {
			t.Errorf("record %+v, want the pause and the checkpoint", r)
		}
		f.customers(1001, 1002)
		time.Sleep(24 * time.Hour)
		f.edit(func(j *department.Job) { j.Paused = false })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		f.wantEqual("CUSTOMER")
		if aws.ToString(f.task().ReplicationTaskArn) != aws.ToString(before.ReplicationTaskArn) {
			t.Error("the task was created again")
		}
	})
}

// After three failed resumes in a row, runs stop resuming the task until a person asks for it with "resume": true.
func TestFailingJobIsResumedThreeTimes(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		f.edit(func(j *department.Job) { j.Paused = true })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.customers(1001)
		scn, err := db.SCN(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		db.ForgetBefore(scn + 1)
		f.edit(func(j *department.Job) { j.Paused = false })
		f.calls.clear()
		before := len(f.Alerts(f.outputs["AlertTopicArn"]))
		for range 3 {
			e := f.follow()
			f.want(e, sfntypes.ExecutionStatusFailed)
			if cause := aws.ToString(e.Cause); !strings.Contains(cause, "ORA-01291") {
				t.Fatalf("the run failed with %q, want Oracle's error", cause)
			}
		}
		for range 5 {
			e := f.follow()
			f.want(e, sfntypes.ExecutionStatusFailed)
			if cause := aws.ToString(e.Cause); !strings.Contains(cause, `{"job": "live-customers", "resume": true}`) {
				t.Fatalf("the run failed with %q, want how to resume the job", cause)
			}
		}
		if n := f.calls.of("StartReplicationTask"); n != 3 {
			t.Errorf("the task was resumed %d times, want 3", n)
		}
		if n := len(f.Alerts(f.outputs["AlertTopicArn"])) - before; n != 2 {
			t.Errorf("%d messages, want 2: the failure, and that the job is not resumed any more", n)
		}
		f.want(f.follow(`"resume": true`), sfntypes.ExecutionStatusFailed)
		if n := f.calls.of("StartReplicationTask"); n != 4 {
			t.Errorf("after a run with resume the task was resumed %d times, want 4", n)
		}
	})
}

// DMS does not replicate TRUNCATE. The record says that DDL was seen until the table is loaded again.
func TestTruncatedTableIsBadUntilItIsReloaded(t *testing.T) {
	for name, edit := range map[string]func(*department.Job){"full-load-and-cdc": asItIs, "cdc": cdcOnly(new(true))} {
		t.Run(name, func(t *testing.T) {
			db := writable(t)
			synctest.Test(t, func(t *testing.T) {
				f := openFollowing(t, db, edit)
				f.customers(1001)
				if err := db.Truncate(t.Context(), oracledb.Table{Schema: "SALES", Name: "CUSTOMER"}); err != nil {
					t.Fatal(err)
				}
				f.customers(2001, 2002)
				time.Sleep(batch)
				before := len(f.Alerts(f.outputs["AlertTopicArn"]))
				for range 3 {
					f.want(f.follow(), sfntypes.ExecutionStatusFailed)
					if r := f.lastOf("SALES.CUSTOMER"); !r.DDLSeen || r.Diverged || !strings.Contains(r.Reason, `"reload": ["SALES.CUSTOMER"]`) {
						t.Fatalf("record %+v, want DDL seen, and how to fix that", r)
					}
				}
				if n := len(f.Alerts(f.outputs["AlertTopicArn"])) - before; n != 1 {
					t.Errorf("%d messages, want one", n)
				}
				started := aws.ToTime(f.task().ReplicationTaskStartDate)
				f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
				f.customers(3001)
				time.Sleep(batch)
				f.wantEqual("CUSTOMER")
				f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
				if r := f.lastOf("SALES.CUSTOMER"); r.DDLSeen || !r.Good {
					t.Errorf("record %+v, want it good again", r)
				}
				if !aws.ToTime(f.task().ReplicationTaskStartDate).Equal(started) {
					t.Error("the task was stopped for the reload")
				}
			})
		})
	}
}

// When a table's filter changes, rows already in the lake keep the old filter until the table is loaded again.
func TestChangedTableDivergesUntilItIsReloaded(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, func(j *department.Job) {
			cdcOnly(new(true))(j)
			j.Tables[0].Filters = []department.Filter{{Column: "C_CUSTKEY", Operator: "lte", Value: "70"}}
		})
		f.edit(func(j *department.Job) { j.Tables[0].Filters = nil })
		for range 2 {
			f.want(f.follow(), sfntypes.ExecutionStatusFailed)
			if r := f.lastOf("SALES.CUSTOMER"); !r.Diverged || !strings.Contains(r.Reason, "filters, its excluded columns or its name") {
				t.Fatalf("record %+v, want it diverged, with the reason", r)
			}
		}
		f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		f.wantEqual("CUSTOMER")
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
	})
}

// DMS cannot change the type of a task. A run replaces the task only if the file has onReplace: restart.
func TestTaskIsReplacedOnlyIfTheFileAllowsIt(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		before := aws.ToString(f.task().ReplicationTaskArn)
		f.edit(cdcOnly(nil))
		e := f.follow()
		f.want(e, sfntypes.ExecutionStatusFailed)
		if cause := aws.ToString(e.Cause); !strings.Contains(cause, "checkpoint:") || !strings.Contains(cause, "onReplace: restart") {
			t.Errorf("the run failed with %q, want the checkpoint that would be lost and how to allow it", cause)
		}
		f.wantStatus("running")
		if aws.ToString(f.task().ReplicationTaskArn) != before {
			t.Fatal("the task was replaced though the file does not allow it")
		}
		time.Sleep(time.Second)
		f.edit(func(j *department.Job) { j.OnReplace = department.Restart })
		e = f.follow()
		f.want(e, sfntypes.ExecutionStatusFailed)
		if cause := aws.ToString(e.Cause); !strings.Contains(cause, "changes between the two may be missing") {
			t.Errorf("the run failed with %q, want that the new task may have missed changes", cause)
		}
		f.wantStatus("running")
		if aws.ToString(f.task().ReplicationTaskArn) == before {
			t.Error("the task was not replaced though the file allows it")
		}
		f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
	})
}

// When a person deletes a cdc task, the next run creates it again from its checkpoint: no change is lost.
func TestDeletedTaskOfCDCLosesNothing(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, cdcOnly(nil))
		f.customers(1001)
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		arn := f.task().ReplicationTaskArn
		if _, err := f.Tasks.StopReplicationTask(t.Context(), &awsdms.StopReplicationTaskInput{ReplicationTaskArn: arn}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if _, err := f.Tasks.DeleteReplicationTask(t.Context(), &awsdms.DeleteReplicationTaskInput{ReplicationTaskArn: arn}); err != nil {
			t.Fatal(err)
		}
		f.customers(1002, 1003)
		time.Sleep(10 * time.Minute)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.customers(1004)
		time.Sleep(batch)
		if _, met := f.Proof(f.outputs, f.db, "cdc", oracledb.Table{Schema: "SALES", Name: "CUSTOMER"}); met.Changes != 4 {
			t.Errorf("%d changes are in the lake, want all 4", met.Changes)
		}
	})
}
