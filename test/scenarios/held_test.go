package scenarios_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/records"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// gated is an account with the job nightly, which loads HR.EMP and HR.DEPT. A test changes the rows of HR.EMP, its numbers from 1 on.
type gated struct {
	*testAccount
	db      *oracledb.Database
	outputs harness.Outputs
	crashes atomic.Int32 // how many more invocations of Publish crash, after they have done all
}

// gatedJob is the job with more keys of HR.EMP. Its schedule fires after every test.
func gatedJob(keys string) string {
	return "  nightly:\n    type: full-load\n    schedule: at(2027-01-31T20:00:00)\n    tables: [{table: HR.EMP" + keys + "}, HR.DEPT]\n"
}

// gatedSource has n rows in HR.EMP.
func gatedSource(t *testing.T, n int) *oracledb.Database {
	t.Helper()
	db := staffOf(t, "ID NUMBER(6) NOT NULL, NAME VARCHAR2(20), PRIMARY KEY (ID)", employees(1, n))
	if err := db.CreateTable(t.Context(), oracledb.Table{Schema: "HR", Name: "DEPT"}, "ID NUMBER(6) NOT NULL, PRIMARY KEY (ID)"); err != nil {
		t.Fatal(err)
	}
	return db
}

func employees(from, to int) string {
	var rows []string
	for i := from; i <= to; i++ {
		rows = append(rows, fmt.Sprintf("(%d, 'name %[1]d')", i))
	}
	return strings.Join(rows, ", ")
}

// openGated opens the account. finish is how long DMS needs after the last table is loaded.
func openGated(t *testing.T, v version, db *oracledb.Database, finish time.Duration) *gated {
	t.Helper()
	g := &gated{testAccount: &testAccount{t: t, faults: &faults{}}, db: db}
	delays := localdms.AWSDelays()
	delays.TaskFinish = finish
	crash := func(call lambda.FunctionCall) lambda.Fault {
		if harness.StepOf(call.Function) == "Publish" && g.crashes.Add(-1) >= 0 {
			return lambda.Fault{Kill: lambda.AfterHandler}
		}
		return lambda.Fault{}
	}
	g.Account = harness.Open(t, db, harness.Options{FunctionFaults: crash, DMS: localdms.Options{Delays: &delays}})
	g.outputs = g.DeployTemplate(v.department, v.template)
	return g
}

func (g *gated) exec(sql string) {
	g.t.Helper()
	if err := g.db.Write(g.t.Context(), func(tx *oracledb.Tx) error { return tx.Exec(sql) }); err != nil {
		g.t.Fatal(err)
	}
}

// run runs the job with more of an input, and returns its record and that of HR.EMP.
func (g *gated) run(more string, status sfntypes.ExecutionStatus) (records.Run, records.Table) {
	g.t.Helper()
	time.Sleep(time.Minute)
	g.want(g.RunAfterOthers(g.outputs["StateMachineArn"], `{"job": "nightly"`+more+`}`), status)
	all := g.TableRecords(g.outputs, "HR.EMP")
	if len(all) == 0 {
		g.t.Fatal("HR.EMP has no record")
	}
	return g.lastRun(g.outputs, "nightly"), all[len(all)-1]
}

// wantHeld runs the job and checks that HR.EMP is held by a gate.
func (g *gated) wantHeld(gate records.GateName) (records.Run, records.Table) {
	g.t.Helper()
	run, table := g.run("", sfntypes.ExecutionStatusFailed)
	if run.Outcome != "PARTIAL" || run.Publication != records.PublicationDone || !strings.Contains(run.Reason, "HR.EMP: it is held, and readers keep what they see") {
		g.t.Errorf("record %+v, want a partial run that says what is held", run)
	}
	if !table.Good || len(table.Held) != 1 || table.Held[0].Name != gate || table.Published == nil || table.Published.Status != records.HeldBack {
		g.t.Fatalf("record of HR.EMP: %+v, held %+v, published %+v; want a good table that %s holds", table, table.Held, table.Published, gate)
	}
	return run, table
}

