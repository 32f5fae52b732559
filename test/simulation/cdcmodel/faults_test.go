package cdcmodel_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/dms"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/lambda"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/simulation"
)

// rates has the probability of each kind of fault.
type rates map[string]float64

// kinds are the kinds of faults in calls to AWS, invocations and loads of tables.
var kinds = []string{
	"throttled", "failed", "lost", "slow", "late", "refused", "killed-during", "killed-after", "twice", "twice-at-once",
	"table-errors",
}

// faults causes the faults of a history. They depend on the seed and on the call, not on the order of goroutines.
type faults struct {
	dms.NoFaults
	history *history
	story   *simulation.Story

	mu    sync.Mutex
	on    bool
	seen  map[string]int
	runs  int // starts of the task that replicates changes while faults are on
	loads int // likewise, of tasks that load added tables
	came  int
}

func (f *faults) turn(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = on
}

// Run makes runs end as the history says, and assesses tasks before.
func (f *faults) Run(t dms.Task) dms.RunFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	fault := f.run(t)
	fault.Assessment = f.history.Restarts.Assesses
	return fault
}

// run returns how a run goes wrong. The caller holds the lock.
func (f *faults) run(t dms.Task) dms.RunFault {
	if !f.on {
		return dms.RunFault{}
	}
	all, n := f.history.Runs, &f.runs
	if t.MigrationType == "full-load" {
		all, n = f.history.Loads, &f.loads
	}
	if *n++; *n > len(all) {
		return dms.RunFault{}
	}
	fault := all[*n-1]
	if fault != (dms.RunFault{}) {
		f.strike("run of %s: %+v", t.Identifier, fault)
	}
	return fault
}

// Table makes loads of tables fail.
func (f *faults) Table(t dms.Task, _, table string) dms.TableFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t.MigrationType == "cdc" {
		return dms.TableFault{} // A cdc task loads no table.
	}
	if kind, _ := f.throw(kinds[10:], t.Identifier, " ", table); kind != "" {
		return dms.TableFault{Kind: dms.TableErrors}
	}
	return dms.TableFault{}
}

// strike counts a fault. The caller holds the lock.
func (f *faults) strike(format string, args ...any) {
	f.came++
	f.story.Add("fault: "+format, args...)
}

// throw returns which of some kinds of faults happens to a call; empty when none does. The caller holds the lock.
func (f *faults) throw(some []string, what ...any) (kind string, r *rand.Rand) {
	if !f.on || len(f.history.Rates) == 0 {
		return "", nil
	}
	key := fmt.Sprint(what...)
	f.seen[key]++
	h := fnv.New64a()
	fmt.Fprint(h, key, "|", f.seen[key])
	r = rand.New(rand.NewPCG(h.Sum64(), f.history.seed))
	for _, kind := range some {
		if r.Float64() < f.history.Rates[kind] {
			f.strike("%s: %s", kind, key)
			return kind, r
		}
	}
	return "", nil
}

// call disturbs API calls of functions, not those of people.
func (f *faults) call(c gateway.Call) gateway.Disturbance {
	if c.Principal.Role == "" || c.Service == "lambda" || c.Service == "secretsmanager" {
		return gateway.Disturbance{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	kind, r := f.throw(kinds[:5], simulation.RoleName(c.Principal.Role), " ", c.Service, ":", c.Operation)
	switch kind {
	case "throttled":
		return gateway.Disturbance{Refuse: gateway.Throttled()}
	case "failed":
		return gateway.Disturbance{Refuse: gateway.Failed()}
	case "lost":
		return gateway.Disturbance{Lost: true}
	case "slow":
		return gateway.Disturbance{Before: time.Duration(1 + r.Int64N(int64(5*time.Second)))}
	case "late":
		return gateway.Disturbance{After: time.Duration(1 + r.Int64N(int64(2*time.Minute)))}
	}
	return gateway.Disturbance{}
}

// invocation disturbs the functions of the state machine.
func (f *faults) invocation(call lambda.FunctionCall) lambda.Fault {
	step := harness.StepOf(call.Function)
	if step == "" {
		return lambda.Fault{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	kind, r := f.throw(kinds[5:10], "invocation of ", step)
	if kind == "" {
		return lambda.Fault{}
	}
	during := lambda.Fault{Kill: lambda.DuringHandler, Requests: 1 + r.IntN(8)}
	switch kind {
	case "refused":
		return lambda.Fault{Refuse: lambda.TooManyRequests()}
	case "killed-during":
		during.TimeOut = r.IntN(3) == 0
		return during
	case "killed-after":
		return lambda.Fault{Kill: lambda.AfterHandler}
	case "twice":
		during.Again = lambda.OneAfterTheOther
	default:
		during.Again = lambda.AtTheSameTime
	}
	if r.IntN(2) == 0 {
		during.Kill, during.Requests = lambda.Never, 0
	}
	return during
}

// pace is the factor of the delays of DMS compared to AWS. It keeps histories short.
const pace = 1. / 20
