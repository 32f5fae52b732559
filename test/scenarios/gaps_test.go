package scenarios_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// gap is an account in which the job tail followed a table of a writable database, up to a checkpoint that is lost.
type gap struct {
	*harness.Account
	t       *testing.T
	db      *oracledb.Database
	outputs harness.Outputs
}

// openGap deploys a first version and loads the table.
func openGap(t *testing.T, db *oracledb.Database, first version) *gap {
	t.Helper()
	g := &gap{Account: harness.Open(t, db, harness.Options{}), t: t, db: db}
	g.outputs = g.DeployTemplate(first.department, first.template)
	time.Sleep(settled)
	if first.department.Jobs[0].Type == department.FullLoadAndCDC {
		return g
	}
	if e := g.run(`"reload": ["SALES.REGION"]`); e != sfntypes.ExecutionStatusSucceeded {
		t.Fatalf("the reload is %s: %s", e, g.last().Reason)
	}
	return g
}

// run runs the job. more has further keys of the input.
func (g *gap) run(more ...string) sfntypes.ExecutionStatus {
	g.t.Helper()
	input := strings.Join(append([]string{`"job": "tail"`}, more...), ", ")
	return g.RunAfterOthers(g.outputs["StateMachineArn"], "{"+input+"}").Status
}

// last returns the record of the job's last run.
func (g *gap) last() records.Run {
	g.t.Helper()
	runs := g.RunRecords(g.outputs, "tail")
	if len(runs) == 0 {
		g.t.Fatal("the job has no record")
	}
	return runs[len(runs)-1]
}

func (g *gap) update(v version) {
	g.t.Helper()
	if err := g.Update(v.department, v.template); err != nil {
		g.t.Fatal(err)
	}
}

// stop stops the task as a person does.
func (g *gap) stop() {
	g.t.Helper()
	found := task(g.t, g.Account, "tail")
	if _, err := g.Tasks.StopReplicationTask(g.t.Context(), &awsdms.StopReplicationTaskInput{ReplicationTaskArn: found.ReplicationTaskArn}); err != nil {
		g.t.Fatal(err)
	}
	time.Sleep(5 * time.Minute)
}

// insert inserts a region that no task captures.
func (g *gap) insert(key int) {
	g.t.Helper()
	err := g.db.Write(g.t.Context(), func(tx *oracledb.Tx) error {
		return tx.Exec(fmt.Sprintf(`INSERT INTO SALES.REGION VALUES (%d, 'REGION %[1]d', 'new')`, key))
	})
	if err != nil {
		g.t.Fatal(err)
	}
}

// wantKnown checks that the job runs, that the record of the table says that rows are missing, and that a reload ends that.
func (g *gap) wantKnown() {
	g.t.Helper()
	time.Sleep(settled)
	follows(g.t, g.Account, "tail")
	status := g.run()
	all := g.TableRecords(g.outputs, "SALES.REGION")
	r := all[len(all)-1]
	if status != sfntypes.ExecutionStatusFailed || r.Good || !r.Diverged || !strings.Contains(r.Reason, `{"job": "tail", "reload": ["SALES.REGION"]}`) {
		g.t.Errorf("the run is %s, and the record says %+v: want it to say that rows are missing, and what to do", status, r)
	}
	if status := g.run(`"reload": ["SALES.REGION"]`); status != sfntypes.ExecutionStatusSucceeded {
		g.t.Errorf("the reload is %s: %s", status, g.last().Reason)
	}
	g.insert(99)
	time.Sleep(batch)
	if d, _ := g.Proof(g.outputs, g.db, "cdc", oracledb.Table{Schema: "SALES", Name: "REGION"}); !d.Equal() {
		g.t.Errorf("%d rows missing, %d too many, %d different: %s", d.Missing, d.Extra, d.Changed, d.Example)
	}
	if status := g.run(); status != sfntypes.ExecutionStatusSucceeded {
		g.t.Errorf("the run after the reload is %s: %s", status, g.last().Reason)
	}
}

const regionTail = `  tail: {type: cdc, tables: [SALES.REGION], backfill: true%s}` + "\n"

// The archived redo logs are lost while the task is stopped. The record says what a person can do. Then the job goes on, and knows
// that rows are missing.
func TestRowsLostWithArchivedLogsAreKnownToBeMissing(t *testing.T) {
	db := writable(t)
	first := synthesize(t, fmt.Sprintf(regionTail, ""), "")
	// The stand-in for Oracle begins at SCN 1000000, and this story uses six numbers.
	again := synthesize(t, fmt.Sprintf(regionTail, ", startFrom: 1000006, onReplace: restart"), "")
	synctest.Test(t, func(t *testing.T) {
		g := openGap(t, db, first)
		g.stop()
		for key := range 5 {
			g.insert(50 + key)
		}
		scn, err := db.SCN(t.Context())
		if err != nil || scn != 1000005 {
			t.Fatal(scn, err)
		}
		db.ForgetBefore(scn + 1)
		if status := g.run(); status != sfntypes.ExecutionStatusFailed {
			t.Fatalf("the run is %s without the logs", status)
		}
		reason := g.last().Reason
		for _, words := range []string{
			"ORA-01291", "the source no longer has the redo log that the task needs", `{"job": "tail", "resume": true}`, "startFrom",
			"onReplace: restart", "reload",
		} {
			if !strings.Contains(reason, words) {
				t.Errorf("the record says %q, want %q", reason, words)
			}
		}
		g.update(again)
		g.wantKnown()
	})
}

