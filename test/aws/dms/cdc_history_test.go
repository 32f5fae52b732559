package dms_test

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/oracledb"
)

// step is an action on a source with the tables A and B, or on the task that captures their changes.
type step struct {
	kind       string
	statements []string
	table      string
	wait       time.Duration
}

func steps(t *rapid.T) []step {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		s := step{
			kind: rapid.SampledFrom([]string{
				"write", "write", "write", "write", "roll back", "stop", "lose the instance", "truncate", "reload",
			}).Draw(t, "kind"),
			table: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "table"),
			wait:  time.Duration(rapid.SampledFrom([]int{0, 1, 100, 301, 4000}).Draw(t, "wait")) * time.Second,
		}
		s.statements = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			table, id := rapid.SampledFrom([]string{"A", "B"}).Draw(t, "table"), rapid.IntRange(1, 5).Draw(t, "id")
			return fmt.Sprintf(rapid.SampledFrom([]string{
				"REPLACE INTO SHOP.%[1]s VALUES (%[2]d, %[3]d)", "UPDATE SHOP.%[1]s SET V = %[3]d WHERE ID = %[2]d",
				"DELETE FROM SHOP.%[1]s WHERE ID = %[2]d", "UPDATE OR REPLACE SHOP.%[1]s SET ID = ID + 1 WHERE ID = %[2]d",
			}).Draw(t, "statement"), table, id, rapid.IntRange(1, 99).Draw(t, "value"))
		}), 1, 4).Draw(t, "statements")
		return s
	}), 1, 20).Draw(t, "steps")
}

// cuts ends some runs early, after a number of files.
type cuts struct {
	dms.NoFaults
	after []int // number of files, by run
}

func (c cuts) Run(t dms.Task) dms.RunFault {
	if t.Runs > len(c.after) || c.after[t.Runs-1] == 0 {
		return dms.RunFault{}
	}
	return dms.RunFault{CutAfterFile: c.after[t.Runs-1], End: dms.End{Status: "failed"}}
}

// TestHistories checks that the load and the files of changes together give the tables of the source, after any sequence
// of steps.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all := steps(rt)
		faults := cuts{after: rapid.SliceOfN(rapid.IntRange(0, 2), 0, 6).Draw(rt, "cuts")}
		dir := t.TempDir()
		const columns = " (ID NUMBER(4) NOT NULL, V NUMBER(4), PRIMARY KEY (ID)) WITHOUT ROWID;"
		if err := oracledb.Create(dir, "SHOP", "CREATE TABLE A"+columns+"CREATE TABLE B"+columns+
			"INSERT INTO A VALUES (1, 1), (2, 2); INSERT INTO B VALUES (3, 3)"); err != nil {
			rt.Fatal(err)
		}
		database, err := oracledb.Open(dir)
		if err != nil {
			rt.Fatal(err)
		}
		defer database.Close()
		if err := database.Alter(t.Context(), "ALTER DATABASE ADD SUPPLEMENTAL LOG DATA (ALL) COLUMNS"); err != nil {
			rt.Fatal(err)
		}
		var diffs string
		synctest.Test(t, func(t *testing.T) {
			f := follow(t, database, types.MigrationTypeValueFullLoadAndCdc, dms.Options{Faults: faults}, "A", "B")
			f.run(startIt)
			for _, s := range all {
				f.live(s)
			}
			f.settle()
			f.stopTask()
			for _, table := range []string{"A", "B"} {
				diffs += cmp.Diff(f.rebuilt(table), f.contents(table))
			}
			if diffs != "" {
				diffs += f.changes() + f.log.String()
			}
			f.dms.Close()
		})
		if diffs != "" {
			rt.Fatalf("rebuilt tables (-) and source tables (+):\n%s", diffs)
		}
	})
}

func (f *follower) live(s step) {
	f.t.Helper()
	switch s.kind {
	case "write":
		f.write(s.statements...)
	case "roll back":
		if err := f.database.Write(f.ctx, func(tx *oracledb.Tx) error {
			return fmt.Errorf("%v: %w", tx.Exec(s.statements[0]), errRolledBack)
		}); err == nil {
			f.t.Error("got no error, want errRolledBack")
		}
	case "stop":
		f.again()
		if err := f.stop(f.arn); err != nil {
			f.t.Fatal(err)
		}
		f.ended(f.arn)
	case "lose the instance":
		if err := f.dms.LoseInstance(f.instance, time.Minute); err != nil {
			f.t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		f.tested()
	case "truncate":
		f.do(f.database.Truncate(f.ctx, oracledb.Table{Schema: "SHOP", Name: s.table}))
		f.reload(s.table)
	case "reload":
		f.reload(s.table)
	}
	time.Sleep(s.wait)
	f.again()
}

var errRolledBack = fmt.Errorf("rolled back")

// again resumes the task if it does not run. It reports whether it resumed the task.
func (f *follower) again() bool {
	f.t.Helper()
	time.Sleep(time.Minute) // the task may be about to end
	if *f.describe(f.arn).Status == "running" {
		return false
	}
	if err := f.start(f.arn, resume); err != nil {
		f.t.Fatal(err)
	}
	time.Sleep(2 * time.Minute)
	return true
}

// settle waits until all changes are written.
func (f *follower) settle() {
	f.t.Helper()
	for f.again() {
		time.Sleep(6 * time.Minute)
	}
	time.Sleep(6 * time.Minute)
	if f.again() {
		f.settle()
	}
}

func (f *follower) reload(table string) {
	f.t.Helper()
	f.settle()
	if _, err := f.client.ReloadTables(f.ctx, &databasemigrationservice.ReloadTablesInput{
		ReplicationTaskArn: &f.arn,
		TablesToReload:     []types.TableToReload{{SchemaName: aws.String("SHOP"), TableName: &table}},
	}); err != nil {
		f.t.Fatal(err)
	}
}

// rebuilt returns a table as a reader of the lake sees it: the load, with the changes applied in their order.
func (f *follower) rebuilt(table string) map[string]string {
	f.t.Helper()
	var loads, changes [][]string
	for key, body := range f.objects() {
		if !strings.HasPrefix(key, "full/SHOP/"+table+"/") {
			continue
		}
		for line := range strings.Lines(string(body)) {
			row := strings.Split(strings.TrimSpace(line), ",") // Op, AT, ID, V, SCN
			if strings.Contains(key, "LOAD") {
				loads = append(loads, row)
			} else {
				changes = append(changes, row)
			}
		}
	}
	slices.SortFunc(changes, func(a, b []string) int { return strings.Compare(a[4], b[4]) })
	now := map[string]string{}
	for _, row := range append(loads, changes...) {
		if row[0] == "D" {
			delete(now, row[2])
		} else {
			now[row[2]] = row[3]
		}
	}
	return now
}

func (f *follower) contents(table string) map[string]string {
	f.t.Helper()
	rows, err := f.database.Select(f.ctx, "SELECT ID, V FROM SHOP."+table)
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	now := map[string]string{}
	for row := make([]driver.Value, 2); rows.Next(row) == nil; {
		now[fmt.Sprint(row[0])] = fmt.Sprint(row[1])
	}
	return now
}
