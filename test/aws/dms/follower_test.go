package dms_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/oracledb"
)

const (
	cdcSet = `"DatePartitionEnabled":true,"CdcMaxBatchInterval":300,"IncludeOpForFullLoad":true,
		"TimestampColumnName":"AT","UseTaskStartTimeForFullLoadTimestamp":true`
	addsSCN = `"rule-type":"transformation","rule-action":"add-column","rule-target":"column","value":"SCN",
		"expression":"$AR_H_STREAM_POSITION","data-type":{"type":"string","length":50},
		"object-locator":{"schema-name":"SHOP","table-name":"%"}`
	keepsFiles = `{"Logging":{"EnableLogging":true},"ChangeProcessingDdlHandlingPolicy":{
		"HandleSourceTableDropped":false,"HandleSourceTableTruncated":false,"HandleSourceTableAltered":true}}`
)

// follower is a task that captures changes of tables of SHOP, with its source database.
type follower struct {
	*cloud
	database *oracledb.Database
	arn      string
}

func follow(
	t *testing.T, database *oracledb.Database, kind types.MigrationTypeValue, options dms.Options, tables ...string,
) *follower {
	t.Helper()
	f := &follower{cloud: newCloudWith(t, database, cdcSet, options), database: database}
	f.tested()
	f.arn = f.newTask(kind, mappings(tables...), keepsFiles)
	return f
}

func mappings(tables ...string) string {
	all := []string{}
	for _, table := range tables {
		all = append(all, selects("explicit", "SHOP."+table))
	}
	return rules(append(all, addsSCN)...)
}

// run starts the task and waits until it runs. The first call waits until one o'clock.
func (f *follower) run(kind types.StartReplicationTaskTypeValue) {
	f.t.Helper()
	if kind == startIt {
		time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 58, 0, 0, time.UTC)))
	}
	if err := f.start(f.arn, kind); err != nil {
		f.t.Fatal(err)
	}
	time.Sleep(2 * time.Minute)
	if got := status(f.describe(f.arn)); got != "running" {
		f.t.Fatalf("the task is %s\n%s", got, f.log)
	}
}

// stopTask stops the task and waits until it is stopped.
func (f *follower) stopTask() *types.ReplicationTask {
	f.t.Helper()
	if err := f.stop(f.arn); err != nil {
		f.t.Fatal(err)
	}
	return f.ended(f.arn)
}

// write runs statements in one transaction.
func (f *follower) write(statements ...string) {
	f.t.Helper()
	if err := f.database.Write(f.ctx, func(tx *oracledb.Tx) error {
		for _, s := range statements {
			if err := tx.Exec(s); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		f.t.Fatal(err)
	}
	synctest.Wait()
}

func (f *follower) do(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
	synctest.Wait()
}

// changes returns the lines of the files of changes. Each file follows its key below SHOP.
func (f *follower) changes() string {
	f.t.Helper()
	var b strings.Builder
	objects := f.objects()
	for _, key := range slices.Sorted(maps.Keys(objects)) {
		if !strings.Contains(key, "LOAD") {
			fmt.Fprintf(&b, "%s\n%s", strings.TrimPrefix(key, "full/SHOP/"), objects[key])
		}
	}
	return b.String()
}

func (f *follower) want(what, want string) {
	f.t.Helper()
	if diff := cmp.Diff(f.changes(), want); diff != "" {
		f.t.Errorf("%s (-got +want):\n%s", what, diff)
	}
}

// counts returns the captured and applied changes of a table.
func (f *follower) counts(table string) string {
	f.t.Helper()
	out, err := f.client.DescribeTableStatistics(f.ctx, &databasemigrationservice.DescribeTableStatisticsInput{
		ReplicationTaskArn: &f.arn,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, t := range out.TableStatistics {
		if *t.TableName == table {
			return fmt.Sprintf("%s: I %d/%d U %d/%d D %d/%d DDL %d/%d", *t.TableState, t.Inserts, *t.AppliedInserts, t.Updates,
				*t.AppliedUpdates, t.Deletes, *t.AppliedDeletes, t.Ddls, *t.AppliedDdls)
		}
	}
	return "not there"
}
