package dms_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/test/aws/dms"
)

// The first start of a task may delete what an earlier task has written. A resume never does.
func TestFirstStartMayClear(t *testing.T) {
	database := shop(t)
	for name, test := range map[string]struct {
		clearing dms.Clearing
		want     bool // the old file is there after the first start
	}{"it keeps files": {dms.ClearsNothing, true}, "it clears": {dms.Clears, false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := follow(t, database, types.MigrationTypeValueCdc, dms.Options{Clearing: test.clearing}, "VACANT")
				const old, other = "full/SHOP/VACANT/1999/12/31/19991231-235900000.csv", "full/SHOP/ORDER_LINE/19991231-235900000.csv"
				f.put(old, "old")
				f.put(other, "of another task")
				f.run(startIt)
				if _, there := f.objects()[old]; there != test.want {
					t.Errorf("after the first start the old file is there: %v, want %v", there, test.want)
				}
				if _, there := f.objects()[other]; !there {
					t.Error("the file of a table that the task does not have is deleted")
				}
				f.put(old, "old")
				f.stopTask()
				f.run(resume)
				if _, there := f.objects()[old]; !there {
					t.Error("a resume has deleted the file")
				}
			})
		})
	}
}

// A CDC task must be restarted when its source changes between LogMiner and Binary Reader.
func TestResumeNeedsTheSameLogReader(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, database, types.MigrationTypeValueCdc, dms.Options{}, "VACANT")
		f.run(startIt)
		f.stopTask()
		r := request("Source", `{"EndpointType":"source","EngineName":"oracle","DatabaseName":"SHOPPDB",
			"OracleSettings":{"UseLogminerReader":false,"UseBFile":true,
			"SecretsManagerAccessRoleArn":"`+secretRole+`","SecretsManagerSecretId":"`+secretID+`"}}`)
		r.PhysicalID = f.from
		if _, err := f.dms.Resources()["AWS::DMS::Endpoint"].Update(f.ctx, r); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if err := f.start(f.arn, resume); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		task := f.describe(f.arn)
		if aws.ToString(task.Status) != "failed" || !strings.Contains(aws.ToString(task.LastFailureMessage), "restart the task") {
			t.Errorf("the task is %s: %s, want it failed", aws.ToString(task.Status), aws.ToString(task.LastFailureMessage))
		}
		f.arn = f.mustCreate("again", types.MigrationTypeValueCdc, mappings("VACANT"), keepsFiles)
		time.Sleep(5 * time.Minute)
		f.run(startIt)
	})
}
