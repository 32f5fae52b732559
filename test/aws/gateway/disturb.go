package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/oralake/oralake/test/aws/clock"
)

// Disturbance is what goes wrong with one call. The zero Disturbance is nothing.
type Disturbance struct {
	// Before is how long the call is on its way before it takes effect. A caller that leaves meanwhile does not take the
	// call back.
	Before time.Duration
	// Refuse is answered in place of the service; the call has no effect. Throttled, Failed and Unavailable are what AWS
	// itself refuses calls with.
	Refuse *Error
	// After is how long the answer is held back.
	After time.Duration
	// Lost cuts the connection in place of answering: the caller cannot know whether the call took effect. It did, unless
	// it was refused.
	Lost bool
}

// Throttled refuses a call that came too fast.
func Throttled() *Error { return Errorf("ThrottlingException", "Rate exceeded") }

// Failed refuses a call for an error of AWS's own.
func Failed() *Error {
	return &Error{
		Code: "InternalFailure", Status: http.StatusInternalServerError,
		Message: "The request processing has failed because of an unknown error, exception or failure.",
	}
}

// Unavailable refuses a call for a failure of AWS that will pass.
func Unavailable() *Error {
	return &Error{
		Code: "ServiceUnavailable", Status: http.StatusServiceUnavailable,
		Message: "The request has failed due to a temporary failure of the server.",
	}
}

// plan is what was given to Disturb.
type plan struct {
	clock clock.Clock
	ask   func(Call) Disturbance
}

// Disturb has ask told of every call before the service handles it, when its service, operation, principal and trace
// are known, and disturbs the call as ask says; delays are on the clock. A request that names no operation that exists
// is not asked about. ask is called by many calls at once and replaces the one that was given before; nil disturbs no
// more.
func (g *Gateway) Disturb(c clock.Clock, ask func(Call) Disturbance) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.plan = nil
	if ask != nil {
		g.plan = &plan{clock: c, ask: ask}
	}
}

// Close ends all delays of disturbed calls: those that did not take effect yet never will.
func (g *Gateway) Close() {
	g.closeOnce.Do(func() { close(g.closed) })
}

// handling is a call that is being handled.
type handling struct {
	Call
	gateway *Gateway
	answer  *answer
	plan    *plan     // nil when nothing is disturbed
	body    *keptBody // nil without a plan
	asked   bool
}

// refusal is the panic that takes a refused call out of its service. A service names its operation before it does
// anything, so nothing is left half done.
type refusal struct{ err *Error }

// disturb asks about the call and does what comes before it takes effect.
func (h *handling) disturb(ctx context.Context) {
	if h.plan == nil || h.asked || h.Operation == "" {
		return
	}
	h.asked = true
	d := h.plan.ask(h.Call)
	if d == (Disturbance{}) {
		return
	}
	h.answer.lost = d.Lost
	h.Lost = d.Lost
	h.answer.hold = func() { h.wait(d.After, ctx.Done()) }
	if d.Before > 0 {
		// The caller may be gone, with its body, when the call is handled.
		h.body.keep()
		if !h.wait(d.Before, nil) {
			panic(http.ErrAbortHandler)
		}
	}
	if d.Refuse != nil {
		panic(refusal{d.Refuse})
	}
}

// wait says whether the gateway is still open after a delay, which leave cuts short.
func (h *handling) wait(d time.Duration, leave <-chan struct{}) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(h.plan.clock.Real(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-leave:
		return true
	case <-h.gateway.closed:
		return false
	}
}

// refused answers a call that panicked with a refusal; deferred around the service.
func (h *handling) refused(r *http.Request) {
	switch p := recover().(type) {
	case nil:
	case refusal:
		WriteError(h.answer, r, p.err)
		h.finish()
	default:
		panic(p)
	}
}

// finish ends a call whose service is done with it.
func (h *handling) finish() {
	h.answer.begin(http.StatusOK) // what a server sends for a handler that wrote nothing
	if h.answer.lost {
		panic(http.ErrAbortHandler)
	}
}

// keptBody is a request's body that can outlive its caller.
type keptBody struct {
	io.ReadCloser
	kept io.Reader
}

// keep reads all of it.
func (b *keptBody) keep() {
	all, err := io.ReadAll(b.ReadCloser)
	b.kept = bytes.NewReader(all)
	if err != nil {
		b.kept = io.MultiReader(b.kept, broken{err})
	}
}

func (b *keptBody) Read(p []byte) (int, error) {
	if b.kept != nil {
		return b.kept.Read(p)
	}
	return b.ReadCloser.Read(p)
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// errCut is what a caller without a socket sees of a connection that is cut.
var errCut = errors.New("read: connection reset by peer")
