package dms_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/oracledb"
)

// TestCachedChanges checks that changes during the load of a table are written after the load, and only if the load does
// not contain them.
func TestCachedChanges(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		slow := plan{tables: map[string]dms.TableFault{"SHOP.VACANT": {Takes: time.Hour}}}
		f := follow(t, database, types.MigrationTypeValueFullLoadAndCdc, dms.Options{Faults: slow}, "ORDER_LINE", "VACANT")
		f.run(startIt)
		f.write("INSERT INTO SHOP.VACANT VALUES (1)", "DELETE FROM SHOP.ORDER_LINE WHERE ORDER_ID = 300 AND LINE = 3")
		f.write("INSERT INTO SHOP.VACANT VALUES (2)")
		time.Sleep(30 * time.Minute)
		f.want("during the load", `ORDER_LINE/2000/01/01/20000101-010500000.csv
D,2000-01-01 01:00:00.000000,300,3,item 899,1000002
`)
		if got, want := aws.ToString(f.describe(f.arn).RecoveryCheckpoint), "checkpoint:V1#1#1000000#0#0#*#0#0"; got != want {
			t.Errorf("checkpoint during the load: got %s, want %s", got, want)
		}
		time.Sleep(time.Hour)
		f.want("after the load", `ORDER_LINE/2000/01/01/20000101-010500000.csv
D,2000-01-01 01:00:00.000000,300,3,item 899,1000002
VACANT/2000/01/01/20000101-015900000.csv
I,2000-01-01 01:00:00.000000,1,1000001
I,2000-01-01 01:00:00.000000,2,1000003
`)
		loaded := string(f.objects()["full/SHOP/ORDER_LINE/LOAD00000001.csv"])
		if got, want := strings.SplitAfterN(loaded, "\n", 2)[0], "I,2000-01-01 00:59:00.000000,1,1,item 0,\n"; got != want {
			t.Errorf("the first loaded row: got %s, want %s", got, want)
		}
	})
}

func TestModifiedTaskLoadsWhatIsNew(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, database, types.MigrationTypeValueFullLoadAndCdc, dms.Options{}, "ORDER_LINE")
		f.run(startIt)
		f.stopTask()
		f.write("INSERT INTO SHOP.VACANT VALUES (1)")
		if err := f.database.Truncate(f.ctx, oracledb.Table{Schema: "SHOP", Name: "VACANT"}); err != nil {
			t.Fatal(err)
		}
		f.write("INSERT INTO SHOP.VACANT VALUES (2)", "DELETE FROM SHOP.ORDER_LINE WHERE ORDER_ID > 1")
		loads := f.objects()
		if _, err := f.client.ModifyReplicationTask(f.ctx, &databasemigrationservice.ModifyReplicationTaskInput{
			ReplicationTaskArn: &f.arn, TableMappings: aws.String(mappings("ORDER_LINE", "VACANT")),
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		f.run(resume)
		f.write("INSERT INTO SHOP.VACANT VALUES (3)")
		f.stopTask()
		objects := f.objects()
		got := string(objects["full/SHOP/VACANT/LOAD00000001.csv"])
		if !strings.HasSuffix(got, ",2,\n") || strings.Count(got, "\n") != 1 {
			t.Errorf("the new table was loaded as %s, want the second row", got)
		}
		if key := "full/SHOP/ORDER_LINE/LOAD00000001.csv"; string(objects[key]) != string(loads[key]) {
			t.Error("the old table was loaded again")
		}
		got = f.changes()
		if n, want := strings.Count(got, "\nD,"), 897; n != want {
			t.Errorf("%d deletions are written, want %d", n, want)
		}
		if _, vacant, _ := strings.Cut(got, "VACANT/"); strings.Count(vacant, "\n") != 2 || !strings.Contains(vacant, ",3,") {
			t.Errorf("changes of the new table: got %s, want the third row only, because the load has the second", vacant)
		}
	})
}

func TestReloadTables(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		slow := plan{tables: map[string]dms.TableFault{"SHOP.VACANT": {Takes: 10 * time.Minute}}}
		f := follow(t, database, types.MigrationTypeValueFullLoadAndCdc, dms.Options{Faults: slow}, "ORDER_LINE", "VACANT")
		vacant := oracledb.Table{Schema: "SHOP", Name: "VACANT"}
		reload := func(tables ...string) error {
			in := &databasemigrationservice.ReloadTablesInput{ReplicationTaskArn: &f.arn}
			for _, name := range tables {
				in.TablesToReload = append(in.TablesToReload, types.TableToReload{SchemaName: aws.String("SHOP"), TableName: &name})
			}
			_, err := f.client.ReloadTables(f.ctx, in)
			return err
		}
		if got, want := code(reload("VACANT")), "InvalidResourceStateFault: Replication Task "+f.arn+
			" is currently not running"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		f.run(startIt)
		time.Sleep(time.Hour)
		f.write("INSERT INTO SHOP.VACANT VALUES (1)")
		time.Sleep(10 * time.Minute)
		f.do(f.database.Truncate(f.ctx, vacant))
		f.write("INSERT INTO SHOP.VACANT VALUES (2)")
		if got, want := f.counts("VACANT"), "Table completed: I 2/1 U 0/0 D 0/0 DDL 1/0"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if err := reload("VACANT"); err != nil {
			t.Fatal(err)
		}
		if got, want := code(reload("VACANT")), "InvalidResourceStateFault: Table SHOP.VACANT is being loaded"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		time.Sleep(5 * time.Minute)
		if got, want := f.counts("VACANT"), "Table is being reloaded: I 2/1 U 0/0 D 0/0 DDL 1/0"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		f.write("INSERT INTO SHOP.VACANT VALUES (3)")
		time.Sleep(time.Hour)
		if got, want := f.counts("VACANT"), "Table completed: I 3/3 U 0/0 D 0/0 DDL 1/0"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		f.want("after the reload", `VACANT/2000/01/01/20000101-022000000.csv
I,2000-01-01 02:10:00.000000,2,1000003
I,2000-01-01 02:15:00.000000,3,1000004
`)
		if got := string(f.objects()["full/SHOP/VACANT/LOAD00000001.csv"]); !strings.HasSuffix(got, ",2,\n") {
			t.Errorf("reloaded as %s", got)
		}
		if got, want := code(reload("ORDERS")), "InvalidParameterValueException: Table SHOP.ORDERS is not one of "+
			"replication task "+f.arn; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := code(reload(strings.Split("ABCDEFGHIJK", "")...)), "InvalidParameterValueException: TablesToReload has "+
			"11 tables: want 1 to 10"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
