package scenarios_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/records"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// publishing is an account whose job daily-orders loads ORDERS, LINEITEM and CUSTOMER of a source that a test changes.
type publishing struct {
	*testAccount
	db      *oracledb.Database
	outputs harness.Outputs
	bad     map[string]bool // tables whose loads fail
	refuses atomic.Bool     // whether S3 refuses what Publish writes
}

func openPublishing(t *testing.T, db *oracledb.Database) *publishing {
	t.Helper()
	p := &publishing{testAccount: &testAccount{t: t, faults: &faults{}}, db: db, bad: map[string]bool{}}
	p.Account = harness.Open(t, db, harness.Options{
		DMS: localdms.Options{Faults: script{table: func(table string) localdms.TableFault {
			if p.bad[table] {
				return localdms.TableFault{Kind: localdms.TableErrors}
			}
			return localdms.TableFault{}
		}}},
		Disturb: func(c gateway.Call) gateway.Disturbance {
			if p.refuses.Load() && c.Operation == "PutObject" && harness.FunctionOf(c) == "Publish" {
				return gateway.Disturbance{Refuse: harness.Denied(c)}
			}
			return gateway.Disturbance{}
		},
	})
	p.outputs = p.DeployTemplate(load(t, "sales"), []byte(edit(t, without("live-customers", "daily-orders", "daily-parts"))))
	return p
}

// run runs daily-orders with more of an input.
func (p *publishing) run(more string, status sfntypes.ExecutionStatus) {
	p.t.Helper()
	p.want(p.RunAfterOthers(p.outputs["StateMachineArn"], `{"job": "daily-orders"`+more+`}`), status)
}

func (p *publishing) current(table string) lake.Current {
	p.t.Helper()
	return p.Current(p.outputs, oracledb.Table{Schema: "SALES", Name: table})
}

// record is the record of a table in the latest run.
func (p *publishing) record(table string) records.Table {
	p.t.Helper()
	all := p.TableRecords(p.outputs, "SALES."+table)
	if len(all) == 0 {
		p.t.Fatalf("%s has no record", table)
	}
	return all[len(all)-1]
}

// wantPublished checks the latest record of a table: what the run has done with its snapshot, and of which run readers see one.
func (p *publishing) wantPublished(table, status string, run string) {
	p.t.Helper()
	if got := p.record(table).Published; got == nil || got.Status != status || got.Run != run {
		p.t.Errorf("record of %s: published %+v, want %s of run %s", table, got, status, run)
	}
}

// folders are the names of the runs whose folders have files of ORDERS.
func (p *publishing) folders() (runs []string) {
	seen := map[string]bool{}
	for _, name := range p.files(p.outputs, "full/") {
		schema, rest, _ := strings.Cut(name, "/")
		_, run, _ := strings.Cut(schema, "__")
		if strings.HasPrefix(rest, "ORDERS/") && !seen[run] {
			seen[run] = true
			runs = append(runs, run)
		}
	}
	return runs
}

// Each load writes a folder of its own, and readers switch to it when it is proven. The snapshot before stays for a rollback. An older
// one is deleted when readersMinutes have passed since it was replaced, and not before.
func TestSnapshotsArePublishedAndDeleted(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		p := openPublishing(t, db)
		var names []string
		for i := range 4 {
			p.run("", sfntypes.ExecutionStatusSucceeded)
			now := p.current("ORDERS")
			names = append(names, now.Run)
			want := fmt.Sprintf("s3://%s/full/SALES__%s/ORDERS/", p.outputs["LakeBucket"], now.Run)
			if now.Location != want || now.Version != i+1 || now.Rows != p.record("ORDERS").Rows || now.Table != "SALES.ORDERS" {
				t.Errorf("readers see %+v, want version %d at %s", now, i+1, want)
			}
			if d, _ := p.Proof(p.outputs, p.db, "full", oracledb.Table{Schema: "SALES", Name: "ORDERS"}); !d.Equal() {
				t.Errorf("readers of ORDERS miss %d rows, and get %d too many", d.Missing, d.Extra)
			}
			if i < 3 {
				time.Sleep(20 * time.Minute)
			}
		}
		// Loads 1 and 2 were replaced 40 and 20 minutes ago, or a little more.
		if diff := cmp.Diff(names, p.folders()); diff != "" {
			t.Errorf("folders (-want +got):\n%s", diff)
		}
		time.Sleep(65 * time.Minute)
		p.run("", sfntypes.ExecutionStatusSucceeded)
		latest := p.current("ORDERS").Run
		if diff := cmp.Diff([]string{names[2], names[3], latest}, p.folders()); diff != "" {
			t.Errorf("folders later (-want +got):\n%s", diff)
		}
		r := p.record("ORDERS")
		if r.Proof != "footers" || r.FileCount == nil || r.FileCount.Status != "equal" || *r.FileCount.Rows != r.Rows || r.Snapshot == nil {
			t.Errorf("record %+v, want one whose rows are counted in the files", r)
		}
		columns := []lake.Column{
			{Name: "ORALAKE_TS", Type: "string"}, {Name: "O_ORDERKEY", Type: "decimal(10,0)"}, {Name: "O_CUSTKEY", Type: "decimal(10,0)"},
		}
		if diff := cmp.Diff(columns, p.current("ORDERS").Columns[:3]); diff != "" {
			t.Errorf("columns (-want +got):\n%s", diff)
		}
		if run := p.lastRun(p.outputs, "daily-orders"); run.Publication != records.PublicationDone || run.Published != 3 || run.CleanupProblem != "" {
			t.Errorf("record %+v, want a run that has published 3 tables", run)
		}
	})
}

