package scenarios_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	localdms "github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/simulation"
)

// pacedLoads makes loads take their time, and notes what happens to them.
type pacedLoads struct {
	localdms.NoFaults
	mu    sync.Mutex
	takes map[string]time.Duration // by table
	fault localdms.RunFault        // of the task oralake-sales-daily-orders-1
	ended time.Time                // when a task ended last
	looks int                      // calls of Poll that described tasks
}

func (l *pacedLoads) Table(_ localdms.Task, _, table string) localdms.TableFault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return localdms.TableFault{Takes: l.takes[table]}
}

func (l *pacedLoads) Run(task localdms.Task) localdms.RunFault {
	l.mu.Lock()
	defer l.mu.Unlock()
	if strings.HasSuffix(task.Identifier, "-1") {
		return l.fault
	}
	return localdms.RunFault{}
}

func (l *pacedLoads) event(e localdms.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Kind == localdms.TaskEnded {
		l.ended = e.Time
	}
}

func (l *pacedLoads) call(c gateway.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if harness.FunctionOf(c) == "Poll" && c.Operation == "DescribeReplicationTasks" {
		l.looks++
	}
}

// paced is an account whose job daily-orders has two tasks and loads for an hour.
type paced struct {
	*harness.Account
	t           *testing.T
	outputs     harness.Outputs
	loads       *pacedLoads
	refuseOrder atomic.Bool // DMS takes no load order
}

// between refuses tasks with a load order.
func (p *paced) between(next http.RoundTripper) http.RoundTripper {
	return simulation.RoundTrip(func(r *http.Request) (*http.Response, error) {
		if !p.refuseOrder.Load() || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".CreateReplicationTask") {
			return next.RoundTrip(r)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte("load-order")) {
			return next.RoundTrip(r)
		}
		const refusal = `{"__type": "InvalidParameterValueException", "message": "Error in mapping rules"}`
		return &http.Response{
			StatusCode: http.StatusBadRequest, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(refusal)),
		}, nil
	})
}

// night runs the job. late is how long after the end of the last task the run was recorded.
func (p *paced) night(want sfntypes.ExecutionStatus) (looks int, late time.Duration) {
	p.t.Helper()
	p.loads.mu.Lock()
	p.loads.looks = 0
	p.loads.mu.Unlock()
	p.run(`{"job": "daily-orders"}`, want)
	runs := p.RunRecords(p.outputs, "daily-orders")
	p.loads.mu.Lock()
	defer p.loads.mu.Unlock()
	return p.loads.looks, runs[len(runs)-1].RecordedAt.Sub(p.loads.ended)
}

// run runs an execution.
func (p *paced) run(input string, want sfntypes.ExecutionStatus) {
	p.t.Helper()
	if e := p.RunAfterOthers(p.outputs["StateMachineArn"], input); e.Status != want {
		p.t.Fatalf("the run of %s is %s, want %s: %s", input, e.Status, want, aws.ToString(e.Cause))
	}
}

// openPaced opens the account. Call it in a synctest bubble.
func openPaced(t *testing.T) *paced {
	t.Helper()
	db, d := sample(t), load(t, "sales")
	orders := job(t, d, "daily-orders")
	orders.TablesPerTask, orders.ParallelLoads = 2, 1
	orders.Tables = []department.Table{tableOf("REGION"), tableOf("NATION"), tableOf("SUPPLIER"), tableOf("LINEITEM")}
	p := &paced{t: t, loads: &pacedLoads{takes: map[string]time.Duration{
		"REGION": 10 * time.Second, "NATION": 20 * time.Second, "SUPPLIER": 10 * time.Minute, "LINEITEM": time.Hour,
	}}}
	p.Account = harness.Open(t, db, harness.Options{Between: p.between, DMS: localdms.Options{Faults: p.loads, Observe: p.loads.event}})
	p.Gateway.Observe(p.loads.call)
	p.outputs = p.Deploy(d)
	return p
}

// A run that knows how long its job takes looks a few times at a load of an hour, and sees its end as soon as before.
func TestKnownLoadIsLookedAtRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := openPaced(t)
		first, late := p.night(sfntypes.ExecutionStatusSucceeded)
		if first < 30 || late > 8*time.Minute {
			t.Errorf("the first night: %d looks, the end was seen after %s", first, late)
		}
		p.night(sfntypes.ExecutionStatusSucceeded)
		known, late := p.night(sfntypes.ExecutionStatusSucceeded)
		if known > 12 {
			t.Errorf("%d looks, want at most 12; %d without history", known, first)
		}
		if late > 4*time.Minute {
			t.Errorf("the end was seen after %s, want after a twentieth of an hour", late)
		}
	})
}

