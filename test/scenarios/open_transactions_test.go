package scenarios_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// newCustomer is a statement that inserts a customer.
func newCustomer(key int) string {
	return fmt.Sprintf(`INSERT INTO SALES.CUSTOMER VALUES
		(%d, 'Customer#%09[1]d', 'Somewhere', 7, '17-345-678-9012', 12.5, 'MACHINERY', 'new')`, key)
}

// begin opens a transaction that inserts a customer.
func begin(t *testing.T, db *oracledb.Database, key int) *oracledb.OpenTx {
	t.Helper()
	tx := db.Begin()
	if err := tx.Exec(newCustomer(key)); err != nil {
		t.Fatal(err)
	}
	return tx
}

// insert inserts a customer in a transaction of its own.
func insert(t *testing.T, db *oracledb.Database, key int) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *oracledb.Tx) error { return tx.Exec(newCustomer(key)) }); err != nil {
		t.Fatal(err)
	}
}

// capturedCustomers returns the keys of the customers in the lake, of a job that loads none.
func capturedCustomers(t *testing.T, a *harness.Account, outputs harness.Outputs) (keys []string) {
	t.Helper()
	reader := lake.Reader{Objects: a.Objects, Bucket: outputs["LakeBucket"], Timestamp: "ORALAKE_TS"}
	table, err := reader.Read(t.Context(), "cdc/SALES/CUSTOMER", "C_CUSTKEY")
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(table.Columns, "C_CUSTKEY")
	for _, row := range table.Rows {
		keys = append(keys, fmt.Sprint(row[at]))
	}
	slices.Sort(keys)
	return keys
}

// A cdc job that starts now misses no transaction that is open then. With a database check it starts where the oldest of them
// began; without one, so many minutes earlier as the file says. A position of the file is used as it is.
func TestFirstStartWithOpenTransactions(t *testing.T) {
	for _, test := range []struct {
		name      string
		check     string
		startFrom string // "scn" is the current SCN
		blind     bool   // the check function cannot reach Secrets Manager
		minutes   int
		origin    records.Origin
		earlier   time.Duration // of the position, before the task's creation
		captured  []string
		says      string
	}{
		{
			name: "checked", check: department.CheckReport, startFrom: department.StartNow, minutes: 60,
			origin: records.StartOfCheck, captured: []string{"1001", "1002", "1003"}, says: "the oldest open transaction began there",
		},
		{
			name: "the check fails", check: department.CheckReport, startFrom: department.StartNow, blind: true, minutes: 60,
			origin: records.StartOfClock, earlier: time.Hour, captured: []string{"1001", "1002", "1003"}, says: "because the database check failed",
		},
		{
			name: "not checked", check: department.CheckOff, startFrom: department.StartNow, minutes: 60,
			origin: records.StartOfClock, earlier: time.Hour, captured: []string{"1001", "1002", "1003"}, says: "has no database check",
		},
		{
			name: "not checked, and open for longer", check: department.CheckOff, startFrom: department.StartNow, minutes: 15,
			origin: records.StartOfClock, earlier: 15 * time.Minute, captured: []string{"1003"},
			says: "transactions that were open for longer are missed",
		},
		{
			name: "an SCN of the file", check: department.CheckReport, startFrom: "scn", minutes: 60,
			origin: records.StartOfFile, captured: []string{"1003"}, says: "began before it are missed",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			db, d := writable(t), loadChecked(t)
			synctest.Test(t, func(t *testing.T) {
				a := openAccount(t, db)
				insert(t, db, 1000)
				time.Sleep(2 * time.Hour)
				idle, open := db.Begin(), begin(t, db, 1001)
				oldest := open.StartSCN()
				defer idle.Rollback()
				time.Sleep(5 * time.Minute)
				insert(t, db, 1002)
				time.Sleep(15 * time.Minute)
				scn, err := db.SCN(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				d.Source.Check, d.Source.OpenTransactionMinutes = test.check, test.minutes
				live := job(t, d, "live")
				live.Type, live.StartFrom = department.CDC, strings.Replace(test.startFrom, "scn", fmt.Sprint(scn), 1)
				if test.blind {
					a.network.cut("secretsmanager")
				}
				outputs := a.Deploy(d)
				deployed := time.Now()
				time.Sleep(30 * time.Minute)
				insert(t, db, 1003)
				if err := open.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(batch)
				if diff := cmp.Diff(test.captured, capturedCustomers(t, a.Account, outputs)); diff != "" {
					t.Errorf("customers in the lake (-want +got):\n%s", diff)
				}
				first := a.RunRecords(outputs, "live")[0]
				if first.Start == nil {
					t.Fatalf("record %+v has no start", first)
				}
				if got := first.Start; got.Origin != test.origin || !strings.Contains(got.Text, test.says) || got.Execution != first.Execution {
					t.Errorf("recorded start %+v, want one of the %s that says %q", got, test.origin, test.says)
				}
				switch test.origin {
				case records.StartOfFile:
					if got := first.Start.Position; got != live.StartFrom {
						t.Errorf("start at %s, want %s as the file says", got, live.StartFrom)
					}
				case records.StartOfCheck:
					if got, want := first.Start.Position, fmt.Sprint(oldest-1); got != want {
						t.Errorf("start at %s, want %s, just before the open transaction began", got, want)
					}
				default:
					at, err := time.Parse(time.RFC3339, first.Start.Position)
					if since := deployed.Sub(at); err != nil || at.Location() != time.UTC || since < test.earlier-10*time.Minute || since > test.earlier+10*time.Minute {
						t.Errorf("start at %s, want about %s before %s, in UTC: %v", first.Start.Position, test.earlier, deployed.UTC(), err)
					}
				}
				a.want(a.RunAfterOthers(outputs["StateMachineArn"], `{"job": "live"}`), sfntypes.ExecutionStatusSucceeded)
				if later := a.lastRun(outputs, "live"); later.Start != nil {
					t.Errorf("a run that created no task has recorded the start %+v", later.Start)
				}
			})
		})
	}
}