// A table that is not good keeps its published snapshot, and the record says so. The other tables of the run are published. The files
// of the failed load are deleted by a later run.
func TestBadTableKeepsItsSnapshot(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		p := openPublishing(t, db)
		p.bad["LINEITEM"] = true
		p.run("", sfntypes.ExecutionStatusFailed)
		p.wantPublished("LINEITEM", records.KeptBefore, "")
		if why := p.record("LINEITEM").Published.Why; !strings.Contains(why, "no load of it was published before") {
			t.Errorf("the record says %q, want that there is none", why)
		}
		p.bad["LINEITEM"] = false
		p.run("", sfntypes.ExecutionStatusSucceeded)
		good := p.current("LINEITEM")
		p.bad["LINEITEM"] = true
		p.run("", sfntypes.ExecutionStatusFailed)
		p.wantPublished("LINEITEM", records.KeptBefore, good.Run)
		if now := p.current("LINEITEM"); now.Location != good.Location || now.Version != 1 {
			t.Errorf("readers see %+v, want %+v", now, good)
		}
		if p.current("ORDERS").Version != 3 {
			t.Errorf("ORDERS: %+v, want the third snapshot", p.current("ORDERS"))
		}
		run := p.lastRun(p.outputs, "daily-orders")
		if run.Outcome != "PARTIAL" || run.Publication != records.PublicationDone || run.Published != 2 {
			t.Errorf("record %+v, want a partial run that has published 2 tables", run)
		}
	})
}

// A rollback puts the snapshot before back, once. The next load publishes a newer one again.
func TestRollback(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		p := openPublishing(t, db)
		p.run(`, "rollback": ["SALES.ORDERS"]`, sfntypes.ExecutionStatusFailed)
		if reason := p.lastRun(p.outputs, "daily-orders").Reason; !strings.Contains(reason, "the lake keeps no earlier snapshot") {
			t.Errorf("the reason is %q, want that there is no snapshot", reason)
		}
		p.run("", sfntypes.ExecutionStatusSucceeded)
		first, other := p.current("ORDERS"), p.current("CUSTOMER")
		p.run("", sfntypes.ExecutionStatusSucceeded)
		second := p.current("ORDERS")
		p.run(`, "rollback": ["SALES.ORDERS"]`, sfntypes.ExecutionStatusSucceeded)
		now := p.current("ORDERS")
		if now.Location != first.Location || now.Rows != first.Rows || now.Version != 3 || p.current("CUSTOMER").Run == other.Run {
			t.Errorf("readers see %+v, want %+v again, and only of ORDERS", now, first)
		}
		p.wantPublished("ORDERS", records.RolledBack, first.Run)
		if run := p.lastRun(p.outputs, "daily-orders"); run.Outcome != "SUCCEEDED" || run.Publication != records.PublicationDone || run.Published != 1 {
			t.Errorf("record %+v, want a rollback that is done", run)
		}
		p.run(`, "rollback": ["SALES.ORDERS"]`, sfntypes.ExecutionStatusFailed)
		if now := p.current("ORDERS"); now.Location != first.Location {
			t.Errorf("after a rollback that is not possible readers see %+v, want %+v", now, first)
		}
		p.run("", sfntypes.ExecutionStatusSucceeded)
		if now := p.current("ORDERS"); now.Run <= second.Run || now.Version != 4 {
			t.Errorf("after the next load readers see %+v, want a newer one than %s", now, second.Run)
		}
		p.run(`, "rollback": ["SALES.NATION"]`, sfntypes.ExecutionStatusFailed)
		p.run(`, "rollback": ["SALES.ORDERS"], "tables": ["SALES.CUSTOMER"]`, sfntypes.ExecutionStatusFailed)
		e := p.Run(p.outputs["StateMachineArn"], `{"job": "live-customers", "rollback": ["SALES.CUSTOMER"]}`)
		if cause := aws.ToString(e.Cause); e.Status != sfntypes.ExecutionStatusFailed || !strings.Contains(cause, "only snapshots of a full-load job can be rolled back") {
			t.Errorf("a rollback of a job that follows changes is %s: %s", e.Status, cause)
		}
	})
}

