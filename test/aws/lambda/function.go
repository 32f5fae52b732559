package lambda

import (
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// deployed is the code and the configuration of a function. It is immutable: an update replaces it. Environments of the
// replaced one are not used again.
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
	layers               []string // ARNs of layer versions; files of a later layer replace files of an earlier one
	reserved             *int     // ReservedConcurrentExecutions; nil when the function has no limit
	code                 codeLocation
	taskRoot, optRoot    string // folders of the unpacked code and layers; empty for in-process functions
}

// logging is the log group, format and levels of a function's log.
type logging struct {
	Group, Format                 string
	ApplicationLevel, SystemLevel string // only for the JSON format; empty for the text format
}

// function is a function with its environments. The service's mutex guards it.
type function struct {
	current *deployed          // nil after the function was deleted
	idle    []*idleEnvironment // the last one is used first
	active  int                // invocations in progress
}

type idleEnvironment struct {
	environment
	expiry *time.Timer
}

// retire removes and returns all idle environments of f. The caller stops them without holding the mutex.
func (f *function) retire() []environment {
	retired := make([]environment, 0, len(f.idle))
	for _, e := range f.idle {
		e.expiry.Stop()
		retired = append(retired, e.environment)
	}
	f.idle = nil
	return retired
}

// acquire counts an invocation of the named function against the concurrency limits. It returns an idle environment, or
// nil when the caller must start one. The caller calls release once for each acquire that returns no error.
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
	if r := f.current.reserved; r != nil && f.active >= *r {
		return nil, nil, nil, &throttled{reason: "ReservedFunctionConcurrentInvocationLimitExceeded"}
	}
	if s.running >= s.options.Concurrency {
		return nil, nil, nil, &throttled{reason: "ConcurrentInvocationLimitExceeded"}
	}
	f.active++
	s.running++
	s.work.Add(1)
	return f, f.current, f.reuse(), nil
}

// reuse removes and returns the most recently used idle environment, or nil when there is none. It drops environments
// that have exited.
func (f *function) reuse() environment {
	for len(f.idle) > 0 {
		last := len(f.idle) - 1
		e := f.idle[last]
		f.idle = f.idle[:last]
		e.expiry.Stop()
		if !e.exited() {
			return e.environment
		}
	}
	return nil
}

// release keeps an environment for the next invocation. It stops the environment when it has ended, when the function
// was updated or deleted, or when the service is closed.
func (s *Service) release(f *function, d *deployed, e environment, spent bool) {
	defer s.work.Done()
	s.mu.Lock()
	f.active--
	s.running--
	keep := e != nil && !spent && !s.closed && f.current == d
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

// find returns the function with the name. The caller holds the mutex.
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
