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

// Disturbance is a fault of one call. The zero Disturbance has no effect.
type Disturbance struct {
	// Before is the delay before the call takes effect. A caller that leaves during the delay does not cancel the call.
	Before time.Duration
	// Refuse is the error that answers instead of the service; the call then has no effect. Throttled, Failed and
	// Unavailable are the errors with which AWS itself refuses calls.
	Refuse *Error
	// After is the delay of the answer.
	After time.Duration
	// Lost cuts the connection instead of answering: the caller cannot know whether the call took effect. The call did
	// take effect unless Refuse is set.
	Lost bool
}

// Throttled is the error for calls that come too fast.
func Throttled() *Error { return Errorf("ThrottlingException", "Rate exceeded") }

// Failed is the error for an internal error of AWS.
func Failed() *Error {
	return &Error{
		Code: "InternalFailure", Status: http.StatusInternalServerError,
		Message: "The request processing has failed because of an unknown error, exception or failure.",
	}
}

// Unavailable is the error for a temporary failure of AWS.
func Unavailable() *Error {
	return &Error{
		Code: "ServiceUnavailable", Status: http.StatusServiceUnavailable,
		Message: "The request has failed due to a temporary failure of the server.",
	}
}

// plan holds the arguments of Disturb.
type plan struct {
	clock clock.Clock
	ask   func(Call) Disturbance
}

// Disturb makes the gateway call ask for every API call, before the service handles it, when the call's service,
// operation, principal and trace are known. The gateway then disturbs the call as ask returns; delays run on c. It does
// not call ask for a request without an existing operation. Several goroutines may call ask at the same time. The new
// ask replaces the previous one; nil stops all disturbances.
func (g *Gateway) Disturb(c clock.Clock, ask func(Call) Disturbance) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.plan = nil
	if ask != nil {
		g.plan = &plan{clock: c, ask: ask}
	}
}

// Close ends all delays of disturbed calls. A call that has not taken effect yet never will.
func (g *Gateway) Close() {
	g.closeOnce.Do(func() { close(g.closed) })
}

// handling is one call during its handling.
type handling struct {
	Call
	gateway *Gateway
	answer  *answer
	plan    *plan     // nil when no call is disturbed
	body    *keptBody // nil without a plan
	asked   bool
}

// refusal is the panic that stops a refused call inside its service. A service names its operation before it changes
// anything, so the panic leaves no half-done change.
type refusal struct{ err *Error }

// disturb asks about the call and applies the part of the disturbance that comes before the call takes effect.
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
		// The caller may leave, and close the body, before the call is handled.
		h.body.keep()
		if !h.wait(d.Before, nil) {
			panic(http.ErrAbortHandler)
		}
	}
	if d.Refuse != nil {
		panic(refusal{d.Refuse})
	}
}

// wait waits for d, or until leave is closed. It reports whether the gateway is still open.
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

// refused answers a call that panicked with a refusal. Defer it around the service.
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

// finish ends a call after its service has returned.
func (h *handling) finish() {
	h.answer.begin(http.StatusOK) // as a server does when a handler writes nothing
	if h.answer.lost {
		panic(http.ErrAbortHandler)
	}
}

// keptBody is a request body that can stay readable after its caller has left.
type keptBody struct {
	io.ReadCloser
	kept io.Reader
}

// keep reads the whole body into memory.
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

// errCut is the error that a caller without a socket gets when its connection is cut.
var errCut = errors.New("read: connection reset by peer")