// folders are the runs whose folders have files of HR.EMP.
func (g *gated) folders() (runs []string) {
	for _, name := range g.files(g.outputs, "full/") {
		schema, rest, _ := strings.Cut(name, "/")
		if _, run, _ := strings.Cut(schema, "__"); strings.HasPrefix(rest, "EMP/") && !slices.Contains(runs, run) {
			runs = append(runs, run)
		}
	}
	return runs
}

// A load that has lost most of its rows is held: readers keep the load before, the record and a message say why, and its files stay as
// long as a person can accept it, whatever is deleted meanwhile. Accepting it publishes it once.
func TestHeldTableIsAccepted(t *testing.T) {
	v := synthesize(t, gatedJob(""), "")
	db := gatedSource(t, 200)
	synctest.Test(t, func(t *testing.T) {
		g := openGated(t, v, db, time.Minute)
		c := g.catalog(g.outputs)
		g.run("", sfntypes.ExecutionStatusSucceeded)
		first := g.Current(g.outputs, emp)
		g.exec("DELETE FROM HR.EMP WHERE ID > 80")
		g.crashes.Store(1)
		run, table := g.wantHeld(records.GateMaxDropPercent)
		if now := g.Current(g.outputs, emp); now.Location != first.Location || now.Rows != 200 {
			t.Errorf("readers see %+v, want %+v", now, first)
		}
		if table.Published.Run != first.Run || run.Published != 1 {
			t.Errorf("record of HR.EMP: published %+v, of the run: %d; want what readers keep, and HR.DEPT", table.Published, run.Published)
		}
		g.wantOneAlert(g.outputs, "it is held", "it has 80 rows, and readers see 200: that is more than maxDropPercent, 50, fewer",
			`{"job":"nightly","publish":["HR.EMP"]}`)
		held := table.Snapshot.Run
		for range 3 { // Each run deletes folders without use.
			time.Sleep(70 * time.Minute)
			g.run(`, "tables": ["HR.DEPT"]`, sfntypes.ExecutionStatusSucceeded)
		}
		if diff := cmp.Diff([]string{first.Run, held}, g.folders()); diff != "" {
			t.Errorf("folders of HR.EMP while a load is held (-want +got):\n%s", diff)
		}
		g.crashes.Store(1)
		run, table = g.run(`, "publish": ["HR.EMP"]`, sfntypes.ExecutionStatusSucceeded)
		if run.Outcome != "SUCCEEDED" || run.Published != 1 || table.Published == nil || table.Published.Status != records.Accepted || table.Rows != 80 {
			t.Errorf("record %+v, of HR.EMP %+v: published %+v, want it accepted", run, table, table.Published)
		}
		if now := g.Current(g.outputs, emp); now.Run != held || now.Rows != 80 || now.Version != 2 {
			t.Errorf("readers see %+v, want the load that was held", now)
		}
		c.wantSource(db, emp)
		run, _ = g.run(`, "publish": ["HR.EMP"]`, sfntypes.ExecutionStatusFailed)
		if !strings.Contains(run.Reason, "no snapshot of it is held") {
			t.Errorf("the reason is %q, want that nothing is held", run.Reason)
		}
		if run, _ = g.run("", sfntypes.ExecutionStatusSucceeded); run.Published != 2 {
			t.Errorf("record %+v, want that the next load of as many rows is published", run)
		}
	})
}

// Only the latest load of a table is held. One that passes its gates ends the holding. The files of both are deleted then.
func TestHeldTableIsReplaced(t *testing.T) {
	v := synthesize(t, gatedJob(""), "")
	db := gatedSource(t, 200)
	synctest.Test(t, func(t *testing.T) {
		g := openGated(t, v, db, time.Minute)
		g.run("", sfntypes.ExecutionStatusSucceeded)
		first := g.Current(g.outputs, emp).Run
		g.exec("DELETE FROM HR.EMP WHERE ID > 80")
		g.wantHeld(records.GateMaxDropPercent)
		time.Sleep(70 * time.Minute)
		_, second := g.wantHeld(records.GateMaxDropPercent)
		later := func() {
			time.Sleep(70 * time.Minute)
			g.run(`, "tables": ["HR.DEPT"]`, sfntypes.ExecutionStatusSucceeded)
		}
		later()
		if diff := cmp.Diff([]string{first, second.Snapshot.Run}, g.folders()); diff != "" {
			t.Errorf("folders after a second load was held (-want +got):\n%s", diff)
		}
		g.exec("INSERT INTO HR.EMP VALUES " + employees(81, 150))
		_, third := g.run("", sfntypes.ExecutionStatusSucceeded)
		later()
		if diff := cmp.Diff([]string{first, third.Snapshot.Run}, g.folders()); diff != "" {
			t.Errorf("folders after a load was published (-want +got):\n%s", diff)
		}
		run, _ := g.run(`, "publish": ["HR.EMP"]`, sfntypes.ExecutionStatusFailed)
		if now := g.Current(g.outputs, emp); now.Rows != 150 || !strings.Contains(run.Reason, "no snapshot of it is held") {
			t.Errorf("readers see %+v, and the reason is %q; want the load of 150 rows", now, run.Reason)
		}
	})
}

