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

func TestFaultyLives(t *testing.T) {
	tests := map[string]struct {
		plan plan
		kind types.MigrationTypeValue
		live func(f *faulty, arn string) // after four minutes, when the task should be ready
		want []string
	}{
		"creation fails": {
			plan: plan{create: dms.CreateFault{Fail: "Failed to create task: out of capacity"}},
			live: func(f *faulty, arn string) {
				f.is(arn, "failed; Failed to create task: out of capacity")
				f.refuses("InvalidResourceStateFault", f.start(arn, startIt))
				f.refuses("", f.delete(arn))
			},
			want: []string{"0s creating", "3m0s creation failed", "4m0s deleting", "7m0s deleted"},
		},
		"creation is slow": {
			plan: plan{create: dms.CreateFault{Slow: 10}},
			live: func(f *faulty, arn string) {
				f.refuses("InvalidResourceStateFault", f.delete(arn))
				time.Sleep(30 * time.Minute)
				f.is(arn, "ready")
			},
			want: []string{"0s creating", "30m0s created"},
		},
		"a run hangs, and stops slowly": {
			plan: plan{run: dms.RunFault{Slow: 2, Tables: 1, Hang: true}, stop: dms.StopFault{Slow: 20}},
			live: func(f *faulty, arn string) {
				f.refuses("", f.start(arn, startIt))
				time.Sleep(100 * time.Hour)
				f.is(arn, "running")
				if got, want := f.tables(arn), "SHOP.ORDERS: Before load, 0 rows\nSHOP.ORDER_LINE: Before load, 0 rows\n"+
					"SHOP.PRODUCT: Table completed, 4 rows\n"; got != want {
					f.t.Errorf("tables:\n%swant:\n%s", got, want)
				}
				f.refuses("", f.stop(arn))
				time.Sleep(14 * time.Minute)
				f.is(arn, "stopping")
			},
			want: []string{
				"0s creating", "3m0s created", "4m0s starting", "6m0s running", "100h4m0s stopping",
				"100h19m0s ended, PRODUCT=4 complete, ORDERS=0 untouched, ORDER_LINE=0 untouched",
			},
		},
		"an odd status": {
			plan: plan{
				run:    dms.RunFault{Odd: dms.Odd{Status: "Running with errors", At: time.Minute, For: time.Hour}},
				tables: map[string]dms.TableFault{"SHOP.ORDERS": {Takes: 90 * time.Minute}},
			},
			live: func(f *faulty, arn string) {
				f.refuses("", f.start(arn, startIt))
				time.Sleep(30 * time.Second)
				f.is(arn, "starting")
				time.Sleep(59 * time.Minute)
				f.is(arn, "Running with errors")
				f.refuses("InvalidResourceStateFault", f.delete(arn))
				time.Sleep(3 * time.Minute)
				f.is(arn, "running")
			},
			want: []string{
				"0s creating", "3m0s created", "4m0s starting", "5m0s running",
				"1h35m10s ended, PRODUCT=4 complete, ORDERS=2000 complete, ORDER_LINE=900 complete",
			},
		},
		"capture dies after a day": {
			plan: plan{run: dms.RunFault{Tables: dms.AllTables, End: dms.End{After: 24 * time.Hour, Status: "failed"}}},
			kind: types.MigrationTypeValueFullLoadAndCdc,
			live: func(f *faulty, arn string) {
				f.refuses("", f.start(arn, startIt))
				time.Sleep(24 * time.Hour)
				f.is(arn, "running")
			},
			want: []string{
				"0s creating", "3m0s created", "4m0s starting", "5m0s running",
				"24h5m0s ended, PRODUCT=4 complete, ORDERS=2000 complete, ORDER_LINE=900 complete",
			},
		},
		"a deletion fails once, and takes long": {
			plan: plan{delete: dms.DeleteFault{Slow: 5, Fail: "the task is in use"}},
			live: func(f *faulty, arn string) {
				f.refuses("", f.delete(arn))
				time.Sleep(14 * time.Minute)
				f.is(arn, "deleting")
				time.Sleep(2 * time.Minute)
				f.is(arn, "failed; the task is in use")
				f.refuses("", f.delete(arn))
			},
			want: []string{
				"0s creating", "3m0s created", "4m0s deleting", "19m0s deletion failed", "20m0s deleting", "23m0s deleted",
			},
		},
		"a deletion that leaves it stopped": {
			plan: plan{delete: dms.DeleteFault{Fail: "the task is in use", Status: "stopped"}},
			live: func(f *faulty, arn string) {
				f.refuses("", f.delete(arn))
				time.Sleep(4 * time.Minute)
				f.is(arn, "stopped")
			},
			want: []string{"0s creating", "3m0s created", "4m0s deleting", "7m0s deletion failed"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				f := newFaulty(t, database, test.plan)
				if test.kind == "" {
					test.kind = types.MigrationTypeValueFullLoad
				}
				test.live(f, f.three(test.kind))
				time.Sleep(3 * time.Hour)
				synctest.Wait()
				if diff := cmp.Diff(f.events, test.want); diff != "" {
					t.Errorf("events: got -, want +:\n%s", diff)
				}
			})
		})
	}
}