// The checkpoint of a task is lost with the task, and the new one starts later.
func TestChangesBetweenTwoTasksAreKnownToBeMissing(t *testing.T) {
	const loading = `  tail: {type: full-load-and-cdc, tables: [SALES.REGION]%s}` + "\n"
	cdc, paused := synthesize(t, fmt.Sprintf(regionTail, ""), ""), synthesize(t, fmt.Sprintf(regionTail, ", paused: true"), "")
	for name, test := range map[string]struct{ first, between, last version }{
		"another reader of the redo log": {cdc, paused, synthesizeFile(t, strings.Replace(file(fmt.Sprintf(regionTail, ", onReplace: restart"), ""),
			"database: ORCLPDB1", "database: ORCLPDB1, capture: binary-reader", 1))},
		"a job that loads becomes one that does not": {
			synthesize(t, fmt.Sprintf(loading, ""), ""), synthesize(t, fmt.Sprintf(loading, ", paused: true"), ""),
			synthesize(t, fmt.Sprintf(regionTail, ", onReplace: restart"), ""),
		},
		"the job leaves the file and comes back": {cdc, synthesize(t, "  other: {type: cdc, tables: [SALES.NATION]}\n", ""), cdc},
	} {
		t.Run(name, func(t *testing.T) {
			db := writable(t)
			synctest.Test(t, func(t *testing.T) {
				g := openGap(t, db, test.first)
				g.update(test.between)
				g.insert(50)
				time.Sleep(3 * time.Hour) // longer than openTransactionMinutes: a new task does not start so far back
				g.update(test.last)
				g.wantKnown()
			})
		})
	}
}

// wantGap checks that SALES.CUSTOMER is not good because changes between two tasks are missing, and that a reload mends it.
func (f *following) wantGap() {
	f.t.Helper()
	r := f.lastOf("SALES.CUSTOMER")
	if r.Good || !r.Diverged || !strings.Contains(r.Reason, "changes between the two may be missing") || !strings.Contains(r.Reason, `"reload": ["SALES.CUSTOMER"]`) {
		f.t.Fatalf("record %+v, want it diverged, because changes are missing, and how to reload it", r)
	}
	f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
	time.Sleep(batch)
	f.wantEqual("CUSTOMER")
	f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
}

// A task is replaced by one that starts later than the first one stopped. The lake has rows from before, of which changes are
// missing, and with a redo log of keys only it has rows that the source never had. The table is not good until it is reloaded.
func TestReplacedTaskLeavesAGap(t *testing.T) {
	db := writable(t)
	alter(t, db, dropAll, logOfKeys)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, asItIs)
		f.edit(func(j *department.Job) { j.Paused = true })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.write("UPDATE SALES.CUSTOMER SET C_COMMENT = NULL, C_PHONE = 'new' WHERE C_CUSTKEY = 1")
		time.Sleep(2 * time.Hour)
		f.edit(func(j *department.Job) {
			cdcOnly(nil)(j)
			j.Paused, j.OnReplace = false, department.Restart
		})
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		f.write("UPDATE SALES.CUSTOMER SET C_ACCTBAL = 3 WHERE C_CUSTKEY = 1")
		time.Sleep(batch)
		f.wantGap()
	})
}

// A table leaves a cdc job and returns, and the file says that it is not loaded. The lake still has its rows from before.
func TestReturnedTableHasAGap(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		f := openFollowing(t, db, func(j *department.Job) {
			cdcOnly(new(false))(j)
			j.Tables = append(j.Tables, tableOf("SUPPLIER"))
		})
		f.customers(1001)
		time.Sleep(batch)
		f.edit(func(j *department.Job) { j.Tables = []department.Table{tableOf("SUPPLIER")} })
		f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
		f.write("UPDATE SALES.CUSTOMER SET C_ACCTBAL = 3 WHERE C_CUSTKEY = 1001")
		time.Sleep(batch)
		f.edit(func(j *department.Job) { j.Tables = append(j.Tables, tableOf("CUSTOMER"), tableOf("NATION")) })
		f.want(f.follow(), sfntypes.ExecutionStatusFailed)
		if r := f.lastOf("SALES.NATION"); !r.Good {
			t.Errorf("record %+v, want it good: it was never in the lake, and the file says that only its changes are captured", r)
		}
		f.wantGap()
	})
}
