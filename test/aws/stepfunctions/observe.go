package stepfunctions

import (
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

// StatusChange is a change of an execution's status. Its JSON is the detail of the event "Step Functions Execution
// Status Change" of the source "aws.states", without the redrive members: executions cannot be redriven here. Source:
// https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
type StatusChange struct {
	ExecutionARN string `json:"executionArn"`
	MachineARN   string `json:"stateMachineArn"`
	// VersionARN and AliasARN are nil: state machines have no versions here.
	VersionARN *string `json:"stateMachineVersionArn"`
	AliasARN   *string `json:"stateMachineAliasArn"`
	Name       string  `json:"name"`
	Status     string  `json:"status"`    // RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED
	Started    int64   `json:"startDate"` // milliseconds since the epoch
	Stopped    *int64  `json:"stopDate"`  // nil while it runs
	// Input and Output are nil when they are not included.
	Input         *string   `json:"input"`
	Output        *string   `json:"output"`
	InputDetails  *included `json:"inputDetails"`
	OutputDetails *included `json:"outputDetails"`
	Error         *string   `json:"error"`
	Cause         *string   `json:"cause"`
}

// At is when the status changed, to the millisecond.
func (c StatusChange) At() time.Time {
	if c.Stopped != nil {
		return time.UnixMilli(*c.Stopped)
	}
	return time.UnixMilli(c.Started)
}

// Observe has f told of every change of the status of the executions that start from now on, in their order. f is
// called while the execution is locked: it must be quick and must not call the service.
func (s *Service) Observe(f func(StatusChange)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observers = append(slices.Clone(s.observers), f)
}

// maxEventData is how many bytes of input and output, written as JSON strings, an event of a status change carries.
const maxEventData = 248 << 10

// The longest error and cause that Step Functions has, in characters: what a function says can be longer.
const (
	maxError = 256
	maxCause = 32_768
)

// tell tells the execution's observers of its status; e.mu is held, or nobody else knows e yet.
func (e *execution) tell() {
	if len(e.observers) == 0 {
		return
	}
	c := StatusChange{
		ExecutionARN: e.arn, MachineARN: e.machine.arn, Name: e.name, Status: e.status, Started: e.started.UnixMilli(),
		Error: present(e.error, maxError), Cause: present(e.cause, maxCause),
	}
	if !e.stopped.IsZero() {
		c.Stopped = new(e.stopped.UnixMilli())
	}
	size := 0
	if e.output != nil {
		size = len(asl.Text(*e.output))
		c.OutputDetails = &included{size <= maxEventData}
		if c.OutputDetails.Included {
			c.Output = e.output
		}
	}
	c.InputDetails = &included{size+len(asl.Text(e.input)) <= maxEventData}
	if c.InputDetails.Included {
		c.Input = &e.input
	}
	for _, observe := range e.observers {
		observe(c)
	}
}

// present is a text, cut off after most bytes; nil when there is none.
func present(text string, most int) *string {
	if text == "" {
		return nil
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return &text
}
