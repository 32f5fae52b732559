package faults_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/simulation"
)

// faults causes the faults of a schedule, as its dice decide.
type faults struct {
	plan  *plan
	story *simulation.Story

	mu          sync.Mutex
	on          bool
	begun       time.Time
	count       int                       // of faults
	kinds       map[string]int            // number of faults of each kind
	seen        map[string]int            // number of throws for each subject
	names       map[string]string         // of executions, by ARN
	lost        map[string]bool           // executions, by ARN, of which EventBridge has lost an event
	traces      map[string]string         // names of executions, by trace
	hit         map[string]bool           // executions, by ARN, that had a fault
	steps       map[string]map[string]int // how often each execution, by ARN, invoked each function
	afterRecord []string                  // steps that executions invoked after Record and must not

	unlisted map[string]bool // calls that permissions does not have
}

func newFaults(p *plan, s *simulation.Story) *faults {
	return &faults{
		plan: p, story: s, kinds: map[string]int{}, seen: map[string]int{}, names: map[string]string{}, lost: map[string]bool{}, traces: map[string]string{},
		hit: map[string]bool{}, steps: map[string]map[string]int{}, unlisted: map[string]bool{},
	}
}

func (f *faults) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on, f.begun = true, time.Now()
}

func (f *faults) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = false
}

// next counts the throws for a subject. The caller holds the lock.
func (f *faults) next(what ...any) (key string, n int) {
	key = fmt.Sprint(what...)
	f.seen[key]++
	return key, f.seen[key]
}

// strike throws for some kinds of faults and returns the one that happens. The caller holds the lock.
func (f *faults) strike(kinds []string, what ...any) string {
	if !f.on {
		return ""
	}
	key, n := f.next(what...)
	kind := f.plan.rates.strike(f.plan.dice.throw(key, n), kinds...)
	f.came(kind, what)
	return kind
}

func (f *faults) came(kind string, what []any) {
	if kind != "" {
		f.story.Add("fault: %s: %v", kind, what)
		f.count++
		f.kinds[kind]++
	}
}

// Create fails or slows creations.
func (f *faults) Create(t dms.Task) dms.CreateFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.strike(taskFaults[:2], "create", t.Identifier) {
	case "create-slow":
		return dms.CreateFault{Slow: 10}
	case "create-fails":
		return dms.CreateFault{Fail: "Replication task could not be created: the instance has no room"}
	}
	return dms.CreateFault{}
}

// stopReasons are all stop reasons in the documentation of DMS, and one other.
var stopReasons = []string{
	"NORMAL", "RECOVERABLE_ERROR", "FATAL_ERROR", "FULL_LOAD_ONLY_FINISHED", "STOPPED_AFTER_FULL_LOAD",
	"STOPPED_AFTER_CACHED_EVENTS", "EXPRESS_LICENSE_LIMITS_REACHED", "STOPPED_AFTER_DDL_APPLY", "STOPPED_DUE_TO_LOW_MEMORY",
	"STOPPED_DUE_TO_LOW_DISK", "STOPPED_AT_SERVER_TIME", "STOPPED_AT_COMMIT_TIME", "RECONFIGURATION_RESTART", "RECYCLE_TASK",
	"STOPPED_BY_THE_WEATHER",
}

// run throws what goes wrong with a run. The caller holds the lock.
func (f *faults) run(t dms.Task) dms.RunFault {
	kind := f.strike(taskFaults[2:6], "run", t.Identifier)
	r := f.plan.dice.throw("run is", t.Identifier, f.seen[fmt.Sprint("run", t.Identifier)])
	tables := one(r, 0, 1, 2, dms.AllTables)
	switch kind {
	case "run-fails":
		return dms.RunFault{Fail: "ORA-12170: TNS:Connect timeout occurred"}
	case "run-hangs":
		fault := dms.RunFault{Hang: true, Tables: tables}
		if t.MigrationType == "full-load" && f.plan.dice.throw("hangs with errors", t.Identifier).IntN(2) == 0 {
			fault.Odd = dms.Odd{Status: "Running with errors", At: time.Minute, For: 90 * 24 * time.Hour}
		}
		return fault
	case "run-ends":
		end := dms.End{After: between(r, time.Second, time.Hour), Status: one(r, "stopped", "stopped", "failed"), Reason: one(r, stopReasons...)}
		if t.MigrationType != "full-load" || end.Reason != "FULL_LOAD_ONLY_FINISHED" {
			return dms.RunFault{End: end, Tables: tables}
		}
		// DMS reports this reason at the end of a load, also when tables failed.
		return dms.RunFault{End: end, Tables: dms.AllTables}
	case "run-odd":
		return dms.RunFault{Odd: dms.Odd{
			Status: one(r, "Error", "Running with errors", "moving", "testing", "failed-move", "sleeping"),
			At:     between(r, time.Millisecond, 10*time.Minute), For: between(r, time.Second, time.Hour),
		}}
	}
	return dms.RunFault{}
}

