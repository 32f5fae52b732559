package lambda

import (
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// deployed is one state of a function's code and configuration. It never changes: an update makes another one, and
// environments of the old one are used up.
type deployed struct {
	name, arn            string
	stackName, logicalID string
	handler, role        string
	architecture         string
	memoryMB             int
	timeout              time.Duration
	environment          map[string]string
	logging              logging
	activeTracing        bool
	layers               []string // ARNs of layer versions, later ones over earlier ones
	reserved             *int     // ReservedConcurrentExecutions; nil is no limit of its own
	code                 codeLocation
	taskRoot, optRoot    string // folders of the unpacked code and layers; empty for in-process functions
}

// logging is where and how a function's lines are written.
type logging struct {
	Group, Format                 string
	ApplicationLevel, SystemLevel string // of the JSON format; empty with the text format
}

// function is a name with what is deployed under it and the environments that serve it. The service's mutex guards it.
type function struct {
	now    *deployed
	idle   []*idleEnvironment // the last one is used first
	active int                // invocations in progress
}

type idleEnvironment struct {
	environment
	expiry *time.Timer
}

// retire takes all idle environments from f; the caller stops them without holding the mutex.
func (f *function) retire() []environment {
	retired := make([]environment, 0, len(f.idle))
	for _, e := range f.idle {
		e.expiry.Stop()
		retired = append(retired, e.environment)
	}
	f.idle = nil
	return retired
}

// acquire takes an idle environment of the named function, or nil when a new one must be started, and counts the
// invocation against the limits. Each acquire is followed by one release.
func (s *Service) acquire(name string) (*function, *deployed, environment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, nil, errClosed
	}
	f, err := s.find(name)
	if err != nil {
		return nil, nil, nil, err
	}
	if r := f.now.reserved; r != nil && f.active >= *r {
		return nil, nil, nil, &throttled{reason: "ReservedFunctionConcurrentInvocationLimitExceeded"}
	}
	if s.running >= s.options.Concurrency {
		return nil, nil, nil, &throttled{reason: "ConcurrentInvocationLimitExceeded"}
	}
	f.active++
	s.running++
	s.work.Add(1)
	return f, f.now, f.reuse(), nil
}

// reuse takes the environment that was used last, or nil when none is left; those that died meanwhile are dropped.
func (f *function) reuse() environment {
	for len(f.idle) > 0 {
		last := len(f.idle) - 1
		e := f.idle[last]
		f.idle = f.idle[:last]
		e.expiry.Stop()
		if !e.dead() {
			return e.environment
		}
	}
	return nil
}

// release gives an environment back for the next invocation, or stops it when it is spent, out of date or unwanted.
func (s *Service) release(f *function, d *deployed, e environment, spent bool) {
	defer s.work.Done()
	s.mu.Lock()
	f.active--
	s.running--
	keep := e != nil && !spent && !s.closed && f.now == d
	if keep {
		kept := &idleEnvironment{environment: e}
		kept.expiry = time.AfterFunc(s.options.Idle, func() { s.expire(f, kept) })
		f.idle = append(f.idle, kept)
	}
	s.mu.Unlock()
	if e != nil && !keep {
		e.stop()
	}
}

func (s *Service) expire(f *function, old *idleEnvironment) {
	s.mu.Lock()
	found := false
	for i, e := range f.idle {
		if e == old {
			f.idle = append(f.idle[:i], f.idle[i+1:]...)
			found = true
			break
		}
	}
	s.mu.Unlock()
	if found {
		old.stop()
	}
}

// find is the function of a name; the caller holds the mutex.
func (s *Service) find(name string) (*function, error) {
	f, ok := s.functions[name]
	if !ok {
		return nil, &gateway.Error{
			Code: "ResourceNotFoundException", Status: 404,
			Message: "Function not found: " + s.account.ARN("lambda", "function:"+name),
		}
	}
	return f, nil
}
