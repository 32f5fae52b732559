package dms_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/dms"
)

func TestChangesArrive(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, database, types.MigrationTypeValueCdc, dms.Options{}, "ORDERS", "ORDER_LINE")
		f.write("DELETE FROM SHOP.ORDERS WHERE ID = 1") // before the task starts
		f.run(startIt)
		f.want("nothing was changed", "")
		f.write("INSERT INTO SHOP.ORDERS VALUES (5000, '2024-05-06', NULL, 1.5)")
		time.Sleep(time.Minute)
		f.write("UPDATE SHOP.ORDERS SET TOTAL = 7 WHERE ID IN (2, 3)",
			"DELETE FROM SHOP.ORDER_LINE WHERE ORDER_ID = 7 AND LINE < 3",
			"UPDATE SHOP.PRODUCT SET STOCK = 0 WHERE ID = 1")
		f.write("UPDATE SHOP.ORDER_LINE SET LINE = 9 WHERE ORDER_ID = 8 AND LINE = 1")
		f.want("before CdcMaxBatchInterval", "")
		time.Sleep(6 * time.Minute)
		f.want("after CdcMaxBatchInterval", `ORDERS/2000/01/01/20000101-010500000.csv
I,2000-01-01 01:00:00.000000,5000,2024-05-06 00:00:00.000000,NULL,1.50,1000002
U,2000-01-01 01:01:00.000000,2,2024-01-03 00:00:00.000000,SOUTH,7.00,1000003
U,2000-01-01 01:01:00.000000,3,2024-01-04 00:00:00.000000,WEST,7.00,1000004
ORDER_LINE/2000/01/01/20000101-010600000.csv
D,2000-01-01 01:01:00.000000,7,1,item 18,1000005
D,2000-01-01 01:01:00.000000,7,2,item 19,1000006
D,2000-01-01 01:01:00.000000,8,1,item 21,1000008
I,2000-01-01 01:01:00.000000,8,9,item 21,1000009
`)
		if got, want := f.counts("ORDERS"), "Table completed: I 1/1 U 2/2 D 0/0 DDL 0/0"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := aws.ToString(f.describe(f.arn).RecoveryCheckpoint), "checkpoint:V1#1#1000009#0#0#*#0#0"; got != want {
			t.Errorf("checkpoint: got %s, want %s", got, want)
		}

		// Days later, around midnight, the commits of each day get their own file.
		time.Sleep(2*24*time.Hour + 22*time.Hour + 52*time.Minute)
		f.write("DELETE FROM SHOP.ORDERS WHERE ID = 10")
		time.Sleep(3 * time.Minute)
		f.write("DELETE FROM SHOP.ORDERS WHERE ID = 11")
		if source, target, ok := f.dms.Latency(f.arn[strings.LastIndexByte(f.arn, ':')+1:]); source != 0 ||
			target != 3*time.Minute || !ok {
			t.Errorf("latency: %s, %s, %v, want 0, 3m and true", source, target, ok)
		}
		before := f.changes()
		task := f.stopTask()
		if got, want := status(task), "stopped; Stop Reason NORMAL"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := aws.ToString(task.RecoveryCheckpoint), "checkpoint:V1#1#1000011#0#0#*#0#0"; got != want {
			t.Errorf("checkpoint: got %s, want %s", got, want)
		}
		added := ""
		for line := range strings.Lines(f.changes()) {
			if !strings.Contains(before, line) {
				added += line
			}
		}
		if diff := cmp.Diff(added, `ORDERS/2000/01/03/20000104-000200000.csv
D,2000-01-03 23:59:00.000000,10,2024-01-11 00:00:00.000000,SOUTH,3.70,1000010
ORDERS/2000/01/04/20000104-000200001.csv
D,2000-01-04 00:02:00.000000,11,2024-01-12 00:00:00.000000,WEST,4.07,1000011
`); diff != "" {
			t.Errorf("written by the stop (-got +want):\n%s", diff)
		}
		if _, _, ok := f.dms.Latency("task"); ok {
			t.Error("a stopped task has a latency")
		}
	})
}

