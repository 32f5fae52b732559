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
	number    int64 // counts the service's executions, to list them newest first
	machine   *machine
	revision  revision // as it was at the start
	input     string
	trace     string // X-Ray root
	started   time.Time

	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the goroutine of the execution is gone
	log    func(Event)
	// observers are those that the service had at the start.
	observers []func(StatusChange)

	mu           sync.Mutex
	status       string
	stopped      time.Time
	output       *string
	error, cause string
	events       []Event
	previous     int64 // the event that the next one follows
}

// errEnded stops the goroutine of an execution that has ended, by itself or by StopExecution.
var errEnded = errors.New("the execution has ended")

func (e *execution) running() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.status == statusRunning
}

// record appends an event that follows the one before it and returns its id. After the end of the execution it is
// errEnded, and so it is when the history is full, which ends the execution.
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
	// The first state follows no event: the start has no place in the chain.
	if id > 1 {
		e.previous = id
	}
	return id, nil
}

// append numbers, dates and logs an event; e.mu is held.
func (e *execution) append(event Event) int64 {
	event.ID = int64(len(e.events) + 1)
	event.Timestamp = gateway.At(time.Now())
	e.events = append(e.events, event)
	e.log(event)
	return event.ID
}

// finish ends the execution with its last event; e.mu is held and the execution runs.
func (e *execution) finish(status string, last Event, output *string, name, cause string) {
	reason := &failure{Error: name, Cause: cause}
	switch last.Type {
	case "ExecutionFailed":
		last.ExecutionFailed = reason
	case "ExecutionAborted":
		last.ExecutionAborted = reason
	case "ExecutionTimedOut":
		// Only the history names the error; the execution itself has none.
		last.ExecutionTimedOut = &failure{Error: asl.ErrTimeout}
	}
	e.status, e.output, e.error, e.cause = status, output, name, cause
	e.append(last)
	e.stopped = e.events[len(e.events)-1].Timestamp.Time
	e.tell()
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
	last := Event{Type: "ExecutionFailed", PreviousID: e.previous}
	if err.Name == asl.ErrRuntime || err.Name == asl.ErrNoChoiceMatched {
		// No event of the state tells of these failures, and AWS links the end to none.
		last.PreviousID = 0
	}
	e.finish(statusFailed, last, nil, err.Name, err.Cause)
}

func (e *execution) timeOut() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status == statusRunning {
		e.finish(statusTimedOut, Event{Type: "ExecutionTimedOut"}, nil, "", "")
	}
}

// abort ends the execution at once and returns when it ended, which is long ago when it had ended before.
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

// newTrace is the X-Ray root of a header, or a new one: 1-SECONDS-RANDOM in hexadecimal.
func newTrace(header string) string {
	if m := traceHeader.FindStringSubmatch(header); m != nil {
		return m[1]
	}
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("1-%08x-%s", time.Now().Unix(), hex.EncodeToString(b[:]))
}

// start begins an execution. The same name and input as an execution that still runs is that execution; any other use
// of the name is ExecutionAlreadyExists.
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
	ctx, cancel := context.WithCancelCause(s.life)
	s.started++
	e := &execution{
		arn: arn, name: name, number: s.started, machine: m, revision: m.revision, input: input,
		trace: newTrace(header), started: time.Now(), cancel: cancel, done: make(chan struct{}), status: statusRunning,
		observers: s.observers,
	}
	e.log = s.logger(e)
	s.executions[arn] = e
	e.tell()
	s.work.Go(func() {
		defer close(e.done)
		defer s.ended(e)
		s.run(ctx, e, value)
	})
	return e, nil
}

// ended lets go of an execution's context and of a state machine that only waited for this execution to be deleted.
func (s *Service) ended(e *execution) {
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

// execution is ExecutionDoesNotExist when there is none of that ARN.
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
