package dms_test

import (
	"slices"
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

// restarted starts a task of three tables, of which ORDERS takes an hour, and lets DMS interrupt it in the middle of that.
func restarted(t *testing.T, kind types.MigrationTypeValue, interrupt func(f *faulty, arn string) error) *faulty {
	database := shop(t)
	var f *faulty
	synctest.Test(t, func(t *testing.T) {
		f = newFaulty(t, database, plan{tables: map[string]dms.TableFault{"SHOP.ORDERS": {Takes: time.Hour}}})
		arn := f.three(kind)
		f.refuses("", f.start(arn, startIt))
		time.Sleep(10 * time.Minute)
		if err := interrupt(f, arn); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Hour)
		synctest.Wait()
	})
	return f
}

// A load that DMS interrupts goes on by itself, from the tables that are not complete. StartDate moves, FreshStartDate does not.
func TestMaintenanceRestartsALoad(t *testing.T) {
	f := restarted(t, types.MigrationTypeValueFullLoad, func(f *faulty, arn string) error {
		err := f.dms.Interrupt(f.instance, dms.Outage{Status: "upgrading", For: 20 * time.Minute, Shown: dms.End{Reason: "RECONFIGURATION_RESTART"}})
		f.is(arn, "stopped; Stop Reason RECONFIGURATION_RESTART")
		f.refuses("InvalidResourceStateFault", f.start(arn, resume))
		time.Sleep(21*time.Minute + 10*time.Second)
		f.is(arn, "running")
		stats := f.describe(arn).ReplicationTaskStats
		if moved := stats.StartDate.Sub(*stats.FreshStartDate); moved < 20*time.Minute {
			f.t.Errorf("StartDate is %v after FreshStartDate, want it after the maintenance", moved)
		}
		return err
	})
	want := []string{
		"0s creating", "3m0s created", "4m0s starting", "5m0s running", "14m0s instance restarting",
		"14m0s ended, PRODUCT=4 complete, ORDERS=2000, ORDER_LINE=0", "34m0s instance back", "34m5s starting", "35m5s running",
		"35m15s ended, PRODUCT=4 kept untouched, ORDERS=2000 complete, ORDER_LINE=900 complete",
	}
	if diff := cmp.Diff(want, f.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// A reboot breaks a load: tables that are not complete are in error, and the task stays failed until somebody resumes it. That loads
// the tables that are not complete.
func TestRebootBreaksALoad(t *testing.T) {
	f := restarted(t, types.MigrationTypeValueFullLoad, func(f *faulty, arn string) error {
		err := f.dms.Interrupt(f.instance, dms.Outage{Status: "rebooting", For: time.Minute, Breaks: true})
		time.Sleep(time.Hour)
		if got := aws.ToString(f.describe(arn).Status); got != "failed" {
			f.t.Errorf("status %s, want failed", got)
		}
		if got, want := f.tables(arn), "SHOP.ORDERS: Table error, 2000 rows\nSHOP.ORDER_LINE: Table error, 0 rows\nSHOP.PRODUCT: Table completed, 4 rows\n"; got != want {
			f.t.Errorf("tables:\n%swant:\n%s", got, want)
		}
		f.refuses("", f.start(arn, resume))
		return err
	})
	if want := "1h15m10s ended, PRODUCT=4 kept untouched, ORDERS=2000 complete, ORDER_LINE=900 complete"; !slices.Contains(f.events, want) {
		t.Errorf("events %q, want among them %q", f.events, want)
	}
}

// The events of an instance name its outages.
func TestOutagesAreEventsOfTheInstance(t *testing.T) {
	restarted(t, types.MigrationTypeValueFullLoad, func(f *faulty, arn string) error {
		list := func(since time.Time) int {
			out, err := f.client.DescribeEvents(f.ctx, &databasemigrationservice.DescribeEventsInput{
				SourceType: types.SourceTypeReplicationInstance, StartTime: &since,
				SourceIdentifier: f.describeInstance().ReplicationInstanceIdentifier,
			})
			if err != nil {
				f.t.Fatal(err)
			}
			return len(out.Events)
		}
		before := time.Now()
		err := f.dms.Interrupt(f.instance, dms.Outage{Status: "rebooting", For: time.Minute})
		if got := aws.ToString(f.describeInstance().ReplicationInstanceStatus); got != "rebooting" {
			f.t.Errorf("the instance is %s, want rebooting", got)
		}
		time.Sleep(2 * time.Minute)
		if got := aws.ToString(f.describeInstance().ReplicationInstanceStatus); got != "available" {
			f.t.Errorf("the instance is %s, want available", got)
		}
		if a, b := list(before), list(time.Now()); a != 1 || b != 0 {
			f.t.Errorf("%d events since the reboot began and %d since it ended, want 1 and 0", a, b)
		}
		return err
	})
}

func (f *faulty) describeInstance() types.ReplicationInstance {
	f.t.Helper()
	out, err := f.client.DescribeReplicationInstances(f.ctx, &databasemigrationservice.DescribeReplicationInstancesInput{})
	if err != nil || len(out.ReplicationInstances) != 1 {
		f.t.Fatalf("instances %+v: %v", out, err)
	}
	return out.ReplicationInstances[0]
}

// DMS recycles a task and starts it again, unless somebody was faster.
func TestRecycledTaskIsRestarted(t *testing.T) {
	for _, faster := range []bool{false, true} {
		f := restarted(t, types.MigrationTypeValueFullLoad, func(f *faulty, arn string) error {
			err := f.dms.Recycle(aws.ToString(f.describe(arn).ReplicationTaskIdentifier), "RECYCLE_TASK", 10*time.Minute)
			f.is(arn, "stopped; Stop Reason RECYCLE_TASK")
			if faster {
				f.refuses("", f.start(arn, resume))
			}
			return err
		})
		starts := 0
		for _, e := range f.events {
			if strings.HasSuffix(e, " starting") {
				starts++
			}
		}
		if starts != 2 {
			t.Errorf("faster: %v: the task was started %d times, want twice: %q", faster, starts, f.events)
		}
	}
}

// A task that DMS assesses before its start is testing: it can neither be stopped nor deleted.
func TestAssessedTask(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFaulty(t, database, plan{run: dms.RunFault{Assessment: 10 * time.Minute}})
		arn := f.three(types.MigrationTypeValueFullLoad)
		f.refuses("", f.start(arn, startIt))
		f.is(arn, "testing")
		f.refuses("InvalidResourceStateFault", f.stop(arn))
		f.refuses("InvalidResourceStateFault", f.delete(arn))
		time.Sleep(10*time.Minute + time.Second)
		f.is(arn, "starting")
		time.Sleep(time.Hour)
		f.is(arn, "stopped; Stop Reason FULL_LOAD_ONLY_FINISHED")
	})
}