// A load of an empty table publishes a folder without files, with the columns of the snapshot before. If that has rows, the load is held
// first. If there is none, the record says that the columns are not known.
func TestEmptyTableIsPublished(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		empty := func() {
			if err := db.Write(t.Context(), func(tx *oracledb.Tx) error { return tx.Exec("DELETE FROM SALES.CUSTOMER") }); err != nil {
				t.Fatal(err)
			}
		}
		p := openPublishing(t, db)
		p.run("", sfntypes.ExecutionStatusSucceeded)
		full := p.current("CUSTOMER")
		empty()
		p.run("", sfntypes.ExecutionStatusFailed)
		if now := p.current("CUSTOMER"); now.Rows != full.Rows || now.Location != full.Location {
			t.Errorf("readers see %+v, want %+v until somebody accepts that all rows are gone", now, full)
		}
		p.run(`, "publish": ["SALES.CUSTOMER"]`, sfntypes.ExecutionStatusSucceeded)
		now := p.current("CUSTOMER")
		if now.Rows != 0 || now.Version != 2 || !cmp.Equal(now.Columns, full.Columns) {
			t.Errorf("readers see %+v, want no rows, and the columns of %+v", now, full)
		}
		table, err := p.Lake(p.outputs).ReadCurrent(t.Context(), now)
		if err != nil || len(table.Rows) != 0 || len(table.Columns) != len(full.Columns)-1 {
			t.Errorf("readers get %+v (%v), want the columns without rows", table, err)
		}
		time.Sleep(time.Second) // Runs sort by their start.
		p.run("", sfntypes.ExecutionStatusSucceeded)
		if r := p.record("CUSTOMER"); !r.Good || r.Proof != "footers" || r.Published.Status != records.PublishedNow {
			t.Errorf("record %+v, want a good one: it is as empty as what readers see", r)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := openPublishing(t, db)
		p.run("", sfntypes.ExecutionStatusSucceeded)
		if now := p.current("CUSTOMER"); now.Rows != 0 || len(now.Columns) != 0 {
			t.Errorf("readers see %+v, want no rows and no columns", now)
		}
		if published := p.record("CUSTOMER").Published; !strings.Contains(published.Why, "its columns are not known") {
			t.Errorf("the record says %+v, want that the columns are not known", published)
		}
	})
}

// CSV files have no footers: the record says that the rows of the files are not counted.
func TestCSVIsNotCounted(t *testing.T) {
	v := synthesize(t, "  daily: {type: full-load, tables: [SALES.NATION]}", "lake: {format: csv}")
	db := sample(t)
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, db)
		outputs := a.DeployTemplate(v.department, v.template)
		a.want(a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "daily"}`), sfntypes.ExecutionStatusSucceeded)
		current := a.Current(outputs, oracledb.Table{Schema: "SALES", Name: "NATION"})
		r := a.TableRecords(outputs, "SALES.NATION")[0]
		if !r.Good || r.Proof != "reported" || r.FileCount == nil || r.FileCount.Status != records.FilesNotCounted || r.FileCount.Rows != nil ||
			current.Format != "csv" || current.Rows != r.Rows {
			t.Errorf("record %+v, file count %+v, published %+v: want CSV files that are not counted", r, r.FileCount, current)
		}
	})
}

// A run that cannot show readers what it has published is not a success, and says so. Readers keep what they had. The next run of the
// job shows them what is published, also of tables that it does not load.
func TestNextRunRepairsWhatReadersSee(t *testing.T) {
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		p := openPublishing(t, db)
		p.run("", sfntypes.ExecutionStatusSucceeded)
		first := p.current("ORDERS")
		p.refuses.Store(true)
		p.run("", sfntypes.ExecutionStatusFailed)
		if now := p.current("ORDERS"); now.Location != first.Location {
			t.Errorf("readers see %+v, want %+v", now, first)
		}
		run := p.lastRun(p.outputs, "daily-orders")
		if run.Outcome != "PARTIAL" || run.Publication != records.PublicationFailed || !strings.Contains(run.Reason, "Access Denied") {
			t.Errorf("record %+v, want a partial run that says why readers do not see its tables", run)
		}
		p.wantOneAlert(p.outputs, "Access Denied", "readers keep what they see")
		p.refuses.Store(false)
		published := p.record("ORDERS").Snapshot.Run
		p.run(`, "tables": ["SALES.CUSTOMER"]`, sfntypes.ExecutionStatusSucceeded)
		if now := p.current("ORDERS"); now.Run != published || now.Version != 2 {
			t.Errorf("after a run that loads another table readers see %+v, want the snapshot of %s", now, published)
		}
	})
}
