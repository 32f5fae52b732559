package dms_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/google/go-cmp/cmp"
)

// TestHeadersInParquet checks that headers are nullable strings, which are empty in a full load, and that the other columns
// are the same in a file of changes and in a load.
func TestHeadersInParquet(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		const settings = parquetSet + `,"IncludeOpForFullLoad":true,"TimestampColumnName":"AT"`
		f := &follower{cloud: newCloud(t, database, settings), database: database}
		f.tested()
		adds := func(value, header string) string {
			return strings.NewReplacer("SCN", value, "$AR_H_STREAM_POSITION", header).Replace(addsSCN)
		}
		f.arn = f.newTask(types.MigrationTypeValueFullLoadAndCdc, rules(selects("explicit", "SHOP.ORDER_LINE"), addsSCN,
			adds("SEQ", "$AR_H_CHANGE_SEQ"), adds("OP", "$AR_H_OPERATION"), adds("COMMIT", "$AR_H_COMMIT_TIMESTAMP"),
		), keepsFiles)
		f.run(startIt)
		time.Sleep(1230 * time.Millisecond)
		f.write("DELETE FROM SHOP.ORDER_LINE WHERE ORDER_ID = 1 AND LINE = 1")
		f.stopTask()
		objects := f.objects()
		keys := slices.Sorted(maps.Keys(objects))
		if diff := cmp.Diff(keys, []string{
			"full/SHOP/ORDER_LINE/20000101-010001230.parquet", "full/SHOP/ORDER_LINE/LOAD00000001.parquet",
		}); diff != "" {
			t.Fatalf("keys (-got +want):\n%s", diff)
		}
		changed, changes := readParquet(t, objects[keys[0]])
		loaded, rows := readParquet(t, objects[keys[1]])
		if diff := cmp.Diff(changed, loaded); diff != "" {
			t.Errorf("columns of changes (-) and of the load (+):\n%s", diff)
		}
		if diff := cmp.Diff(changed[5:], []string{
			"SCN schema.SCN: optional binary (STRING);", "SEQ schema.SEQ: optional binary (STRING);",
			"OP schema.OP: optional binary (STRING);", "COMMIT schema.COMMIT: optional binary (STRING);",
		}); diff != "" {
			t.Errorf("headers (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(changes, [][]string{{
			`"D"`, `"2000-01-01 01:00:01.230000"`, "1", "1", `"item 0"`, `"1000001"`, `"20000101010001230000000000001000001"`,
			`"DELETE"`, `"2000-01-01 01:00:01.230000"`,
		}}); diff != "" {
			t.Errorf("change (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(rows[0], []string{
			`"I"`, `"2000-01-01 00:59:00.000000"`, "1", "1", `"item 0"`, `""`, `""`, `"INSERT"`, `"2000-01-01 00:59:00.000000"`,
		}); diff != "" {
			t.Errorf("loaded row (-got +want):\n%s", diff)
		}
	})
}
