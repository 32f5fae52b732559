package dms_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/oracledb"
)

// begin opens a transaction that inserts a row into SHOP.VACANT.
func (f *follower) begin(id int) *oracledb.OpenTx {
	f.t.Helper()
	tx := f.database.Begin()
	f.do(tx.Exec(fmt.Sprintf("INSERT INTO SHOP.VACANT VALUES (%d)", id)))
	return tx
}

// captured returns the keys of SHOP.VACANT in the files of changes, in the order of the files.
func (f *follower) captured() string {
	f.t.Helper()
	var keys []string
	for line := range strings.Lines(f.changes()) {
		if fields := strings.Split(line, ","); len(fields) > 2 {
			keys = append(keys, fields[2])
		}
	}
	return strings.Join(keys, " ")
}

// "DMS captures transactions that started after the chosen CDC start point" (CHAP_Task.CDC).
func TestOpenTransactionsAtAStartPosition(t *testing.T) {
	for _, test := range []struct {
		name     string
		position string
		time     time.Duration // since the transaction began; 0 for no CdcStartTime
		want     string
		unknowns dms.Unknowns
	}{
		{name: "now", want: "4"},
		{name: "at the current SCN", position: "1000004", want: "4"},
		{name: "at the SCN at which the transaction began", position: "1000002", want: "3 4 2"},
		{
			name: "at that SCN, if only later ones count", position: "1000002", want: "3 4",
			unknowns: dms.Unknowns{AfterStart: true},
		},
		{
			name: "at the SCN before, if only later ones count", position: "1000001", want: "3 4 2",
			unknowns: dms.Unknowns{AfterStart: true},
		},
		{name: "at a time before it began", time: -time.Minute, want: "3 4 2"},
		{name: "at a time after it began", time: time.Minute, want: "3 4"},
		{name: "at a time after the next commit", time: 61 * time.Minute, want: "4"},
		{name: "at a checkpoint", position: "checkpoint:V1#1#1000004#0#0#*#0#0", want: "4 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				f := follow(t, database, types.MigrationTypeValueCdc, dms.Options{Unknowns: test.unknowns}, "VACANT")
				f.write("INSERT INTO SHOP.VACANT VALUES (1)")
				time.Sleep(time.Hour)
				began, open := time.Now(), f.begin(2) // at SCN 1000002
				time.Sleep(time.Hour)
				f.write("INSERT INTO SHOP.VACANT VALUES (3)")
				time.Sleep(time.Hour)
				in := &databasemigrationservice.StartReplicationTaskInput{ReplicationTaskArn: &f.arn, StartReplicationTaskType: startIt}
				if test.position != "" {
					in.CdcStartPosition = &test.position
				}
				if test.time != 0 {
					in.CdcStartTime = new(began.Add(test.time))
				}
				if _, err := f.client.StartReplicationTask(f.ctx, in); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Minute)
				f.write("INSERT INTO SHOP.VACANT VALUES (4)")
				f.do(open.Commit(f.ctx))
				f.stopTask()
				if got := f.captured(); got != test.want {
					t.Errorf("captured %q, want %q", got, test.want)
				}
			})
		})
	}
}

// A resumed task captures what its first run would have captured.
func TestOpenTransactionsAtAResume(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, database, types.MigrationTypeValueCdc, dms.Options{}, "VACANT")
		before := f.begin(1)
		f.run(startIt)
		after := f.begin(2)
		f.write("INSERT INTO SHOP.VACANT VALUES (3)")
		f.stopTask()
		f.run(resume)
		f.do(before.Commit(f.ctx))
		f.do(after.Commit(f.ctx))
		f.stopTask()
		if got, want := f.captured(), "3 2"; got != want {
			t.Errorf("captured %q, want %q: the first transaction began before the task's first start", got, want)
		}
	})
}

const (
	waitsAnHour = `{"FullLoadSettings":{"TransactionConsistencyTimeout":3600},"Logging":{"EnableLogging":true}}`
	failsAfter  = `{"FullLoadSettings":{"TransactionConsistencyTimeout":3600},"Logging":{"EnableLogging":true},
		"ErrorBehavior":{"FailOnTransactionConsistencyBreached":true}}`
)

// A full load that is followed by CDC waits for the transactions that are open at its start, and only for those.
func TestFullLoadAwaitsOpenTransactions(t *testing.T) {
	for _, test := range []struct {
		name     string
		settings string
		kind     types.MigrationTypeValue
		open     time.Duration // how long after the start of the task the first transaction is open
		status   string        // when the transaction and the time-out have ended
		rows     int           // loaded by then
		changes  string
	}{
		{"a full load only", failsAfter, types.MigrationTypeValueFullLoad, 2 * time.Hour, "stopped", 0, ""},
		{"closed in time", failsAfter, types.MigrationTypeValueFullLoadAndCdc, 50 * time.Minute, "running", 2, "3"},
		{"not closed in time", failsAfter, types.MigrationTypeValueFullLoadAndCdc, 2 * time.Hour, "failed", 0, ""},
		{"not closed in time, and ignored", waitsAnHour, types.MigrationTypeValueFullLoadAndCdc, 2 * time.Hour, "running", 1, "3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				f := &follower{cloud: newCloud(t, database, cdcSet), database: database}
				f.tested()
				f.arn = f.newTask(test.kind, mappings("VACANT"), test.settings)
				first := f.begin(1)
				if err := f.start(f.arn, startIt); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Minute)
				if test.kind == types.MigrationTypeValueFullLoadAndCdc {
					if got, want := f.counts("VACANT"), "Before load: I 0/0 U 0/0 D 0/0 DDL 0/0"; got != want {
						t.Errorf("after the start: %s, want %s", got, want)
					}
				}
				second := f.begin(3)
				f.write("INSERT INTO SHOP.VACANT VALUES (2)")
				time.Sleep(test.open - 2*time.Minute)
				if test.open < time.Hour {
					f.do(first.Commit(f.ctx))
				}
				time.Sleep(61*time.Minute - test.open)
				if got := *f.describe(f.arn).Status; got != test.status {
					t.Fatalf("the task is %s, want %s", status(f.describe(f.arn)), test.status)
				}
				f.do(second.Commit(f.ctx))
				if test.open > time.Hour {
					f.do(first.Commit(f.ctx))
				}
				time.Sleep(time.Hour)
				if got := strings.Count(string(f.objects()["full/SHOP/VACANT/LOAD00000001.csv"]), "\n"); got != test.rows {
					t.Errorf("%d rows are loaded, want %d", got, test.rows)
				}
				if got := f.captured(); got != test.changes {
					t.Errorf("captured %q, want %q", got, test.changes)
				}
			})
		})
	}
}
