package readers_test

import (
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

// faults makes invocations, calls and loads fail while it is on.
type faults struct {
	dms.NoFaults
	seed  uint64
	story *simulation.Story

	mu   sync.Mutex
	on   bool
	seen map[string]uint64 // number of throws for each subject
}

// throw returns the random numbers of the next throw for a subject. They depend on the seed, the subject and the number of the throw, and
// not on the order of goroutines. The caller holds the lock.
func (f *faults) throw(subject string) *rand.Rand {
	f.seen[subject]++
	h := fnv.New64a()
	_, _ = h.Write([]byte(subject)) // never fails
	return rand.New(rand.NewPCG(f.seed<<32+f.seen[subject], h.Sum64()))
}

func (f *faults) turn(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = on
}

// mostWrites is at least the number of requests that one call of Publish sends: an environment is killed after each of them.
const mostWrites = 60

// invocation crashes functions before, in and after their work, and Publish most often: after any of its requests.
func (f *faults) invocation(call lambda.FunctionCall) lambda.Fault {
	step := harness.StepOf(call.Function)
	f.mu.Lock()
	defer f.mu.Unlock()
	rate := 0.06
	if step == "Publish" {
		rate = 0.6
	}
	r := f.throw("invoke " + step)
	if step == "" || step == "Orphans" || !f.on || r.Float64() >= rate {
		return lambda.Fault{}
	}
	during := lambda.Fault{Kill: lambda.DuringHandler, Requests: 1 + r.IntN(mostWrites)}
	var fault lambda.Fault
	switch r.IntN(9) {
	case 0:
		fault = lambda.Fault{Refuse: lambda.TooManyRequests()}
	case 1:
		fault = lambda.Fault{Kill: lambda.BeforeHandler}
	case 2:
		fault = lambda.Fault{Kill: lambda.AfterHandler}
	case 3:
		fault = lambda.Fault{Again: lambda.AtTheSameTime}
	case 4:
		fault = during
		fault.Again = lambda.AtTheSameTime
	case 5:
		fault = during
		fault.TimeOut = true
	default:
		fault = during
	}
	f.story.Add("fault: %s: %+v", step, fault)
	return fault
}

// call refuses, delays and loses calls of the functions.
func (f *faults) call(c gateway.Call) gateway.Disturbance {
	function := harness.FunctionOf(c)
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.throw("call " + function + " " + c.Operation)
	if function == "" || function == "Orphans" || c.Service == "lambda" || !f.on || r.Float64() >= 0.03 {
		return gateway.Disturbance{}
	}
	var d gateway.Disturbance
	switch r.IntN(6) {
	case 0:
		d.Refuse = gateway.Throttled()
	case 1:
		d.Refuse = gateway.Failed()
	case 2, 3:
		d.Lost = true
	case 4:
		d.Before = time.Duration(1 + r.Int64N(int64(2*time.Minute)))
	default:
		d.After = time.Duration(1 + r.Int64N(int64(2*time.Minute)))
	}
	f.story.Add("fault: %s %s %s: %+v", function, c.Service, c.Operation, d)
	return d
}

// Table makes loads of tables fail, and lets each take minutes.
func (f *faults) Table(t dms.Task, _, table string) dms.TableFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.throw("table " + table)
	fault := dms.TableFault{Takes: time.Duration(r.Int64N(int64(10 * time.Minute)))}
	if f.on && r.IntN(8) == 0 {
		fault.Kind = dms.TableErrors
		f.story.Add("fault: %s: the load of %s fails", t.Identifier, table)
	}
	return fault
}
