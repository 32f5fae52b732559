package dms_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/oracledb"
)

// plan has the faults of the first task, run and deletion. Table faults are by table name and also last for one run.
type plan struct {
	create dms.CreateFault
	run    dms.RunFault
	tables map[string]dms.TableFault
	modify dms.ModifyFault
	stop   dms.StopFault
	delete dms.DeleteFault
}

func (p plan) Create(dms.Task) dms.CreateFault { return p.create }

func (p plan) Modify(dms.Task) dms.ModifyFault { return p.modify }

func (p plan) Stop(dms.Task) dms.StopFault { return p.stop }

func (p plan) Run(t dms.Task) dms.RunFault {
	if t.Runs > 1 {
		return dms.RunFault{}
	}
	return p.run
}

func (p plan) Table(t dms.Task, schema, table string) dms.TableFault {
	if t.Runs > 1 {
		return dms.TableFault{}
	}
	return p.tables[schema+"."+table]
}

func (p plan) Delete(t dms.Task) dms.DeleteFault {
	if t.Deletes > 1 {
		return dms.DeleteFault{}
	}
	return p.delete
}

// faulty is a cloud with faults and a log of its events.
type faulty struct {
	*cloud
	began  time.Time
	events []string
}

func newFaulty(t *testing.T, database *oracledb.Database, faults dms.Faults) *faulty {
	t.Helper()
	f := &faulty{began: time.Now()}
	f.cloud = newCloudWith(t, database, "", dms.Options{Faults: faults, Observe: func(e dms.Event) {
		line := fmt.Sprintf("%s %s", e.Time.Sub(f.began), e.Kind)
		for _, r := range e.Tables {
			line += fmt.Sprintf(", %s=%d", r.Table, r.Rows)
			if r.Complete {
				line += " complete"
			}
			if r.Kept {
				line += " kept"
			}
			if r.Target == "" {
				line += " untouched"
			}
		}
		f.events = append(f.events, line)
	}})
	f.tested()
	f.began = time.Now()
	return f
}

// three selects PRODUCT, ORDERS and ORDER_LINE, which load one after another.
func (f *faulty) three(kind types.MigrationTypeValue) string {
	f.t.Helper()
	return f.newTask(kind, rules(
		selects("include", "SHOP.PRODUCT", `,"load-order":"3"`), selects("include", "SHOP.ORDERS", `,"load-order":"2"`),
		selects("include", "SHOP.ORDER_LINE", `,"load-order":"1"`),
	), `{"FullLoadSettings":{"MaxFullLoadSubTasks":1}}`)
}

func (f *faulty) delete(arn string) error {
	_, err := f.client.DeleteReplicationTask(f.ctx, &databasemigrationservice.DeleteReplicationTaskInput{
		ReplicationTaskArn: &arn,
	})
	return err
}

func status(t *types.ReplicationTask) string {
	line := *t.Status
	for _, more := range []*string{t.StopReason, t.LastFailureMessage} {
		if more != nil {
			line += "; " + *more
		}
	}
	return line
}

const (
	startIt = types.StartReplicationTaskTypeValueStartReplication
	resume  = types.StartReplicationTaskTypeValueResumeProcessing
)