// is checks the status of a task in the API.
func (f *faulty) is(arn, want string) {
	f.t.Helper()
	synctest.Wait()
	if got := status(f.describe(arn)); got != want {
		f.t.Errorf("got %s, want %s", got, want)
	}
}

// refuses checks the code of an error. An empty code means no error.
func (f *faulty) refuses(want string, err error) {
	f.t.Helper()
	got := ""
	if err != nil {
		got, _, _ = strings.Cut(code(err), ":")
	}
	if got != want {
		f.t.Errorf("got %q, want %q: %v", got, want, err)
	}
}

func TestLostInstance(t *testing.T) {
	database := shop(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFaulty(t, database, plan{tables: map[string]dms.TableFault{"SHOP.ORDERS": {Takes: time.Hour}}})
		runs := f.three(types.MigrationTypeValueFullLoad)
		rests := f.mustCreate("rests", types.MigrationTypeValueFullLoad, rules(shopTables), "")
		time.Sleep(4 * time.Minute)
		f.refuses("", f.start(runs, startIt))
		time.Sleep(10 * time.Minute)
		young := f.mustCreate("young", types.MigrationTypeValueFullLoad, rules(shopTables), "")
		if err := f.dms.LoseInstance(f.instance, time.Hour); err != nil {
			t.Fatal(err)
		}
		const gone = "Last Error  Replication Instance is not available. Stop Reason FATAL_ERROR Error Level FATAL"
		f.is(runs, "failed; "+gone+"; "+gone)
		f.refuses("ResourceNotFoundFault", f.start(rests, startIt))
		_, err := f.createTask("late", types.MigrationTypeValueFullLoad, rules(shopTables), "")
		f.refuses("ResourceNotFoundFault", err)
		_, err = f.client.TestConnection(f.ctx, &databasemigrationservice.TestConnectionInput{
			EndpointArn: &f.from, ReplicationInstanceArn: &f.instance,
		})
		f.refuses("ResourceNotFoundFault", err)
		_, err = f.client.DescribeReplicationInstances(f.ctx, &databasemigrationservice.DescribeReplicationInstancesInput{
			Filters: []types.Filter{{Name: aws.String("replication-instance-arn"), Values: []string{f.instance}}},
		})
		f.refuses("ResourceNotFoundFault", err)
		if err := f.dms.LoseInstance(f.instance, 0); err == nil {
			t.Error("a lost instance is lost again: got no error")
		}
		time.Sleep(4 * time.Minute)
		f.is(young, "failed; Replication Instance is not available")
		f.is(rests, "ready")

		time.Sleep(time.Hour)
		f.refuses("InvalidResourceStateFault", f.start(rests, startIt)) // its connections were not tested
		f.tested()
		f.refuses("", f.start(rests, startIt))
		time.Sleep(time.Hour)
		if got, want := status(f.ended(rests)), "stopped; Stop Reason FULL_LOAD_ONLY_FINISHED"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		// The folder of the next table is already cleared.
		if want := "18m0s ended, PRODUCT=4 complete, ORDERS=2000, ORDER_LINE=0"; !slices.Contains(f.events, want) {
			t.Errorf("events %q, want among them %q", f.events, want)
		}

		// The stack of a lost instance can be deleted after its tasks.
		if err := f.dms.LoseInstance(f.instance, time.Hour); err != nil {
			t.Fatal(err)
		}
		remove := func() error {
			r := request("Instance", `{}`)
			r.PhysicalID = f.instance
			return f.dms.Resources()["AWS::DMS::ReplicationInstance"].Delete(f.ctx, r)
		}
		f.refuses("InvalidResourceStateFault", remove())
		for _, arn := range []string{runs, rests, young} {
			f.refuses("", f.delete(arn))
		}
		time.Sleep(4 * time.Minute)
		if err := remove(); err != nil {
			t.Errorf("delete: %v", err)
		}
		time.Sleep(2 * time.Hour)
		if err := f.dms.LoseInstance(f.instance, 0); err == nil {
			t.Error("a deleted instance is available again")
		}
	})
}
