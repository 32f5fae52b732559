package scenarios_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

var customer = oracledb.Table{Schema: "SALES", Name: "CUSTOMER"}

// stopTask stops the job's task as a person does, and waits until it is stopped.
func (f *following) stopTask() {
	f.t.Helper()
	if _, err := f.Tasks.StopReplicationTask(f.t.Context(), &awsdms.StopReplicationTaskInput{ReplicationTaskArn: f.task().ReplicationTaskArn}); err != nil {
		f.t.Fatal(err)
	}
	time.Sleep(5 * time.Minute)
}

// startTask resumes the job's task as a person does, and waits until it is running.
func (f *following) startTask() {
	f.t.Helper()
	if _, err := f.Tasks.StartReplicationTask(f.t.Context(), &awsdms.StartReplicationTaskInput{
		ReplicationTaskArn: f.task().ReplicationTaskArn, StartReplicationTaskType: dmstypes.StartReplicationTaskTypeValueResumeProcessing,
	}); err != nil {
		f.t.Fatal(err)
	}
	time.Sleep(5 * time.Minute)
}

// A person may accept DDL that left the rows of a table as they are. The record says who accepted it, when, and in which run. DDL
// that runs later counts again.
func TestHarmlessDDLIsAccepted(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		if err := db.AddColumn(t.Context(), customer, "C_NOTE VARCHAR2(20)"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		noticed := f.lastOf("SALES.CUSTOMER")
		if !noticed.DDLSeen || noticed.Diverged || !strings.Contains(noticed.Reason, `{"job": "live-customers", "accept": ["SALES.CUSTOMER"]}`) {
			t.Fatalf("record %+v, want DDL seen, and how to accept it", noticed)
		}
		time.Sleep(time.Minute)
		began := time.Now()
		e := f.follow(`"accept": ["SALES.CUSTOMER"]`, `"by": "Ana, ticket 4711"`)
		f.want(e, sfntypes.ExecutionStatusSucceeded)
		r := f.lastOf("SALES.CUSTOMER")
		if a := r.Accepted; !r.Good || r.DDLSeen || a == nil || a.By != "Ana, ticket 4711" || a.Execution != aws.ToString(e.ExecutionArn) ||
			a.At.Before(began) || !a.NoticedAt.Before(began) {
			t.Errorf("record %+v with acceptance %+v, want it good, and who accepted what and when", r, r.Accepted)
		}
		time.Sleep(time.Minute)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		if r := f.lastOf("SALES.CUSTOMER"); !r.Good || r.Accepted != nil {
			t.Errorf("record %+v, want it good, and no second acceptance", r)
		}
		before := len(f.Alerts(f.outputs["AlertTopicArn"]))
		if err := db.Truncate(t.Context(), customer); err != nil {
			t.Fatal(err)
		}
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		if r := f.lastOf("SALES.CUSTOMER"); !r.DDLSeen || len(f.Alerts(f.outputs["AlertTopicArn"])) != before+1 {
			t.Errorf("record %+v, want the later DDL seen, and one alert", r)
		}
	})
}

// A request that cannot be accepted as a whole accepts nothing, and says why.
func TestAcceptanceIsRefused(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, func(j *department.Job) {
			cdcOnly(new(true))(j)
			j.Tables = append(j.Tables, tableOf("SUPPLIER"), tableOf("NATION"))
			j.Tables[1].Filters = []department.Filter{{Column: "S_SUPPKEY", Operator: "lte", Value: "5"}}
		})
		f.edit(func(j *department.Job) { j.Tables[1].Filters = nil })
		if err := db.AddColumn(t.Context(), customer, "C_NOTE VARCHAR2(20)"); err != nil {
			t.Fatal(err)
		}
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		if r := f.lastOf("SALES.SUPPLIER"); !r.Diverged || r.DDLSeen || !strings.Contains(r.Reason, "rows may be missing") || strings.Contains(r.Reason, "accept") {
			t.Fatalf("record %+v, want rows missing, and no way to accept that", r)
		}
		for request, want := range map[string]string{
			`"accept": ["SALES.CUSTOMER", "SALES.SUPPLIER"]`:             `rows of SALES.SUPPLIER may be missing in the lake, which nobody can accept`,
			`"accept": ["SALES.CUSTOMER", "SALES.NATION"]`:               `no run has noticed DDL on SALES.NATION`,
			`"accept": ["SALES.CUSTOMER", "sales.suplier"]`:              `no table sales.suplier (did you mean SALES.SUPPLIER?)`,
			`"reload": ["CUSTOMER"]`:                                     `no table CUSTOMER`,
			`"accept": ["SALES.CUSTOMER"], "reload": ["SALES.CUSTOMER"]`: `SALES.CUSTOMER is in both "reload" and "accept"`,
			`"accept": []`: `"accept" is empty`,
			`"by": "Ana"`:  `"by" says who accepts DDL`,
		} {
			time.Sleep(time.Second)
			e := f.follow(request)
			f.want(e, sfntypes.ExecutionStatusFailed)
			if cause := aws.ToString(e.Cause); !strings.Contains(cause, want) {
				t.Errorf("%s failed with %q, want %q", request, cause, want)
			}
			if r := f.last(); !strings.Contains(r.Reason, want) || r.Outcome != "FAILED" || r.TaskCount > 0 {
				t.Errorf("%s: record %s %q, want it failed with %q, and nothing else", request, r.Outcome, r.Reason, want)
			}
		}
		time.Sleep(time.Second)
		f.follow()
		if r := f.lastOf("SALES.CUSTOMER"); !r.DDLSeen {
			t.Errorf("record %+v, want the DDL still seen: every request was refused", r)
		}
		e := f.follow(`"accept": ["SALES.CUSTOMER"], "reload": ["SALES.SUPPLIER"]`)
		f.want(e, sfntypes.ExecutionStatusSucceeded)
	})
}

