package cloudformation

import (
	"context"
	"errors"

	"github.com/oralake/oralake/test/aws/gateway"
)

var (
	errClosing   = errors.New("the embedded AWS closes")
	errCancelled = errors.New("the operation is cancelled")
)

// Close cancels the running operations and returns when they have ended. A stack that was in progress has a FAILED
// status and is not rolled back. No stack changes after Close. Close can be called again.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	s.cancel(errClosing)
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

// checkOpen returns an error after Close, because stacks can no longer change. The caller holds s.mu.
func (s *Service) checkOpen() error {
	if s.closed {
		return gateway.Errorf("ServiceUnavailable", "%v: stacks can no longer change", errClosing)
	}
	return nil
}

// start runs an operation after the previous operation on the same stack has ended. The caller holds s.mu and has called
// checkOpen.
func (s *Service) start(r *run, do func(*run)) {
	before := r.st.run
	r.st.run = r
	s.running.Go(func() {
		defer close(r.done)
		defer r.cancel(nil)
		if before != nil {
			<-before.done
		}
		do(r)
	})
}

// cancelForDelete cancels the running operation, if any, because DeleteStack follows. The cancelled operation no longer
// changes the status of the stack, but it records the final status of its current resources. The caller holds
// Service.mu.
func (st *stack) cancelForDelete() {
	if st.run != nil {
		st.run.deleteFollows = true
		st.run.cancel(errCancelled)
	}
}

// stopCause returns the reason why the operation must not start more work, or nil when it may.
func (r *run) stopCause() error {
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	return nil
}

// failureReason returns the status reason of a resource that failed with err. It also cancels the creation of the other
// resources. The reason is cancelReason when the resource itself was cancelled, because another resource failed or
// DeleteStack follows.
func (r *run) failureReason(err error, cancelReason string) string {
	defer r.cancelCreates(errCancelled)
	cancelled := r.createCtx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, errCancelled))
	switch {
	case errors.Is(r.stopCause(), errClosing):
		return errClosing.Error()
	case cancelReason != "" && cancelled:
		return cancelReason
	}
	return err.Error()
}

// beginRollback begins a rollback, with its own operation id. It returns false when there is no rollback, because
// DeleteStack follows or the account closes. When the account closes, the stack gets the status failed.
func (r *run) beginRollback(failed, rollback, reason string) bool {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	switch {
	case r.deleteFollows:
		return false
	case r.s.closed:
		r.st.setStatus(failed, errClosing.Error())
		return false
	}
	r.st.beginOperation(r.st.token)
	r.st.setStatus(rollback, reason)
	return true
}
