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

// Close ends the operations that go on, and returns when nothing of them is left: a stack that was being created or
// changed has failed as it stood, without a rollback. No stack changes afterwards. It may be called more than once.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	s.end(errClosing)
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

// open refuses what would change a stack once the account closes. The caller holds s.mu.
func (s *Service) open() error {
	if s.closed {
		return gateway.Errorf("ServiceUnavailable", "%v: stacks do not change any more", errClosing)
	}
	return nil
}

// start carries out an operation once the one before it on the same stack is over. The caller holds s.mu and has found
// the service open.
func (s *Service) start(r *run, do func(*run)) {
	before := r.st.run
	r.st.run = r
	s.running.Go(func() {
		defer close(r.over)
		defer r.cancel(nil)
		if before != nil {
			<-before.over
		}
		do(r)
	})
}

// overtake cancels the operation that goes on, if there is one, for another to take its place: it says nothing more of
// the stack, only how the resources end that it is working on. The caller holds Service.mu.
func (st *stack) overtake() {
	if st.run != nil {
		st.run.overtook = true
		st.run.cancel(errCancelled)
	}
}

// ended is why nothing more is to be begun, or nil.
func (r *run) ended() error {
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	return nil
}

// why is the reason that a resource shows for an error of its type. One that was given up only because another failed,
// or because the stack is being deleted, shows the given words. The others being made are given up then.
func (r *run) why(err error, givenUp string) string {
	defer r.giveUp(errCancelled)
	switch {
	case errors.Is(r.ended(), errClosing):
		return errClosing.Error()
	case givenUp != "" && r.making.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, errCancelled)):
		return givenUp
	}
	return err.Error()
}

// turnBack begins a rollback, as an operation of its own. There is none when the stack is being deleted, nor when the
// account closes: then the stack fails as it stands.
func (r *run) turnBack(failed, rollback, reason string) bool {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	switch {
	case r.overtook:
		return false
	case r.s.closed:
		r.st.become(failed, errClosing.Error())
		return false
	}
	r.st.begin(r.st.token)
	r.st.become(rollback, reason)
	return true
}