// DMS does not document whether its counts of changes start again at a resume. No DDL is missed either way, and none is claimed
// twice while the task goes on.
func TestDDLIsSeenOverRestarts(t *testing.T) {
	for name, restart := range map[string]bool{"counts go on": false, "counts start again": true} {
		t.Run(name, func(t *testing.T) {
			db := writable(t)
			synctest.Test(t, func(t *testing.T) {
				f := openFollowingWith(t, db, harness.Options{DMS: localdms.Options{CountersRestart: restart}}, asItIs)
				see := func(what string, want bool) {
					t.Helper()
					time.Sleep(time.Second)
					f.follow()
					if r := f.lastOf("SALES.CUSTOMER"); r.DDLSeen != want {
						t.Fatalf("%s: DDL seen is %t, want %t: %+v", what, r.DDLSeen, want, r)
					}
				}
				column := 0
				ddl := func() {
					t.Helper()
					column++
					if err := db.AddColumn(t.Context(), customer, fmt.Sprintf("C_NOTE%d VARCHAR2(20)", column)); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Minute)
				}
				accept := func() {
					t.Helper()
					time.Sleep(time.Second)
					f.want(f.follow(`"accept": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
					see("accepted", false)
				}
				see("at first", false)
				ddl()
				see("DDL", true)
				accept()
				// One more while the task is stopped: as many as the counts had before.
				f.stopTask()
				ddl()
				see("DDL while the task is stopped", true)
				accept()
				// One more between the last look and a stop: a run reads the counts before it resumes the task.
				ddl()
				f.stopTask()
				see("DDL before a stop", true)
				accept()
				// A person resumes the task, and then there is one more.
				f.stopTask()
				f.startTask()
				ddl()
				see("DDL after a resume by hand", true)
				accept()
				see("nothing new", false)
			})
		})
	}
}

// If counts start again, and the task was started by nobody who read them, DDL may have run unseen. The record does not call the
// table good.
func TestUncountedDDLIsNotCalledGood(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowingWith(t, db, harness.Options{DMS: localdms.Options{CountersRestart: true}}, asItIs)
		f.customers(1001, 1002)
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.stopTask()
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		if r := f.lastOf("SALES.CUSTOMER"); !r.Good {
			t.Fatalf("record %+v, want it good: the run read the counts before it resumed the task", r)
		}
		if err := db.Truncate(t.Context(), customer); err != nil {
			t.Fatal(err)
		}
		time.Sleep(batch)
		f.stopTask()
		f.startTask()
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		if r := f.lastOf("SALES.CUSTOMER"); !r.DDLSeen || !strings.Contains(r.Reason, "DDL may have run unseen") {
			t.Errorf("record %+v, want that DDL may have run", r)
		}
		f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		f.wantEqual("CUSTOMER")
	})
}

// A table is truncated while its task cannot run. A person starts the task, which counts the DDL, and DMS starts the task again before a
// run reads the counts. Nothing was counted before, so no count shows whether the counts have started again at 0. The record does not
// call the table good, whichever is so.
func TestDDLBetweenStartsIsNotCalledGood(t *testing.T) {
	for name, restart := range map[string]bool{"counts go on": false, "counts start again": true} {
		t.Run(name, func(t *testing.T) {
			db := writable(t)
			synctest.Test(t, func(t *testing.T) {
				f := openFollowingWith(t, db, harness.Options{DMS: localdms.Options{CountersRestart: restart}}, asItIs)
				f.stopTask()
				f.faults.set(func(all *faults) { all.fail = "ORA-12170: TNS:Connect timeout occurred" })
				f.want(f.follow(), sfntypes.ExecutionStatusFailed)
				f.faults.set(func(all *faults) { all.fail = "" })
				if err := db.Truncate(t.Context(), customer); err != nil {
					t.Fatal(err)
				}
				time.Sleep(batch)
				f.startTask()
				if err := f.DMS.Recycle(aws.ToString(f.task().ReplicationTaskIdentifier), "RECYCLE_TASK", time.Minute); err != nil {
					t.Fatal(err)
				}
				time.Sleep(batch)
				f.want(f.follow(), sfntypes.ExecutionStatusFailed)
				want := "DDL seen:"
				if restart {
					want = "DDL may have run unseen"
				}
				if r := f.lastOf("SALES.CUSTOMER"); r.Good || !r.DDLSeen || !strings.Contains(r.Reason, want) {
					t.Errorf("record %+v, want DDL seen, and %q", r, want)
				}
				f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
				time.Sleep(batch)
				f.wantEqual("CUSTOMER")
			})
		})
	}
}

// A run waits before it reloads a table. Meanwhile another table is truncated, and the task stops. The run reads the counts before it
// starts the task again.
func TestDDLBeforeAStopInARunIsSeen(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowingWith(t, db, harness.Options{DMS: localdms.Options{CountersRestart: true}}, func(j *department.Job) {
			j.Tables = append(j.Tables, tableOf("SUPPLIER"))
		})
		execution := f.Start(f.outputs["StateMachineArn"], `{"job": "live-customers", "reload": ["SALES.CUSTOMER"]}`, 30*time.Second)
		if err := db.Truncate(t.Context(), oracledb.Table{Schema: "SALES", Name: "SUPPLIER"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		f.stopTask()
		f.want(f.Await(execution), sfntypes.ExecutionStatusFailed)
		f.wantStatus("running")
		if r := f.lastOf("SALES.SUPPLIER"); r.Good || !r.DDLSeen || !strings.Contains(r.Reason, "DDL seen:") {
			t.Errorf("record %+v, want DDL seen", r)
		}
		if r := f.lastOf("SALES.CUSTOMER"); !r.Good {
			t.Errorf("record %+v, want it good", r)
		}
	})
}

// A table is truncated just before the list changes. The run that modifies the task has read the counts, which start again then.
func TestDDLBeforeAChangeOfTheListIsSeen(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowingWith(t, db, harness.Options{DMS: localdms.Options{CountersRestart: true}}, asItIs)
		f.customers(1001)
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.edit(func(j *department.Job) { j.Tables = append(j.Tables, tableOf("SUPPLIER")) })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		// The counts are known to start again now. The runs that change the list have read them before.
		f.edit(func(j *department.Job) { j.Tables = append(j.Tables, tableOf("NATION")) })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		if err := db.Truncate(t.Context(), customer); err != nil {
			t.Fatal(err)
		}
		time.Sleep(batch)
		f.edit(func(j *department.Job) { j.Tables = append(j.Tables, tableOf("REGION")) })
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		if r := f.lastOf("SALES.CUSTOMER"); !r.DDLSeen || !strings.Contains(r.Reason, "DDL seen:") {
			t.Errorf("record %+v, want DDL seen", r)
		}
	})
}

// A table leaves the task and returns before a run has read the counts of the others. Its own counts begin at 0 again, which says
// nothing about those of the others: no DDL may have run unseen when a person starts the task.
func TestCountsOfATableThatReturns(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, func(j *department.Job) { j.Tables = append(j.Tables, tableOf("SUPPLIER")) })
		f.write(`UPDATE SALES.SUPPLIER SET S_ACCTBAL = 1`)
		f.manyChanges()
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.edit(func(j *department.Job) { j.Tables = j.Tables[:1] })
		// The run that takes the table out is stopped before it reads the counts.
		starts := f.calls.of("StartReplicationTask")
		execution := f.Start(f.outputs["StateMachineArn"], `{"job": "live-customers"}`, 0)
		for f.calls.of("StartReplicationTask") == starts {
			time.Sleep(time.Second)
		}
		f.Stop(execution, "the database team asked for it")
		f.edit(func(j *department.Job) { j.Tables = append(j.Tables, tableOf("SUPPLIER")) })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.stopTask()
		f.startTask()
		e := f.follow()
		f.want(e, sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		f.wantEqual("CUSTOMER", "SUPPLIER")
	})
}

// A table is truncated just before its job is paused, and a person deletes the paused job's task, with its counts of DDL. The run
// that paused the job has read them.
func TestDDLBeforeAPauseIsSeen(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, cdcOnly(new(true)))
		f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
		if err := db.Truncate(t.Context(), customer); err != nil {
			t.Fatal(err)
		}
		time.Sleep(batch)
		f.edit(func(j *department.Job) { j.Paused = true })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.wantStatus("stopped")
		f.deleteStoppedTask()
		f.edit(func(j *department.Job) { j.Paused = false })
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		if r := f.lastOf("SALES.CUSTOMER"); r.Good || !r.DDLSeen {
			t.Errorf("record %+v, want DDL seen", r)
		}
	})
}

// DMS does not replicate DDL on partitions. If it counts such DDL, the record says that DDL was seen, and names partitions.
func TestPartitionDDLIsSeenIfItIsCounted(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		if err := db.TruncatePartition(t.Context(), customer, "C_CUSTKEY < 50"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(batch)
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		if r := f.lastOf("SALES.CUSTOMER"); !r.DDLSeen || !strings.Contains(r.Reason, "TRUNCATE PARTITION") {
			t.Errorf("record %+v, want DDL seen, and partitions named", r)
		}
		f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
		time.Sleep(batch)
		f.wantEqual("CUSTOMER")
	})
}
