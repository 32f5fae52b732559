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

// cdcOnly makes the job follow changes without a load; backfill is what the file says of tables that join.
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
		task := f.last().Tasks[0]
		if task.Checkpoint == "" || task.SourceLatency == nil || task.TargetLatency == nil || !strings.HasPrefix(task.LogStream, "dms-task-") {
			t.Errorf("recorded task %+v, want a checkpoint, latencies and where its log is", task)
		}
	})
}

// A job that nothing happens to costs nothing but its records.
func TestUnchangedJobIsOnlyLookedAt(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		before, records := f.task(), len(f.RunRecords(f.outputs, "live-customers"))
		clear(f.traces)
		for range 100 {
			e := f.follow()
			f.want(e, sfntypes.ExecutionStatusSucceeded)
			if took := e.StopDate.Sub(*e.StartDate); took > 10*time.Second {
				t.Fatalf("a run took %v, want seconds", took)
			}
			time.Sleep(time.Second)
		}
		// The schedule has started some more meanwhile.
		got := len(f.RunRecords(f.outputs, "live-customers")) - records
		if got < 100 || got != len(f.traces) {
			t.Errorf("%d records of %d runs, of which at least 100 were ours", got, len(f.traces))
		}
		for trace, calls := range f.traces {
			if calls > 3 {
				t.Errorf("run %s made %d calls to DMS, want at most 3", trace, calls)
			}
		}
		after := f.task()
		if aws.ToString(after.ReplicationTaskArn) != aws.ToString(before.ReplicationTaskArn) ||
			!aws.ToTime(after.ReplicationTaskStartDate).Equal(aws.ToTime(before.ReplicationTaskStartDate)) {
			t.Error("the task was made or started anew")
		}
	})
}

// A table that joins a job which loads and follows is loaded; the others go on from where they were.
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
		if n := f.calls["ModifyReplicationTask"]; n != 1 {
			t.Errorf("the task was modified %d times, want once", n)
		}
		f.edit(func(j *department.Job) { j.Tables = j.Tables[:1] })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		if d, _ := f.Proof(f.outputs, f.db, "cdc", oracledb.Table{Schema: "SALES", Name: "ORDERS"}); !d.Equal() {
			t.Errorf("the table that left the job lost its data: %s", d.Example)
		}
	})
}

// A cdc task loads nothing: whether a table that joins has a history is for the file to say.
func TestTableJoinsCDC(t *testing.T) {
	for name, backfill := range map[string]*bool{"unsaid": nil, "with its history": new(true), "without": new(false)} {
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
						t.Error("the task was touched, though the file does not say what to do")
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
				f.task() // The one that loaded is gone.
			})
		})
	}
}

func TestPausedJobKeepsItsPlace(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		before := f.task()
		f.edit(func(j *department.Job) { j.Paused = true })
		for range 2 {
			f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
			f.wantStatus("stopped")
		}
		if r := f.last(); !strings.Contains(r.Reason, "paused") || r.Tasks[0].Checkpoint == "" {
			t.Errorf("record %+v, want the pause and the checkpoint", r)
		}
		f.customers(1001, 1002)
		time.Sleep(24 * time.Hour)
		f.edit(func(j *department.Job) { j.Paused = false })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		f.wantEqual("CUSTOMER")
		if aws.ToString(f.task().ReplicationTaskArn) != aws.ToString(before.ReplicationTaskArn) {
			t.Error("the task was made anew")
		}
	})
}