// Table makes tables fail, and gives each a duration of its load.
func (f *faults) Table(t dms.Task, schema, table string) dms.TableFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	kind := f.strike(tableFaults, "table", t.Identifier, schema, table)
	r := f.plan.dice.throw("table takes", t.Identifier, table, f.seen[fmt.Sprint("table", t.Identifier, schema, table)])
	fault := dms.TableFault{Takes: time.Duration(f.plan.pace * float64(between(r, time.Second, 10*time.Minute)))}
	switch kind {
	case "table-errors":
		fault.Kind = dms.TableErrors
	case "table-vanishes":
		fault.Kind = dms.TableVanishes
	case "table-cancelled":
		fault.Kind = dms.TableCancelled
	case "table-cut":
		fault.Kind = dms.TableCut
	case "table-source-lost":
		fault.Kind = dms.TableSourceLost
	case "table-slow":
		fault.Takes = one(r, between(r, 10*time.Minute, 2*time.Hour), between(r, 10*time.Minute, 40*time.Hour))
	}
	return fault
}

// Stop slows stops.
func (f *faults) Stop(t dms.Task) dms.StopFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.strike([]string{"stop-slow"}, "stop", t.Identifier) != "" {
		return dms.StopFault{Slow: 60}
	}
	return dms.StopFault{}
}

// Delete slows and fails deletions.
func (f *faults) Delete(t dms.Task) dms.DeleteFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.strike([]string{"delete-slow", "delete-fails"}, "delete", t.Identifier) {
	case "delete-slow":
		return dms.DeleteFault{Slow: one(f.plan.dice.throw("deletion takes", t.Identifier), 5., 10, 50)}
	case "delete-fails":
		r := f.plan.dice.throw("deletion leaves", t.Identifier, f.seen[fmt.Sprint("delete", t.Identifier)])
		return dms.DeleteFault{Fail: "the task could not be deleted", Status: one(r, "", "stopped", "failed")}
	}
	return dms.DeleteFault{}
}

// named gives an execution a name that is the same in each repetition of a seed. The caller holds the lock.
func (f *faults) named(execution string, r requested) string {
	name, ok := f.names[execution]
	if ok {
		return name
	}
	parts := strings.Split(execution, ":")
	name = parts[len(parts)-1]
	kind := ""
	switch {
	case r.Recover != "":
		kind = "recovery of " + f.names[r.Recover]
	case r.FindOrphans:
		kind = "search for orphans of " + simulation.RoleName(parts[len(parts)-2])
	case r.Orphans != nil:
		kind = "deletion of orphans of " + r.Job
	}
	if kind != "" {
		_, n := f.next(kind)
		name = fmt.Sprintf("%s, number %d", kind, n)
	}
	f.names[execution] = name
	return name
}