// The first load of a table can be held, too: readers see nothing until a person accepts it.
func TestFirstLoadIsHeld(t *testing.T) {
	v := synthesize(t, gatedJob(", expect: {minRows: 5}"), "")
	db := gatedSource(t, 4)
	synctest.Test(t, func(t *testing.T) {
		g := openGated(t, v, db, time.Minute)
		c := g.catalog(g.outputs)
		_, table := g.wantHeld(records.GateMinRows)
		if table.Published.Run != "" || c.columns("emp") != "" {
			t.Errorf("record %+v, columns in the catalog %q: want that readers see nothing", table.Published, c.columns("emp"))
		}
		g.run(`, "publish": ["HR.EMP"]`, sfntypes.ExecutionStatusSucceeded)
		c.wantSource(db, emp)
	})
}

// A load that readers would get too late is held.
func TestLateLoadIsHeld(t *testing.T) {
	v := synthesize(t, gatedJob(", expect: {maxHours: 1}"), "")
	db := gatedSource(t, 4)
	synctest.Test(t, func(t *testing.T) {
		g := openGated(t, v, db, 2*time.Hour)
		_, table := g.wantHeld(records.GateMaxHours)
		if !strings.Contains(table.Reason, "and maxHours is 1") {
			t.Errorf("the reason is %q", table.Reason)
		}
	})
}

// onSchemaChange: publish and fail.
func TestOnSchemaChange(t *testing.T) {
	narrower := remake("ID NUMBER(4) NOT NULL, NAME VARCHAR2(20), PRIMARY KEY (ID)", employees(1, 4))
	for value, want := range map[string]struct {
		outcome, columns, reason string
		good                     bool
	}{
		"publish": {"SUCCEEDED", "oralake_ts string, id smallint, name string", "", true},
		"fail":    {"PARTIAL", "oralake_ts string, id int, name string", "onSchemaChange is fail: column ID is narrowed from int to smallint", false},
	} {
		t.Run(value, func(t *testing.T) {
			v := synthesize(t, gatedJob(", onSchemaChange: "+value), "")
			db := gatedSource(t, 4)
			synctest.Test(t, func(t *testing.T) {
				g := openGated(t, v, db, time.Minute)
				g.run("", sfntypes.ExecutionStatusSucceeded)
				if err := narrower(t.Context(), db); err != nil {
					t.Fatal(err)
				}
				status := sfntypes.ExecutionStatusFailed
				if want.good {
					status = sfntypes.ExecutionStatusSucceeded
				}
				run, table := g.run("", status)
				if run.Outcome != want.outcome || table.Good != want.good || !strings.Contains(table.Reason, want.reason) {
					t.Errorf("record %+v, of HR.EMP: %+v", run, table)
				}
				if got := g.catalog(g.outputs).columns("emp"); got != want.columns {
					t.Errorf("columns in the catalog: got %s, want %s", got, want.columns)
				}
				if !want.good {
					run, _ = g.run(`, "publish": ["HR.EMP"]`, sfntypes.ExecutionStatusFailed)
					if !strings.Contains(run.Reason, "no snapshot of it is held") {
						t.Errorf("the reason is %q, want that what is not good cannot be accepted", run.Reason)
					}
				}
			})
		})
	}
}
