package lambda

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
)

// maxRequest is the largest payload of a synchronous invocation in bytes. maxEvent is that of an asynchronous one.
const (
	maxRequest = 6291456
	maxEvent   = 1048576
)

// throttled is the error of an invocation that exceeds a concurrency limit.
type throttled struct{ reason string }

func (t *throttled) Error() string {
	return "TooManyRequestsException: Rate Exceeded. (" + t.reason + ")"
}

// result is what the caller of an invocation gets.
type result struct {
	requestID string
	payload   []byte
	failed    bool
	tail      []byte // end of the log
}

// invokeOnce invokes a function and waits for the result.
func (s *Service) invokeOnce(name string, inv invocation, fault Fault) (result, error) {
	f, d, e, err := s.acquire(name)
	if err != nil {
		var refused *throttled
		if errors.As(err, &refused) {
			s.count(name, "Throttles")
		}
		return result{}, err
	}
	cold := e == nil
	if cold {
		if e, err = s.start(d); err != nil {
			s.release(f, d, nil, true)
			return result{}, err
		}
	}
	out := e.output()
	out.begin(s.mayLog(d, out.stream))
	out.started(inv.requestID)
	begin := time.Now()
	o := s.invokeWithFault(e, inv, d, fault)
	r := report{requestID: inv.requestID, duration: time.Since(begin), memoryMB: d.memoryMB, outcome: o}
	if cold {
		r.init = e.initDuration()
	}
	out.ended(r)
	s.trace(d)
	tail := out.last()
	s.release(f, d, e, o.ended)
	s.count(d.name, "Invocations")
	if o.failed {
		s.count(d.name, "Errors")
	}
	return result{requestID: inv.requestID, payload: o.payload, failed: o.failed, tail: tail}, nil
}

// count counts in a metric of a function, given by its name or ARN.
func (s *Service) count(function, metric string) {
	if s.options.Counted != nil {
		s.options.Counted(function[strings.LastIndexByte(function, ':')+1:], metric)
	}
}

// start starts an environment for d with the credentials of the function's role.
func (s *Service) start(d *deployed) (environment, error) {
	credentials, err := s.roles.FunctionCredentials(d.role, d.name)
	if err != nil {
		return nil, &gateway.Error{
			Code: "AccessDeniedException", Status: 403,
			Message: fmt.Sprintf("The role defined for the function cannot be assumed by Lambda: %v", err),
		}
	}
	if s.options.InProcess != nil {
		return s.startInProcess(d, credentials, s.options.InProcess), nil
	}
	if s.options.Replace != nil {
		g := s.startInProcess(d, credentials, s.options.Replace)
		if g.handle != nil || g.initErr != nil {
			return g, nil
		}
		g.stop()
	}
	p, err := s.startProcess(d, credentials)
	if err != nil {
		if errors.Is(err, errClosed) {
			return nil, err
		}
		return nil, fmt.Errorf("start an environment of %s: %w", d.name, err)
	}
	return p, nil
}

func newRequestID() string { return uuid.NewString() }