// A task may be ready, stopped or failed after a modification.
func TestStatusAfterAModification(t *testing.T) {
	database := shop(t)
	for _, status := range []string{"ready", "stopped", "failed"} {
		synctest.Test(t, func(t *testing.T) {
			f := newFaulty(t, database, plan{modify: dms.ModifyFault{Status: status}})
			arn := f.three(types.MigrationTypeValueFullLoad)
			if _, err := f.client.ModifyReplicationTask(f.ctx, &databasemigrationservice.ModifyReplicationTaskInput{
				ReplicationTaskArn: &arn, TableMappings: aws.String(rules(shopTables)),
			}); err != nil {
				t.Fatal(err)
			}
			f.is(arn, "modifying")
			time.Sleep(time.Minute)
			f.is(arn, status)
			f.refuses("", f.start(arn, startIt))
			time.Sleep(time.Hour)
		})
	}
}

// A load whose source is lost is reported as complete, with fewer rows than the source has.
func TestLostSourceIsReportedAsComplete(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFaulty(t, database, plan{tables: map[string]dms.TableFault{"SHOP.PRODUCT": {Kind: dms.TableSourceLost}}})
		arn := f.three(types.MigrationTypeValueFullLoad)
		f.refuses("", f.start(arn, startIt))
		if got, want := status(f.ended(arn)), "stopped; Stop Reason FULL_LOAD_ONLY_FINISHED"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := f.tables(arn), "SHOP.ORDERS: Table completed, 2000 rows\nSHOP.ORDER_LINE: Table completed, 900 rows\nSHOP.PRODUCT: Table completed, 2 rows\n"; got != want {
			t.Errorf("tables:\n%swant:\n%s", got, want)
		}
	})
}
