package lambda

import (
	"context"
	"sync"
	"time"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// life is that of a handler inside this process, as its SDK clients see it.
type life struct {
	deadline time.Time
	death    chan struct{} // closed when the handler is killed
	release  <-chan struct{}

	mu       sync.Mutex
	requests int // that may still be sent; negative when there is no limit
}

type lifeKey struct{}

func newLife(e ending, deadline time.Time, release <-chan struct{}) *life {
	l := &life{deadline: deadline, death: make(chan struct{}), release: release, requests: -1}
	if e.requests > 0 {
		l.requests = e.requests
	}
	return l
}

// kill ends the handler; it is safe to do so twice.
func (l *life) kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = 0
	if !l.killed() {
		close(l.death)
	}
}

func (l *life) killed() bool {
	select {
	case <-l.death:
		return true
	default:
		return false
	}
}

func (l *life) over() bool { return l.killed() || !time.Now().Before(l.deadline) }

// take takes leave to send a request and says whether it is the last one. A request beyond the last one is one of
// several at a time: it kills, too.
func (l *life) take() (last bool) {
	l.mu.Lock()
	left := l.requests
	if left > 0 {
		l.requests--
	}
	l.mu.Unlock()
	if left == 0 {
		l.kill()
	}
	return left == 1
}

// stop holds up who is dead until the service closes.
func (l *life) stop() error {
	<-l.release
	return errClosed
}

// WithinInvocation makes an SDK client end with the invocation that its context belongs to, as the clients of a process
// do: when the handler was killed, or its time is over, a call does not return any more. The goroutine that made it
// stands still, as nothing of a killed process goes on, until the service closes; then the call fails. It is an element
// of aws.Config.APIOptions, after PropagateTrace.
func WithinInvocation(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("WithinInvocation", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
		l, ok := ctx.Value(lifeKey{}).(*life)
		if !ok {
			return next.HandleDeserialize(ctx, in)
		}
		last := l.take()
		if l.over() {
			return out, metadata, l.stop()
		}
		out, metadata, err = next.HandleDeserialize(ctx, in)
		if last {
			l.kill()
		}
		if l.over() {
			if answer, ok := out.RawResponse.(*smithyhttp.Response); ok && answer != nil {
				_ = answer.Body.Close() // nobody will read it
			}
			return out, metadata, l.stop()
		}
		return out, metadata, err
	}), middleware.After)
}

// doomed is the context of a handler that will be killed. It knows its deadline and never sees it come: nothing wakes
// up in a process that is dead.
type doomed struct {
	context.Context
	deadline time.Time
}

// Deadline is when the invocation's time is over.
func (d doomed) Deadline() (time.Time, bool) { return d.deadline, true }
