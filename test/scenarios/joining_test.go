package scenarios_test

import (
	"slices"
	"strings"
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
		deleteStopped(t, a, "tail")
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

// While a job is paused, a table leaves it and returns with other columns. DMS has not run the task without the table, so a resume
// would go on with the columns that the table had.
func TestTableReturnsWithOtherColumns(t *testing.T) {
	phone := []string{"C_PHONE"}
	for name, test := range map[string]struct {
		edit          func(*department.Job)
		before, after []string // excluded columns
		refused       bool     // until the file has onReplace: restart
	}{
		"full-load-and-cdc, with one more":   {asItIs, phone, nil, true},
		"full-load-and-cdc, as it was":       {asItIs, phone, phone, false},
		"cdc, with one less":                 {cdcOnly(new(true)), nil, phone, false},
		"cdc, with one more, and not loaded": {cdcOnly(new(false)), phone, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			db := writable(t)
			synctest.Test(t, func(t *testing.T) {
				f := openFollowing(t, db, func(j *department.Job) {
					test.edit(j)
					j.Tables[0].Exclude = test.before
					j.Tables = append(j.Tables, tableOf("SUPPLIER"))
				})
				f.customers(1001)
				time.Sleep(batch)
				f.edit(func(j *department.Job) { j.Paused = true })
				f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
				f.edit(func(j *department.Job) { j.Tables = []department.Table{tableOf("SUPPLIER")} })
				f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
				time.Sleep(time.Minute)
				f.edit(func(j *department.Job) {
					j.Tables = []department.Table{tableOf("CUSTOMER"), tableOf("SUPPLIER")}
					j.Tables[0].Exclude, j.Paused = test.after, false
				})
				e := f.follow()
				if test.refused {
					f.want(e, sfntypes.ExecutionStatusFailed)
					if cause := aws.ToString(e.Cause); !strings.Contains(cause, "SALES.CUSTOMER") || !strings.Contains(cause, "onReplace: restart") {
						t.Errorf("the run failed with %q, want which table and how to go on", cause)
					}
					time.Sleep(time.Minute)
					f.edit(func(j *department.Job) { j.OnReplace = department.Restart })
					f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
				}
				if r := f.lastOf("SALES.CUSTOMER"); r.Good {
					applied := time.Now()
					f.write("UPDATE SALES.CUSTOMER SET C_ACCTBAL = 3 WHERE C_CUSTKEY IN (1, 1001)")
					time.Sleep(batch)
					wantColumns(t, filesOf(t, f.Account, f.outputs, "CUSTOMER", applied), test.after)
				} else {
					f.want(f.follow(`"reload": ["SALES.CUSTOMER"]`), sfntypes.ExecutionStatusSucceeded)
				}
				time.Sleep(batch)
				wantColumns(t, filesOf(t, f.Account, f.outputs, "CUSTOMER", time.Time{}), test.after)
				if len(test.after) == 0 {
					f.wantEqual("CUSTOMER")
				}
				f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
			})
		})
	}
}

// wantColumns checks that there are files of SALES.CUSTOMER, and that each lacks C_PHONE exactly if that is excluded.
func wantColumns(t *testing.T, files map[string][]string, excluded []string) {
	t.Helper()
	if len(excluded) > 0 {
		wantNoColumn(t, files, excluded[0])
		return
	}
	if len(files) == 0 {
		t.Error("there is no file")
	}
	for key, columns := range files {
		if !slices.Contains(columns, "C_PHONE") {
			t.Errorf("%s lacks the column C_PHONE", key)
		}
	}
}

// A table joins a paused job, and its load waits for the job to go on. Then somebody deletes the task, the table leaves the job, and it
// returns. The table is loaded all the same.
func TestTableReturnsBeforeItsLoad(t *testing.T) {
	const (
		paused = `  tail: {type: cdc, tables: [SALES.REGION], backfill: true, paused: true}` + "\n"
		joined = `  tail: {type: cdc, tables: [SALES.REGION, SALES.SUPPLIER], backfill: true, paused: true}` + "\n"
		goesOn = `  tail: {type: cdc, tables: [SALES.REGION, SALES.SUPPLIER], backfill: true}` + "\n"
	)
	first := synthesize(t, `  tail: {type: cdc, tables: [SALES.REGION], backfill: true}`+"\n", "")
	var later []version
	for _, jobs := range []string{paused, joined, paused, goesOn} {
		later = append(later, synthesize(t, jobs, ""))
	}
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		a := harness.Open(t, db, harness.Options{})
		outputs := a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		for i, v := range later {
			if i == 2 {
				deleteStopped(t, a, "tail")
			}
			if err := a.Update(v.department, v.template); err != nil {
				t.Fatal(err)
			}
			time.Sleep(settled)
		}
		follows(t, a, "tail")
		wantLoaded(t, a, outputs, db, "SUPPLIER")
	})
}
