package lambda

import (
	"context"
	"sync"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// handlerState is the state of a handler that runs in this process. Its SDK clients use it to stop the handler.
type handlerState struct {
	deadline   time.Time
	killedChan chan struct{}   // closed when the handler is killed
	closing    <-chan struct{} // closed when the service closes

	mu       sync.Mutex
	requests int // number of requests that the handler may still send; negative when there is no limit
}

type handlerStateKey struct{}

func newHandlerState(p killPlan, deadline time.Time, closing <-chan struct{}) *handlerState {
	h := &handlerState{deadline: deadline, killedChan: make(chan struct{}), closing: closing, requests: -1}
	if p.requests > 0 {
		h.requests = p.requests
	}
	return h
}

// kill marks the handler as killed. A second call has no effect.
func (h *handlerState) kill() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests = 0
	if !h.killed() {
		close(h.killedChan)
	}
}

func (h *handlerState) killed() bool {
	select {
	case <-h.killedChan:
		return true
	default:
		return false
	}
}

// over reports whether the handler was killed or its deadline has passed.
func (h *handlerState) over() bool { return h.killed() || !time.Now().Before(h.deadline) }

// countRequest counts a request before it is sent. It returns true for the last request before the kill. Of concurrent
// requests, the first one that exceeds the limit kills the handler.
func (h *handlerState) countRequest() (last bool) {
	h.mu.Lock()
	left := h.requests
	if left > 0 {
		h.requests--
	}
	h.mu.Unlock()
	if left == 0 {
		h.kill()
	}
	return left == 1
}

// blockUntilClose blocks the goroutine of a killed handler until the service closes, and then returns errClosed.
func (h *handlerState) blockUntilClose() error {
	<-h.closing
	return errClosed
}

// WithinInvocation makes an SDK client stop together with the invocation that its context belongs to. After the handler
// was killed or has timed out, a call does not return: the handler does not continue, like a killed process. When the
// service closes, the call returns an error. WithinInvocation is an element of aws.Config.APIOptions, after
// PropagateTrace.
func WithinInvocation(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("WithinInvocation", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
		h, ok := ctx.Value(handlerStateKey{}).(*handlerState)
		if !ok {
			return next.HandleDeserialize(ctx, in)
		}
		last := h.countRequest()
		if h.over() {
			return out, metadata, h.blockUntilClose()
		}
		out, metadata, err = next.HandleDeserialize(ctx, in)
		if last {
			h.kill()
		}
		if h.over() {
			if answer, ok := out.RawResponse.(*smithyhttp.Response); ok && answer != nil {
				_ = answer.Body.Close() // the handler does not read it
			}
			return out, metadata, h.blockUntilClose()
		}
		return out, metadata, err
	}), middleware.After)
}

// unexpiring is the context of a handler that will be killed. It has a deadline, but it does not end at that time: a
// killed process does not see the end of its context either.
type unexpiring struct {
	context.Context
	deadline time.Time
}

// Deadline returns the deadline of the invocation.
func (d unexpiring) Deadline() (time.Time, bool) { return d.deadline, true }
