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
)

// withoutItem selects ORDER_LINE without its column ITEM and only the rows of orders from 200 on.
func withoutItem(more ...string) string {
	return rules(append([]string{
		selects("include", "SHOP.ORDER_LINE", `,"filters":[{"filter-type":"source","column-name":"ORDER_ID",
			"filter-conditions":[{"filter-operator":"gte","value":"200"}]}]`),
		`"rule-type":"transformation","rule-action":"remove-column","rule-target":"column",
			"object-locator":{"schema-name":"SHOP","table-name":"ORDER_LINE","column-name":"ITEM"}`, addsSCN,
	}, more...)...)
}

// A task that resumes keeps the filter and the columns that a table had. A table that the resume adds gets the new rules, and a
// new task applies all rules.
func TestResumeKeepsTransformations(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, database, types.MigrationTypeValueCdc, dms.Options{}, "ORDER_LINE")
		f.run(startIt)
		f.stopTask()
		changed := withoutItem(selects("explicit", "SHOP.VACANT"))
		if _, err := f.client.ModifyReplicationTask(f.ctx, &databasemigrationservice.ModifyReplicationTaskInput{
			ReplicationTaskArn: &f.arn, TableMappings: &changed,
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		f.run(resume)
		f.write("INSERT INTO SHOP.ORDER_LINE VALUES (150, 9, 'resumed')", "INSERT INTO SHOP.VACANT VALUES (1)")
		if got := f.stopTask(); aws.ToString(got.Status) != "stopped" {
			t.Fatal(aws.ToString(got.LastFailureMessage))
		}
		if got := f.changes(); !strings.Contains(got, ",150,9,resumed,") {
			t.Errorf("after the resume: got %s, want the row with its column, which the filter would leave out", got)
		}
		again := f.mustCreate("again", types.MigrationTypeValueCdc, changed, keepsFiles)
		time.Sleep(5 * time.Minute)
		f.arn = again
		f.run(startIt)
		f.write("INSERT INTO SHOP.ORDER_LINE VALUES (151, 9, 'left out')", "INSERT INTO SHOP.ORDER_LINE VALUES (251, 9, 'gone')")
		f.stopTask()
		got := f.changes()
		if strings.Contains(got, ",151,") || strings.Contains(got, "gone") || !strings.Contains(got, ",251,9,") {
			t.Errorf("after the new task: got %s, want the row 251 without its column", got)
		}
	})
}

// A reload keeps the rules of the running task, too.
func TestReloadKeepsTransformations(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, database, types.MigrationTypeValueFullLoadAndCdc, dms.Options{}, "ORDER_LINE")
		f.run(startIt)
		f.stopTask()
		changed := withoutItem()
		if _, err := f.client.ModifyReplicationTask(f.ctx, &databasemigrationservice.ModifyReplicationTaskInput{
			ReplicationTaskArn: &f.arn, TableMappings: &changed,
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		f.run(resume)
		if _, err := f.client.ReloadTables(f.ctx, &databasemigrationservice.ReloadTablesInput{
			ReplicationTaskArn: &f.arn,
			TablesToReload:     []types.TableToReload{{SchemaName: aws.String("SHOP"), TableName: aws.String("ORDER_LINE")}},
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		loaded := string(f.objects()["full/SHOP/ORDER_LINE/LOAD00000001.csv"])
		if first, _, _ := strings.Cut(loaded, "\n"); !strings.Contains(first, ",1,1,item 0,") {
			t.Errorf("the reload wrote %s, want the first row with its column", first)
		}
		f.stopTask()
		if err := f.start(f.arn, types.StartReplicationTaskTypeValueReloadTarget); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Minute)
		loaded = string(f.objects()["full/SHOP/ORDER_LINE/LOAD00000001.csv"])
		if first, _, _ := strings.Cut(loaded, "\n"); strings.Contains(loaded, "item") || !strings.Contains(first, ",200,1,") {
			t.Errorf("after reload-target: got %s, want the new filter and columns", first)
		}
	})
}
