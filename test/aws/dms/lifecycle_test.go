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
)

// diary records each change of a task, with the time since the start of the diary.
type diary struct {
	c     *cloud
	arn   string
	began time.Time
	last  string
	text  strings.Builder
}

func (d *diary) note(format string, args ...any) {
	fmt.Fprintf(&d.text, "%8s  %s\n", time.Since(d.began).Round(time.Second), fmt.Sprintf(format, args...))
}

// watch describes the task every five seconds until it has one of the statuses.
func (d *diary) watch(until ...string) {
	for range 1000 {
		now := d.line()
		if now != d.last {
			d.note("%s", now)
			d.last = now
		}
		for _, u := range until {
			if strings.HasPrefix(now, u) {
				return
			}
		}
		time.Sleep(5 * time.Second)
	}
	d.c.t.Fatalf("the task never became %v:\n%s", until, d.text.String())
}

func (d *diary) line() string {
	synctest.Wait() // all events of this moment are done
	t := d.c.describe(d.arn)
	if t == nil {
		return "gone"
	}
	line := *t.Status
	if s := t.ReplicationTaskStats; s != nil {
		line += fmt.Sprintf(", %d%%: %d loaded, %d loading, %d queued, %d errored", s.FullLoadProgressPercent,
			s.TablesLoaded, s.TablesLoading, s.TablesQueued, s.TablesErrored)
	}
	if r := aws.ToString(t.StopReason); r != "" {
		line += ", " + r
	}
	return line
}

const shopTables = `"rule-type":"selection","rule-action":"include","object-locator":{"schema-name":"SHOP","table-name":"ORDER%"}`

func TestLifeOfATask(t *testing.T) {
	const (
		first  = types.StartReplicationTaskTypeValueStartReplication
		resume = types.StartReplicationTaskTypeValueResumeProcessing
		reload = types.StartReplicationTaskTypeValueReloadTarget
	)
	tests := []struct {
		name string
		kind types.MigrationTypeValue
		live func(d *diary, start func(types.StartReplicationTaskTypeValue), stop func())
	}{
		{"full-load", types.MigrationTypeValueFullLoad, func(d *diary, start func(types.StartReplicationTaskTypeValue), _ func()) {
			start(first)
			d.watch("stopped")
			start(reload)
			d.watch("starting")
			d.watch("stopped")
			start(resume)
			d.watch("starting")
			d.watch("stopped")
		}},
		{"full-load-and-cdc", types.MigrationTypeValueFullLoadAndCdc, func(
			d *diary, start func(types.StartReplicationTaskTypeValue), stop func(),
		) {
			start(first)
			d.watch("running, 100%")
			time.Sleep(time.Hour)
			d.watch("running")
			stop()
			d.watch("stopped")
			start(resume)
			d.watch("running")
			stop()
			d.watch("stopped")
		}},
		{"cdc", types.MigrationTypeValueCdc, func(d *diary, start func(types.StartReplicationTaskTypeValue), stop func()) {
			start(first)
			d.watch("running")
			stop()
			d.watch("stopped")
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, database, parquetSet)
				c.tested()
				d := &diary{c: c, began: time.Now()}
				d.arn = c.mustCreate("Life", test.kind, rules(shopTables), "")
				d.watch("ready")
				test.live(d, func(kind types.StartReplicationTaskTypeValue) {
					d.note("%s", kind)
					if err := c.start(d.arn, kind); err != nil {
						t.Fatal(err)
					}
				}, func() {
					d.note("stop")
					if err := c.stop(d.arn); err != nil {
						t.Fatal(err)
					}
				})
				if got, want := c.dms.Running(), 0; got != want {
					t.Errorf("Running() = %d, want %d", got, want)
				}
				d.note("delete")
				if _, err := c.client.DeleteReplicationTask(c.ctx, &databasemigrationservice.DeleteReplicationTaskInput{
					ReplicationTaskArn: &d.arn,
				}); err != nil {
					t.Fatal(err)
				}
				d.watch("gone")
				if got, want := c.dms.Tasks(), 0; got != want {
					t.Errorf("Tasks() = %d, want %d", got, want)
				}
				for _, bad := range []string{"]W: ", "]E: "} {
					if strings.Contains(c.log.String(), bad) {
						t.Errorf("log: %s", c.log)
					}
				}
				golden(t, "life/"+test.name+".txt", d.text.String())
			})
		})
	}
}