// invocation disturbs the functions of the state machine.
func (f *faults) invocation(call lambda.FunctionCall) lambda.Fault {
	step := harness.StepOf(call.Function)
	if step == "" {
		return f.other(call)
	}
	var document struct {
		Execution string
		Request   requested
	}
	if err := json.Unmarshal(call.Payload, &document); err != nil {
		panic(err) // the state machine passes its own JSON document
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	name := f.named(document.Execution, document.Request)
	f.traces[root(call.Trace)] = document.Execution
	f.story.Add("%s: %s", name, step)
	f.invoked(document.Execution, step)
	if f.refused(step, name, "lambda", invocation) {
		f.hit[document.Execution] = true
		return denied()
	}
	kind := f.strike(lambdaFaults, "invoke", name, step)
	if kind == "" {
		return lambda.Fault{}
	}
	f.hit[document.Execution] = true
	r := f.plan.dice.throw("invocation", name, step, f.seen[fmt.Sprint("invoke", name, step)])
	during := lambda.Fault{Kill: lambda.DuringHandler, Requests: 1 + r.IntN(8)}
	switch kind {
	case "refused":
		return lambda.Fault{Refuse: one(r, lambda.TooManyRequests(), lambda.ServiceError())}
	case "killed-before":
		return lambda.Fault{Kill: lambda.BeforeHandler}
	case "killed-during":
		return during
	case "killed-after":
		return lambda.Fault{Kill: lambda.AfterHandler}
	case "timed-out":
		during.TimeOut = true
		return during
	case "twice":
		during.Again = lambda.OneAfterTheOther
		return one(r, lambda.Fault{Again: lambda.OneAfterTheOther}, during)
	default:
		during.Again = lambda.AtTheSameTime
		return one(r, lambda.Fault{Again: lambda.AtTheSameTime}, during)
	}
}

// other refuses invocations of the check function and the clean-up.
func (f *faults) other(call lambda.FunctionCall) lambda.Fault {
	function := "Cleanup"
	if strings.Contains(call.Function, "FunctionsCheck") {
		function = "Check"
	} else if !strings.Contains(call.Function, function) {
		return lambda.Fault{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	execution := f.traces[root(call.Trace)]
	if !f.refused(function, f.names[execution], "lambda", invocation) {
		return lambda.Fault{}
	}
	f.hit[execution] = true
	return denied()
}

func denied() lambda.Fault {
	return lambda.Fault{Refuse: harness.Denied(gateway.Call{Service: "lambda", Operation: "InvokeFunction"})}
}

// invoked counts the invocations of an execution. After Record it may invoke only Record, Publish and Delete. The caller
// holds the lock.
func (f *faults) invoked(execution, step string) {
	all := f.steps[execution]
	if all == nil {
		all = map[string]int{}
		f.steps[execution] = all
	}
	all[step]++
	if all["Record"] > 0 && step != "Record" && step != "Publish" && step != "Delete" {
		f.afterRecord = append(f.afterRecord, fmt.Sprintf("%s invokes %s after Record", f.names[execution], step))
	}
}

// call disturbs API calls of functions. It does not disturb calls of people and calls to Lambda; see invocation.
func (f *faults) call(c gateway.Call) gateway.Disturbance {
	if c.Principal.Role == "" || c.Service == "lambda" {
		return gateway.Disturbance{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	execution := f.traces[c.Trace]
	caller := f.names[execution]
	if d, denied := f.deny(c, caller); denied {
		f.hit[execution] = true
		return d
	}
	if !f.on || c.Service == "secretsmanager" {
		return gateway.Disturbance{}
	}
	if caller == "" {
		caller = simulation.RoleName(c.Principal.Role)
	}
	since := time.Since(f.begun)
	kind := ""
	for _, o := range f.plan.outages {
		if o.Service == c.Service && since >= o.From && since < o.To {
			kind = o.Answer
			f.came(kind, []any{"outage", caller, c.Service, c.Operation})
		}
	}
	if kind == "" {
		kind = f.strike(callFaults, "call", caller, c.Service, c.Operation)
	}
	if kind == "" {
		return gateway.Disturbance{}
	}
	f.hit[execution] = true
	r := f.plan.dice.throw("disturbance", caller, c.Operation, f.seen[fmt.Sprint("call", caller, c.Service, c.Operation)])
	switch kind {
	case "throttled":
		return gateway.Disturbance{Refuse: gateway.Throttled()}
	case "failed":
		return gateway.Disturbance{Refuse: gateway.Failed()}
	case "unavailable":
		return gateway.Disturbance{Refuse: gateway.Unavailable()}
	case "lost":
		return gateway.Disturbance{Lost: true}
	case "slow":
		return gateway.Disturbance{Before: between(r, time.Millisecond, 5*time.Second)}
	default:
		return gateway.Disturbance{After: between(r, time.Millisecond, 2*time.Minute)}
	}
}

var _ dms.Faults = (*faults)(nil)
