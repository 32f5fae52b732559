package dms_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/oracledb"
)

func TestDefinitionsAtTheSource(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		vacant := oracledb.Table{Schema: "SHOP", Name: "VACANT"}
		f := follow(t, database, types.MigrationTypeValueCdc, dms.Options{}, "VACANT")
		f.run(startIt)
		f.write("INSERT INTO SHOP.VACANT VALUES (1)")
		f.do(f.database.AddColumn(f.ctx, vacant, "NOTE VARCHAR2(9)"))
		f.write("INSERT INTO SHOP.VACANT VALUES (2, 'two')")
		f.do(f.database.Truncate(f.ctx, vacant))
		f.do(f.database.Drop(f.ctx, vacant))
		f.stopTask()
		f.want("files that DMS keeps", `VACANT/2000/01/01/20000101-010000000.csv
I,2000-01-01 01:00:00.000000,1,1000001
VACANT/2000/01/01/20000101-010000001.csv
I,2000-01-01 01:00:00.000000,2,two,1000003
`)
		if got, want := f.counts("VACANT"), "Table completed: I 2/2 U 0/0 D 0/0 DDL 3/1"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// TestDefinitionsThatAreHandled checks that a TRUNCATE clears the folder, which is the default of DMS, and that a task can
// ignore a new column.
func TestDefinitionsThatAreHandled(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		vacant := oracledb.Table{Schema: "SHOP", Name: "VACANT"}
		f := &follower{cloud: newCloud(t, database, cdcSet), database: database}
		f.tested()
		f.arn = f.newTask(types.MigrationTypeValueCdc, mappings("VACANT"),
			`{"ChangeProcessingDdlHandlingPolicy":{"HandleSourceTableAltered":false}}`)
		f.run(startIt)
		f.write("INSERT INTO SHOP.VACANT VALUES (1)")
		time.Sleep(10 * time.Minute)
		f.write("INSERT INTO SHOP.VACANT VALUES (2)")
		f.do(f.database.Truncate(f.ctx, vacant))
		f.do(f.database.AddColumn(f.ctx, vacant, "NOTE VARCHAR2(9)"))
		f.write("INSERT INTO SHOP.VACANT VALUES (3, 'three')")
		f.stopTask()
		f.want("files", `VACANT/2000/01/01/20000101-011000001.csv
I,2000-01-01 01:10:00.000000,3,1000005
`)
	})
}

// TestFilteredChanges checks that a filter accepts the same changes as rows.
func TestFilteredChanges(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := &follower{cloud: newCloud(t, database, ""), database: database}
		f.tested()
		f.arn = f.newTask(types.MigrationTypeValueCdc, rules(
			selects("include", "SHOP.ORDERS", `,"filters":[{"filter-type":"source","column-name":"PLACED",
				"filter-conditions":[{"filter-operator":"gte","value":"2024-06-01"}]}]`),
			`"rule-type":"transformation","rule-action":"remove-column","rule-target":"column",
				"object-locator":{"schema-name":"SHOP","table-name":"ORDERS","column-name":"TOTAL"}`,
			`"rule-type":"transformation","rule-action":"rename","rule-target":"table","value":"SALES",
				"object-locator":{"schema-name":"SHOP","table-name":"ORDERS"}`,
		), keepsFiles)
		f.run(startIt)
		f.write("INSERT INTO SHOP.ORDERS VALUES (5001, '2024-05-31', NULL, 1), (5002, '2024-06-01', 'X', 1)")
		f.stopTask()
		f.want("changes", "SALES/20000101-010000000.csv\nI,5002,2024-06-01 00:00:00.000000,X\n")
	})
}
