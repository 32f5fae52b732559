package lambda

import (
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Faults returns the fault of an invocation. The service calls it before each invocation, possibly from several
// goroutines at once.
type Faults func(FunctionCall) Fault

// FunctionCall describes an invocation before it starts.
type FunctionCall struct {
	Function  string // name of the function
	RequestID string // id of the invocation; all attempts of an event have the same id
	Trace     string // the X-Amzn-Trace-Id header
	Payload   []byte
	Event     bool // asynchronous
	Attempt   int  // number of the attempt, from 1; always 1 for a synchronous invocation
}

// Fault is what goes wrong with an invocation. The zero Fault disturbs nothing.
type Fault struct {
	// Refuse is the service error that Invoke returns in place of an invocation, such as TooManyRequests or
	// ServiceError. The function is not invoked, and the other fields have no effect. Lambda retries an event later.
	Refuse *gateway.Error
	// Kill is the moment at which the function's environment is killed. The caller gets a Runtime.ExitError. The
	// function's response is lost.
	Kill Moment
	// Requests and After say when an environment that is killed DuringHandler ends: at whichever comes first. 0 means
	// never. After is the time since the start of the handler. Requests is a number of requests to AWS: the last one
	// takes effect, the handler does not get its response, and sends no other. Requests works only for Go functions in
	// this process whose clients have WithinInvocation. A handler that returns earlier is not killed.
	Requests int
	After    time.Duration
	// TimeOut turns the kill into a timeout: the caller gets a Sandbox.Timedout, after the function's timeout. It has
	// no effect without Kill.
	TimeOut bool
	// Again invokes the function a second time with the same event and request id. The caller gets the response of the
	// second invocation, which has no fault. The other fields apply to the first invocation.
	Again Again
}

// Moment is the moment at which an environment is killed.
type Moment int

// The moments.
const (
	Never         Moment = iota
	BeforeHandler        // the environment has started, and the handler is not called
	DuringHandler
	AfterHandler // the handler has returned
)

// Again says when the second of two invocations starts.
type Again int

// Without a second invocation, after the first one has ended, or together with it.
const (
	NotAgain Again = iota
	OneAfterTheOther
	AtTheSameTime
)

// TooManyRequests returns the service error of a concurrency limit.
func TooManyRequests() *gateway.Error {
	return &gateway.Error{Code: "TooManyRequestsException", Status: 429, Message: "Rate Exceeded."}
}

// ServiceError returns the service error of an internal error of Lambda.
func ServiceError() *gateway.Error {
	return &gateway.Error{
		Code: "ServiceException", Status: 500, Message: "An error occurred and the request cannot be processed.",
	}
}

// run invokes a function once and waits for the result. With a fault it may invoke the function twice or not at all. An
// error means that the function was not invoked. A function error is a result.
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
		if fault.Refuse.Code == "TooManyRequestsException" {
			s.count(name, "Throttles")
		}
		return result{}, fault.Refuse
	case fault.Requests > 0 && s.options.InProcess == nil:
		return result{}, gateway.NotImplemented("lambda: a fault after a number of requests for a function that runs as a process")
	case fault.Again == NotAgain:
		return s.invokeOnce(name, inv, fault)
	}
	// The caller does not get the result of the first invocation, even when a concurrency limit refuses it.
	first := func() { _, _ = s.invokeOnce(name, inv, fault) }
	if fault.Again == OneAfterTheOther {
		first()
	} else if !s.background(first) {
		return result{}, errClosed
	}
	return s.invokeOnce(name, inv, Fault{})
}

// invokeWithFault handles an invocation in an environment with a fault.
func (s *Service) invokeWithFault(e environment, inv invocation, d *deployed, fault Fault) outcome {
	begin := time.Now()
	var o outcome
	switch fault.Kill {
	case BeforeHandler:
		o = killed(inv.requestID)
	case DuringHandler:
		inv.killAt = killPlan{requests: fault.Requests, after: fault.After}
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

// killPlan says when a running handler is killed: after a number of requests or after a time. A zero field means never.
type killPlan struct {
	requests int
	after    time.Duration
}

func (p killPlan) planned() bool { return p != killPlan{} }

// timer returns a channel that fires when the handler must be killed: at the planned time, at the latest after timeout.
// Without a plan the channel never fires.
func (p killPlan) timer(timeout time.Duration) (over <-chan time.Time, stop func()) {
	if !p.planned() {
		return nil, func() {}
	}
	if p.after > 0 {
		timeout = min(timeout, p.after)
	}
	t := time.NewTimer(timeout)
	return t.C, func() { t.Stop() }
}

// killed returns the outcome that Lambda reports for an environment that SIGKILL ended.
func killed(requestID string) outcome {
	o := runtimeFailure(requestID, "Runtime.ExitError", "Runtime exited with error: signal: killed")
	o.killed = true
	return o
}
