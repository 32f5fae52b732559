package stepfunctions

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

// The statuses of an execution.
const (
	statusRunning   = "RUNNING"
	statusSucceeded = "SUCCEEDED"
	statusFailed    = "FAILED"
	statusTimedOut  = "TIMED_OUT"
	statusAborted   = "ABORTED"
)

// execution is one run of a state machine.
type execution struct {
	arn, name string
	number    int64 // the position in the order of all starts; lists are sorted by it
	machine   *machine
	revision  revision // the revision of the state machine at the start
	input     string
	trace     string // the root id of the X-Ray trace
	started   time.Time

	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the goroutine of the execution returns
	log    func(Event)
	// observers are the observers of the service at the start.
	observers []func(StatusChange)

	mu           sync.Mutex
	status       string
	stopped      time.Time
	output       *string
	error, cause string
	events       []Event
	previous     int64 // the previousEventId of the next event
}

// errEnded stops the goroutine of an execution that has a final status.
var errEnded = errors.New("the execution has ended")

func (e *execution) running() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.status == statusRunning
}

// record appends an event, links it to the event before and returns its id. The error is errEnded when the execution
// has ended. When the history is full, record ends the execution as FAILED and returns errEnded too.
func (e *execution) record(event Event) (int64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status != statusRunning {
		return 0, errEnded
	}
	if len(e.events) == maxEvents-1 {
		e.finish(statusFailed, Event{Type: "ExecutionFailed", PreviousID: e.previous}, nil, asl.ErrRuntime,
			fmt.Sprintf("The execution reached the maximum number of history events (%d).", maxEvents))
		return 0, errEnded
	}
	event.PreviousID = e.previous
	id := e.append(event)
	// The event of the first state has the previousEventId 0, not the id of ExecutionStarted.
	if id > 1 {
		e.previous = id
	}
	return id, nil
}

// append gives an event its id and time, adds it to the history and logs it. The caller holds e.mu.
func (e *execution) append(event Event) int64 {
	event.ID = int64(len(e.events) + 1)
	event.Timestamp = gateway.At(time.Now())
	e.events = append(e.events, event)
	e.log(event)
	return event.ID
}

// finish ends the execution with its last event. The caller holds e.mu, and the execution is RUNNING.
func (e *execution) finish(status string, last Event, output *string, name, cause string) {
	reason := &failure{Error: name, Cause: cause}
	switch last.Type {
	case "ExecutionFailed":
		last.ExecutionFailed = reason
	case "ExecutionAborted":
		last.ExecutionAborted = reason
	case "ExecutionTimedOut":
		// Only the history has the error States.Timeout. DescribeExecution returns no error for a time-out.
		last.ExecutionTimedOut = &failure{Error: asl.ErrTimeout}
	}
	e.status, e.output, e.error, e.cause = status, output, name, cause
	e.append(last)
	e.stopped = e.events[len(e.events)-1].Timestamp.Time
	e.notifyObservers()
}

func (e *execution) succeed(output string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status == statusRunning {
		details := &outputDetails{Output: &output, OutputDetails: &truncated{}}
		e.finish(statusSucceeded, Event{Type: "ExecutionSucceeded", PreviousID: e.previous, ExecutionSucceeded: details},
			&output, "", "")
	}
}

func (e *execution) fail(err *asl.Error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status != statusRunning {
		return
	}
	e.finish(statusFailed, Event{Type: "ExecutionFailed", PreviousID: e.previous}, nil, err.Name, err.Cause)
}

func (e *execution) timeOut() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status == statusRunning {
		e.finish(statusTimedOut, Event{Type: "ExecutionTimedOut"}, nil, "", "")
	}
}

// abort ends a running execution at once. It returns the stop time, also of an execution that had already ended.
func (e *execution) abort(name, cause string) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status == statusRunning {
		e.finish(statusAborted, Event{Type: "ExecutionAborted"}, nil, name, cause)
		e.cancel(errEnded)
	}
	return e.stopped
}

var traceHeader = regexp.MustCompile(`Root=(1-[0-9a-f]{8}-[0-9a-f]{24})`)

// newTrace returns the X-Ray root id in a trace header. Without one, it makes a new id: 1-SECONDS-RANDOM in hexadecimal.
func newTrace(header string) string {
	if m := traceHeader.FindStringSubmatch(header); m != nil {
		return m[1]
	}
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("1-%08x-%s", time.Now().Unix(), hex.EncodeToString(b[:]))
}

// start begins an execution. When an execution with the same name and input still runs, start returns that execution.
// Any other use of an existing name is the error ExecutionAlreadyExists.
func (s *Service) start(machineARN, name, input, header string) (*execution, error) {
	if name == "" {
		name = uuid.NewString()
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	if len(input) > asl.MaxDataBytes {
		return nil, gateway.Errorf("ValidationException", "1 validation error detected: Value at 'input' failed to satisfy "+
			"constraint: Member must have length less than or equal to %d", asl.MaxDataBytes)
	}
	value, err := asl.Parse([]byte(input))
	if err != nil {
		return nil, gateway.Errorf("InvalidExecutionInput", "Invalid State Machine Execution Input: '%v'", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.find(machineARN)
	if err != nil {
		return nil, err
	}
	arn := s.account.ARN("states", "execution:"+m.name+":"+name)
	if e := s.executions[arn]; e != nil {
		if e.input == input && e.running() {
			return e, nil
		}
		return nil, gateway.Errorf("ExecutionAlreadyExists", "Execution Already Exists: '%s'", arn)
	}
	if s.closed {
		return nil, gateway.Errorf("ExecutionLimitExceeded", "the embedded AWS is shutting down")
	}
	ctx, cancel := context.WithCancelCause(s.ctx)
	s.started++
	e := &execution{
		arn: arn, name: name, number: s.started, machine: m, revision: m.revision, input: input,
		trace: newTrace(header), started: time.Now(), cancel: cancel, done: make(chan struct{}), status: statusRunning,
		observers: s.observers,
	}
	e.log = s.logger(e)
	s.executions[arn] = e
	e.notifyObservers()
	s.running.Go(func() {
		defer close(e.done)
		defer s.executionEnded(e)
		s.run(ctx, e, value)
		e.sendTrace(s)
	})
	return e, nil
}

// executionEnded cancels the context of the execution. When the state machine is DELETING and this was its last
// execution, executionEnded deletes the state machine.
func (s *Service) executionEnded(e *execution) {
	e.cancel(errEnded)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !e.machine.deleting {
		return
	}
	for _, other := range s.executions {
		if other.machine == e.machine && other.running() {
			return
		}
	}
	if s.machines[e.machine.arn] == e.machine {
		delete(s.machines, e.machine.arn)
	}
}

// execution finds an execution. The error is ExecutionDoesNotExist when no execution has the ARN.
func (s *Service) execution(arn string) (*execution, error) {
	if !strings.HasPrefix(arn, "arn:") {
		return nil, gateway.Errorf("InvalidArn", "Invalid Arn: '%s'", arn)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.executions[arn]
	if e == nil {
		return nil, gateway.Errorf("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
	}
	return e, nil
}