// The largest tables are loaded first, in the first task.
func TestLargestTablesAreLoadedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := openPaced(t)
		p.night(sfntypes.ExecutionStatusSucceeded)
		p.night(sfntypes.ExecutionStatusSucceeded)
		for _, want := range []struct{ table, task string }{
			{"LINEITEM", "1"}, {"SUPPLIER", "1"}, {"NATION", "2"}, {"REGION", "2"},
		} {
			records := p.TableRecords(p.outputs, "SALES."+want.table)
			if last := records[len(records)-1]; last.Task != "oralake-sales-daily-orders-"+want.task || !last.Good {
				t.Errorf("%s was loaded by %s (good: %v), want by task %s", want.table, last.Task, last.Good, want.task)
			}
		}
		at := map[string]time.Time{}
		for _, table := range []string{"LINEITEM", "SUPPLIER"} {
			records := p.TableRecords(p.outputs, "SALES."+table)
			at[table] = *records[len(records)-1].LoadStartedAt
		}
		if !at["LINEITEM"].Before(at["SUPPLIER"]) {
			t.Errorf("LINEITEM began at %s and SUPPLIER at %s: the largest is not the first", at["LINEITEM"], at["SUPPLIER"])
		}
		// A person's run of some tables is not packed, and teaches nothing.
		p.run(`{"job": "daily-orders", "tables": ["SALES.NATION"]}`, sfntypes.ExecutionStatusSucceeded)
		if looks, _ := p.night(sfntypes.ExecutionStatusSucceeded); looks > 15 {
			t.Errorf("%d looks after a run of one table, want at most 15", looks)
		}
	})
}

// DMS refuses the load order: the run creates its tasks as the file has them.
func TestRefusedLoadOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := openPaced(t)
		p.night(sfntypes.ExecutionStatusSucceeded)
		p.refuseOrder.Store(true)
		p.night(sfntypes.ExecutionStatusSucceeded)
		records := p.TableRecords(p.outputs, "SALES.LINEITEM")
		if last := records[len(records)-1]; last.Task != "oralake-sales-daily-orders-2" || !last.Good {
			t.Errorf("LINEITEM was loaded by %s (good: %v), want by task 2, as the file has it", last.Task, last.Good)
		}
	})
}

// A load that fails within its first minutes is not found out when it should have ended.
func TestFailureOfAKnownLoadIsSeenSoon(t *testing.T) {
	for after, within := range map[time.Duration]time.Duration{
		10 * time.Second: 3 * time.Minute, 5 * time.Minute: 13 * time.Minute, 30 * time.Minute: 31 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			p := openPaced(t)
			p.night(sfntypes.ExecutionStatusSucceeded)
			p.night(sfntypes.ExecutionStatusSucceeded)
			p.loads.mu.Lock()
			p.loads.fault = localdms.RunFault{Tables: 1, End: localdms.End{Status: "failed", After: after}}
			p.loads.takes["LINEITEM"], p.loads.takes["SUPPLIER"] = 0, 0
			p.loads.mu.Unlock()
			if _, late := p.night(sfntypes.ExecutionStatusFailed); late > within {
				t.Errorf("a failure after %s was seen after %s, want within %s", after, late, within)
			}
		})
	}
}

// A run that a person stops while it loads packed tables is recovered: its tasks have the names that the file gives them, whatever
// tables they have. The next run finds its job free.
func TestPackedRunIsRecovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := openPaced(t)
		p.night(sfntypes.ExecutionStatusSucceeded)
		p.night(sfntypes.ExecutionStatusSucceeded)
		execution := p.Start(p.outputs["StateMachineArn"], `{"job": "daily-orders"}`, 20*time.Minute)
		p.Stop(execution, "the database team asked for it")
		p.night(sfntypes.ExecutionStatusSucceeded)
		if left := p.TasksOf("oralake-sales", "daily-orders"); len(left) != 0 {
			t.Errorf("%d replication tasks are left", len(left))
		}
		recorded := false
		for _, run := range p.RunRecords(p.outputs, "daily-orders") {
			recorded = recorded || run.Execution == execution && run.Outcome == "FAILED"
		}
		if !recorded {
			t.Error("the stopped run has no record")
		}
	})
}
