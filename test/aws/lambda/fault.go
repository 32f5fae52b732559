package lambda

import (
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Faults decides what goes wrong with an invocation, each time that one is about to begin. It may be called by several
// at once.
type Faults func(FunctionCall) Fault

// FunctionCall is an invocation that is about to begin.
type FunctionCall struct {
	Function  string // its name
	RequestID string // of the invocation; the retries of an event have the same
	Trace     string // the X-Amzn-Trace-Id header
	Payload   []byte
	Event     bool // asynchronous
	Attempt   int  // from 1; only an event has more
}

// Fault is what goes wrong with an invocation. The zero Fault is nothing.
type Fault struct {
	// Refuse is answered in place of an invocation, as the service error of Invoke; TooManyRequests and ServiceError are
	// such. An event is tried again later. Nothing else happens then.
	Refuse *gateway.Error
	// Kill is when the function's environment dies. The caller is told of a Runtime.ExitError, and what the function
	// answered is lost.
	Kill Moment
	// Requests and After say when an environment dies that is killed DuringHandler, whichever comes first; 0 means never.
	// After is a time since the handler began. Requests is a number of requests to AWS: the last one takes effect, its
	// answer is never seen, and none follows. Requests are counted for functions inside this process only, whose clients
	// have WithinInvocation. A handler that ends before is not killed.
	Requests int
	After    time.Duration
	// TimeOut makes of the death a time-out: the caller is told when the function's time is over, and of a
	// Sandbox.Timedout. Without Kill it means nothing.
	TimeOut bool
	// Again invokes the function once more with the same event and request id. The caller gets the answer of this second
	// invocation, with which nothing goes wrong; the rest of the fault is about the first one.
	Again Again
}

// Moment is when an environment dies.
type Moment int

// The moments.
const (
	Never         Moment = iota
	BeforeHandler        // the environment is there, but the handler is not called
	DuringHandler
	AfterHandler // the handler has done everything
)

// Again is when a duplicate invocation begins.
type Again int

// The kinds of duplicates.
const (
	NotAgain Again = iota
	OneAfterTheOther
	AtTheSameTime
)

// TooManyRequests refuses an invocation for a concurrency limit.
func TooManyRequests() *gateway.Error {
	return &gateway.Error{Code: "TooManyRequestsException", Status: 429, Message: "Rate Exceeded."}
}

// ServiceError refuses an invocation for an error of Lambda's own.
func ServiceError() *gateway.Error {
	return &gateway.Error{
		Code: "ServiceException", Status: 500, Message: "An error occurred and the request cannot be processed.",
	}
}

// run invokes a function once and waits for the answer; or, when a fault says so, twice or not at all. A function that
// fails is a result, not an error; an error says that the function was not invoked.
func (s *Service) run(name string, inv invocation) (result, error) {
	if s.options.Faults == nil {
		return s.invokeOnce(name, inv, Fault{})
	}
	fault := s.options.Faults(FunctionCall{
		Function: name, RequestID: inv.requestID, Trace: inv.trace, Payload: inv.payload,
		Event: inv.attempt > 0, Attempt: max(inv.attempt, 1),
	})
	switch {
	case fault.Refuse != nil:
		return result{}, fault.Refuse
	case fault.Requests > 0 && s.options.InProcess == nil:
		return result{}, gateway.NotImplemented("lambda: a fault after a number of requests of a process")
	case fault.Again == NotAgain:
		return s.invokeOnce(name, inv, fault)
	}
	// How the first one ends is nobody's business, even when a concurrency limit keeps it from beginning.
	first := func() { _, _ = s.invokeOnce(name, inv, fault) }
	if fault.Again == OneAfterTheOther {
		first()
	} else if !s.background(first) {
		return result{}, errClosed
	}
	return s.invokeOnce(name, inv, Fault{})
}

// suffer handles an invocation in an environment as the fault has it.
func (s *Service) suffer(e environment, inv invocation, d *deployed, fault Fault) outcome {
	begin := time.Now()
	var o outcome
	switch fault.Kill {
	case BeforeHandler:
		o = killed(inv.requestID)
	case DuringHandler:
		inv.end = ending{requests: fault.Requests, after: fault.After}
		o = e.invoke(inv)
	case AfterHandler:
		if o = e.invoke(inv); !o.ended {
			o = killed(inv.requestID)
		}
	default:
		return e.invoke(inv)
	}
	if !o.killed || !fault.TimeOut {
		return o
	}
	left := time.NewTimer(d.timeout - time.Since(begin))
	defer left.Stop()
	select {
	case <-left.C:
		return timedOut(inv.requestID, d.timeout)
	case <-s.live.Done():
		return runtimeFailure(inv.requestID, "Runtime.ExitError", errClosed.Error())
	}
}

// ending is when a running handler is killed. Zero members mean never.
type ending struct {
	requests int
	after    time.Duration
}

func (e ending) planned() bool { return e != ending{} }

// timer fires when the handler is to be killed for its time, at its time-out at the latest; without a plan it never
// does.
func (e ending) timer(timeout time.Duration) (over <-chan time.Time, stop func()) {
	if !e.planned() {
		return nil, func() {}
	}
	if e.after > 0 {
		timeout = min(timeout, e.after)
	}
	t := time.NewTimer(timeout)
	return t.C, func() { t.Stop() }
}

// killed is how Lambda words the death of an environment by SIGKILL.
func killed(requestID string) outcome {
	o := runtimeFailure(requestID, "Runtime.ExitError", "Runtime exited with error: signal: killed")
	o.killed = true
	return o
}