// After three resumes in a row that did not hold, the job is given up until a person says otherwise.
func TestBrokenJobIsGivenUp(t *testing.T) {
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
		clear(f.calls)
		told := len(f.SNS.Messages(f.outputs["AlertTopicArn"]))
		for range 3 {
			e := f.follow()
			f.want(e, sfntypes.ExecutionStatusFailed)
			if cause := aws.ToString(e.Cause); !strings.Contains(cause, "ORA-01291") {
				t.Fatalf("the run failed with %q, want Oracle's words", cause)
			}
		}
		for range 5 {
			e := f.follow()
			f.want(e, sfntypes.ExecutionStatusFailed)
			if cause := aws.ToString(e.Cause); !strings.Contains(cause, `{"job": "live-customers", "resume": true}`) {
				t.Fatalf("the run failed with %q, want how to start again", cause)
			}
		}
		if n := f.calls["StartReplicationTask"]; n != 3 {
			t.Errorf("the task was resumed %d times, want 3", n)
		}
		if n := len(f.SNS.Messages(f.outputs["AlertTopicArn"])) - told; n != 2 {
			t.Errorf("%d messages, want 2: one of the failure and one that nothing is tried any more", n)
		}
		f.want(f.follow(`"resume": true`), sfntypes.ExecutionStatusFailed)
		if n := f.calls["StartReplicationTask"]; n != 4 {
			t.Errorf("a person asked to resume, and the task was resumed %d times, want 4", n)
		}
	})
}

// DMS carries no TRUNCATE to the lake: the record says so until the table is loaded anew.
func TestTruncatedTableDivergesUntilItIsReloaded(t *testing.T) {
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
				told := len(f.SNS.Messages(f.outputs["AlertTopicArn"]))
				for range 3 {
					f.want(f.follow(), sfntypes.ExecutionStatusFailed)
					if r := f.lastOf("SALES.CUSTOMER"); !r.Diverged || !strings.Contains(r.Reason, `"reload": ["SALES.CUSTOMER"]`) {
						t.Fatalf("record %+v, want it diverged, and how to mend that", r)
					}
				}
				if n := len(f.SNS.Messages(f.outputs["AlertTopicArn"])) - told; n != 1 {
					t.Errorf("%d messages, want one", n)
				}
				started := aws.ToTime(f.task().ReplicationTaskStartDate)
				f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
				f.customers(3001)
				time.Sleep(batch)
				f.wantEqual("CUSTOMER")
				f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
				if r := f.lastOf("SALES.CUSTOMER"); r.Diverged || !r.Good {
					t.Errorf("record %+v, want it good again", r)
				}
				if !aws.ToTime(f.task().ReplicationTaskStartDate).Equal(started) {
					t.Error("the task was stopped for the reload")
				}
			})
		})
	}
}

// A table whose filter changes keeps the rows of the old one in the lake, until it is loaded anew.
func TestReshapedTableDivergesUntilItIsReloaded(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, func(j *department.Job) {
			j.Tables[0].Filters = []department.Filter{{Column: "C_CUSTKEY", Operator: "lte", Value: "70"}}
		})
		f.edit(func(j *department.Job) { j.Tables[0].Filters = nil })
		for range 2 {
			f.want(f.follow(), sfntypes.ExecutionStatusFailed)
			if r := f.lastOf("SALES.CUSTOMER"); !r.Diverged || !strings.Contains(r.Reason, "filters, its excluded columns or its name") {
				t.Fatalf("record %+v, want it diverged, and why", r)
			}
		}
		f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		f.wantEqual("CUSTOMER")
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
	})
}

// What DMS cannot change in a task is done only when the file allows to begin anew.
func TestTaskIsReplacedOnlyIfTheFileSaysSo(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		before := aws.ToString(f.task().ReplicationTaskArn)
		f.edit(cdcOnly(nil))
		e := f.follow()
		f.want(e, sfntypes.ExecutionStatusFailed)
		if cause := aws.ToString(e.Cause); !strings.Contains(cause, "checkpoint:") || !strings.Contains(cause, "onReplace: restart") {
			t.Errorf("the run failed with %q, want what would be lost and how to allow it", cause)
		}
		f.wantStatus("running")
		if aws.ToString(f.task().ReplicationTaskArn) != before {
			t.Fatal("the task was replaced though the file does not allow it")
		}
		f.edit(func(j *department.Job) { j.OnReplace = department.Restart })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.wantStatus("running")
		if aws.ToString(f.task().ReplicationTaskArn) == before {
			t.Error("the task was not replaced though the file allows it")
		}
	})
}

// A cdc task that somebody deleted is made anew, and goes on from where it was: its changes are in no load.
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