// The full load of a full-load-and-cdc task waits for open transactions. If one stays open for longer than the file says, the
// task fails: nothing is missed in silence. A later run resumes it.
func TestFullLoadWithOpenTransactions(t *testing.T) {
	for _, open := range []time.Duration{50 * time.Minute, 100 * time.Minute} {
		t.Run(open.String(), func(t *testing.T) {
			db := writable(t)
			synctest.Test(t, func(t *testing.T) {
				tx := begin(t, db, 1001)
				f := openFollowing(t, db, func(j *department.Job) { j.Schedule = "rate(1 day)" })
				f.wantStatus("running")
				if start := f.last().Start; start == nil || start.Origin != records.StartOfLoad || start.Position != "" {
					t.Errorf("recorded start %+v, want a full load", start)
				}
				insert(t, db, 1002)
				time.Sleep(open - 30*time.Minute)
				if open > time.Hour {
					f.wantStatus("failed")
					if why := aws.ToString(f.task().LastFailureMessage); !strings.Contains(why, "FailOnTransactionConsistencyBreached") {
						t.Errorf("the task failed: %s", why)
					}
				}
				if err := tx.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
				f.want(f.follow(), sfntypes.ExecutionStatusSucceeded)
				insert(t, db, 1003)
				time.Sleep(batch)
				f.wantEqual("CUSTOMER")
				f.wantStatus("running")
			})
		})
	}
}

// A new task that starts earlier than the old one ended writes changes a second time. Readers count each of them once.
func TestChangesFromAnEarlierStartCountOnce(t *testing.T) {
	first := synthesize(t, "  tail: {type: cdc, tables: [SALES.CUSTOMER]}\n", "")
	second := synthesize(t, "  tail: {type: cdc, startFrom: 1000001, onReplace: restart, tables: [SALES.CUSTOMER]}\n", "")
	db := writable(t)
	synctest.Test(t, func(t *testing.T) {
		a := harness.Open(t, db, harness.Options{})
		outputs := a.DeployTemplate(first.department, first.template)
		time.Sleep(settled)
		change := func(statements ...string) {
			t.Helper()
			for _, s := range statements {
				if err := db.Write(t.Context(), func(tx *oracledb.Tx) error { return tx.Exec(s) }); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
			}
		}
		change(newCustomer(1001), newCustomer(1002), newCustomer(1003),
			`UPDATE SALES.CUSTOMER SET C_ACCTBAL = 1 WHERE C_CUSTKEY = 1002`, `DELETE FROM SALES.CUSTOMER WHERE C_CUSTKEY = 1003`)
		time.Sleep(batch)
		if err := a.Update(second.department, second.template); err != nil {
			t.Fatal(err)
		}
		time.Sleep(settled)
		change(`UPDATE SALES.CUSTOMER SET C_ACCTBAL = 2 WHERE C_CUSTKEY = 1001`)
		time.Sleep(batch)
		reader := lake.Reader{Objects: a.Objects, Bucket: outputs["LakeBucket"], Timestamp: "ORALAKE_TS"}
		table, err := reader.Read(t.Context(), "cdc/SALES/CUSTOMER", "C_CUSTKEY")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		key, balance := slices.Index(table.Columns, "C_CUSTKEY"), slices.Index(table.Columns, "C_ACCTBAL")
		for _, row := range table.Rows {
			got = append(got, fmt.Sprintf("%v has %v", row[key], row[balance]))
		}
		if diff := cmp.Diff([]string{"1001 has 2", "1002 has 1"}, got); diff != "" {
			t.Errorf("customers (-want +got):\n%s", diff)
		}
		if table.Met.Changes != 6 || table.Met.Duplicates != 4 {
			t.Errorf("the reader met %+v, want 6 changes and copies of the 4 after SCN 1000001", table.Met)
		}
		if n := len(a.TasksOf("oralake-sales", "tail")); n != 1 {
			t.Errorf("%d tasks, want 1", n)
		}
		if got := aws.ToString(task(t, a, "tail").CdcStartPosition); got != "1000001" {
			t.Errorf("the task starts at %s, want the SCN of the file", got)
		}
	})
}