func TestResumeLosesNothing(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, database, types.MigrationTypeValueCdc, dms.Options{}, "ORDERS", "VACANT")
		f.run(startIt)
		f.write("INSERT INTO SHOP.VACANT VALUES (1)")
		f.stopTask()
		f.write("INSERT INTO SHOP.VACANT VALUES (2)")
		f.run(resume)
		f.write("INSERT INTO SHOP.VACANT VALUES (3)")
		// The instance is lost before anything is written.
		f.do(f.dms.LoseInstance(f.instance, time.Hour))
		if got := status(f.describe(f.arn)); !strings.HasPrefix(got, "failed") {
			t.Errorf("the task is %s", got)
		}
		f.write("INSERT INTO SHOP.VACANT VALUES (4)")
		time.Sleep(2 * time.Hour)
		f.tested()
		f.run(resume)
		f.stopTask()
		f.want("all runs", `VACANT/2000/01/01/20000101-010000000.csv
I,2000-01-01 01:00:00.000000,1,1000001
VACANT/2000/01/01/20000101-030600000.csv
I,2000-01-01 01:01:00.000000,2,1000002
I,2000-01-01 01:03:00.000000,3,1000003
I,2000-01-01 01:03:00.000000,4,1000004
`)
	})
}

func TestLostLog(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, database, types.MigrationTypeValueCdc, dms.Options{}, "VACANT")
		f.run(startIt)
		f.stopTask()
		f.write("INSERT INTO SHOP.VACANT VALUES (1)", "INSERT INTO SHOP.VACANT VALUES (2)")
		f.database.ForgetBefore(1000002)
		if err := f.start(f.arn, resume); err != nil {
			t.Fatal(err)
		}
		got := status(f.ended(f.arn))
		const failure = "Last Error  unable to read the archived redo log: read the redo log after SCN 1000000: " +
			"ORA-01291: missing logfile. Stop Reason FATAL_ERROR Error Level FATAL"
		if want := "failed; " + failure + "; " + failure; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestStartPositions(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, database, cdcSet)
		f := &follower{cloud: c, database: database}
		f.tested()
		began := time.Now()
		for i := range 3 {
			time.Sleep(time.Hour)
			f.write(fmt.Sprintf("INSERT INTO SHOP.VACANT VALUES (%d)", i))
		}
		at := began.Add(2 * time.Hour)
		for i, test := range []struct {
			position string
			time     *time.Time
			want     int64 // number of changes
		}{
			{"", nil, 0},
			{"1000001", nil, 2},
			{"checkpoint:V1#1#1000002#0#0#*#0#0", nil, 1},
			{"", &at, 2},
			{at.Add(time.Second).Format("2006-01-02T15:04:05"), nil, 1},
		} {
			f.arn = f.mustCreate(fmt.Sprintf("task-%d", i), types.MigrationTypeValueCdc, mappings("VACANT"), keepsFiles)
			time.Sleep(5 * time.Minute)
			in := &databasemigrationservice.StartReplicationTaskInput{
				ReplicationTaskArn: &f.arn, StartReplicationTaskType: startIt, CdcStartTime: test.time,
			}
			if test.position != "" {
				in.CdcStartPosition = &test.position
			}
			if _, err := c.client.StartReplicationTask(c.ctx, in); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Minute)
			if got, want := f.counts("VACANT"), fmt.Sprintf("Table completed: I %d/0 U 0/0 D 0/0 DDL 0/0", test.want); got != want {
				t.Errorf("%s %v: got %s, want %s", test.position, test.time, got, want)
			}
			f.stopTask()
		}
	})
}

// TestChangesWrittenTwice checks that changes are written again when the run ended before the checkpoint moved.
func TestChangesWrittenTwice(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		cut := plan{run: dms.RunFault{CutAfterFile: 2, End: dms.End{Status: "failed", Reason: "RECOVERABLE_ERROR"}}}
		f := follow(t, database, types.MigrationTypeValueCdc, dms.Options{Faults: cut}, "VACANT")
		f.run(startIt)
		f.write("INSERT INTO SHOP.VACANT VALUES (1)")
		time.Sleep(10 * time.Minute)
		f.write("INSERT INTO SHOP.VACANT VALUES (2)")
		task := f.ended(f.arn)
		if got := status(task); !strings.Contains(got, "Stop Reason RECOVERABLE_ERROR") {
			t.Errorf("the task is %s", got)
		}
		if got, want := aws.ToString(task.RecoveryCheckpoint), "checkpoint:V1#1#1000001#0#0#*#0#0"; got != want {
			t.Errorf("checkpoint: got %s, want %s", got, want)
		}
		f.run(resume)
		f.stopTask()
		if got, want := strings.Count(f.changes(), ",1000001\n"), 1; got != want {
			t.Errorf("the first change is written %d times, want %d", got, want)
		}
		if got, want := strings.Count(f.changes(), ",1000002\n"), 2; got != want {
			t.Errorf("the second change is written %d times, want %d", got, want)
		}
	})
}