func TestFaultyLoads(t *testing.T) {
	const (
		onlyFinished = "stopped; Stop Reason FULL_LOAD_ONLY_FINISHED"
		product      = "SHOP.PRODUCT: Table completed, 4 rows\n"
		orders       = "SHOP.ORDERS: Table completed, 2000 rows\n"
		line         = "SHOP.ORDER_LINE: Table completed, 900 rows\n"
		unreadLine   = "SHOP.ORDER_LINE: Before load, 0 rows\n"
	)
	table := func(name string, kind dms.TableFaultKind) map[string]dms.TableFault {
		return map[string]dms.TableFault{"SHOP." + name: {Kind: kind}}
	}
	every := map[string]dms.TableFault{}
	for _, name := range []string{"PRODUCT", "ORDERS", "ORDER_LINE"} {
		every["SHOP."+name] = dms.TableFault{Kind: dms.TableVanishes}
	}
	tests := map[string]struct {
		plan    plan
		status  string
		tables  string
		truth   string
		objects string // the tables with objects, by the first letter that differs
	}{
		"none": {
			plan{},
			onlyFinished, orders + line + product,
			", PRODUCT=4 complete, ORDERS=2000 complete, ORDER_LINE=900 complete", "ORDERS ORDER_LINE PRODUCT",
		},
		"fails at once": {
			plan{run: dms.RunFault{Fail: "ORA-12170: TNS:Connect timeout occurred"}},
			"failed; Last Error  ORA-12170: TNS:Connect timeout occurred. Stop Reason FATAL_ERROR Error Level FATAL; " +
				"Last Error  ORA-12170: TNS:Connect timeout occurred. Stop Reason FATAL_ERROR Error Level FATAL", "", "", "",
		},
		"a table errors": {
			plan{tables: table("ORDERS", dms.TableErrors)},
			onlyFinished,
			"SHOP.ORDERS: Table error, 512 rows\n" + line + product,
			", PRODUCT=4 complete, ORDERS=512, ORDER_LINE=900 complete", "ORDERS ORDER_LINE PRODUCT",
		},
		"a table is cancelled": {
			plan{tables: table("ORDERS", dms.TableCancelled)},
			onlyFinished,
			"SHOP.ORDERS: Table cancelled, 512 rows\n" + line + product,
			", PRODUCT=4 complete, ORDERS=512, ORDER_LINE=900 complete", "ORDERS ORDER_LINE PRODUCT",
		},
		"a table never ends": {
			plan{tables: table("PRODUCT", dms.TableCut)},
			onlyFinished,
			orders + line + "SHOP.PRODUCT: Full load, 4 rows\n",
			", PRODUCT=4, ORDERS=2000 complete, ORDER_LINE=900 complete", "ORDERS ORDER_LINE PRODUCT",
		},
		"a table vanishes": {
			plan{tables: table("ORDERS", dms.TableVanishes)},
			onlyFinished, line + product,
			", PRODUCT=4 complete, ORDER_LINE=900 complete", "ORDER_LINE PRODUCT",
		},
		"all tables vanish": {plan{tables: every}, onlyFinished, "", "", ""},
		"the disk is full": {
			plan{run: dms.RunFault{Tables: 1, End: dms.End{Reason: "STOPPED_DUE_TO_LOW_DISK"}}},
			"stopped; Stop Reason STOPPED_DUE_TO_LOW_DISK", "SHOP.ORDERS: Full load, 512 rows\n" + unreadLine + product,
			", PRODUCT=4 complete, ORDERS=512, ORDER_LINE=0 untouched", "ORDERS PRODUCT",
		},
		"all loaded, and recycled": {
			plan{run: dms.RunFault{Tables: dms.AllTables, End: dms.End{Reason: "RECYCLE_TASK"}}},
			"stopped; Stop Reason RECYCLE_TASK", orders + line + product,
			", PRODUCT=4 complete, ORDERS=2000 complete, ORDER_LINE=900 complete", "ORDERS ORDER_LINE PRODUCT",
		},
		"stopped without a request": {
			plan{run: dms.RunFault{Tables: 2, End: dms.End{Status: "stopped"}}},
			"stopped; Stop Reason NORMAL",
			orders + "SHOP.ORDER_LINE: Full load, 512 rows\n" + product,
			", PRODUCT=4 complete, ORDERS=2000 complete, ORDER_LINE=512", "ORDERS ORDER_LINE PRODUCT",
		},
		"a recoverable error": {
			plan{run: dms.RunFault{End: dms.End{Status: "failed", Reason: "RECOVERABLE_ERROR"}}},
			"failed; Last Error  Task error notification received from subtask 1, thread 0. Stop Reason RECOVERABLE_ERROR " +
				"Error Level RECOVERABLE; Last Error  Task error notification received from subtask 1, thread 0. " +
				"Stop Reason RECOVERABLE_ERROR Error Level RECOVERABLE",
			"SHOP.ORDERS: Before load, 0 rows\n" + unreadLine + "SHOP.PRODUCT: Full load, 4 rows\n",
			", PRODUCT=4, ORDERS=0 untouched, ORDER_LINE=0 untouched", "PRODUCT",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			database := shop(t)
			synctest.Test(t, func(t *testing.T) {
				f := newFaulty(t, database, test.plan)
				arn := f.three(types.MigrationTypeValueFullLoad)
				if err := f.start(arn, startIt); err != nil {
					t.Fatal(err)
				}
				task := f.ended(arn)
				if got := status(task); got != test.status {
					t.Errorf("got  %s\nwant %s", got, test.status)
				}
				if got := f.tables(arn); got != test.tables {
					t.Errorf("tables:\n%swant:\n%s", got, test.tables)
				}
				_, truth, _ := strings.Cut(f.events[len(f.events)-1], "ended")
				if truth != test.truth {
					t.Errorf("events:\n%s\nwant:\n%s", truth, test.truth)
				}
				if got := f.written(); got != test.objects {
					t.Errorf("the lake has %s, want %s", got, test.objects)
				}
				if s := task.ReplicationTaskStats; s != nil {
					states := f.tables(arn)
					want := fmt.Sprint(strings.Count(states, "completed"), strings.Count(states, "Full load"),
						strings.Count(states, "Before"), strings.Count(states, "error"))
					if got := fmt.Sprint(s.TablesLoaded, s.TablesLoading, s.TablesQueued, s.TablesErrored); got != want {
						t.Errorf("the task counts %s, the tables %s", got, want)
					}
				}
				// A resume loads only the tables that are not complete.
				if err := f.start(arn, resume); err != nil {
					t.Fatal(err)
				}
				if got := status(f.ended(arn)); got != onlyFinished {
					t.Errorf("resumed: %s", got)
				}
				if got, want := f.tables(arn), orders+line+product; got != want {
					t.Errorf("resumed:\n%swant:\n%s", got, want)
				}
				resumed := f.events[len(f.events)-1]
				if got, want := strings.Count(resumed, "kept untouched"), strings.Count(test.truth, "complete"); got != want {
					t.Errorf("resumed with %d tables kept, want %d: %s", got, want, resumed)
				}
			})
		})
	}
}

// written returns the tables that have objects.
func (f *faulty) written() string {
	var names []string
	for key := range f.objects() {
		names = append(names, strings.Split(key, "/")[2])
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}
