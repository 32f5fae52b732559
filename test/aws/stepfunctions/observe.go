package stepfunctions

import (
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

// StatusChange is a change of the status of an execution. Its JSON is the detail of the event "Step Functions Execution
// Status Change" of the source "aws.states". It has no redrive members, because the embedded AWS cannot redrive an
// execution. Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
type StatusChange struct {
	ExecutionARN string `json:"executionArn"`
	MachineARN   string `json:"stateMachineArn"`
	// VersionARN and AliasARN are nil, because the embedded AWS has no versions of state machines.
	VersionARN *string `json:"stateMachineVersionArn"`
	AliasARN   *string `json:"stateMachineAliasArn"`
	Name       string  `json:"name"`
	Status     string  `json:"status"`    // RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED
	Started    int64   `json:"startDate"` // milliseconds since the epoch
	Stopped    *int64  `json:"stopDate"`  // milliseconds since the epoch; nil while the execution is RUNNING
	// Input and Output are nil when they are too large for the event. Output is nil without an output too.
	Input         *string   `json:"input"`
	Output        *string   `json:"output"`
	InputDetails  *included `json:"inputDetails"`
	OutputDetails *included `json:"outputDetails"`
	Error         *string   `json:"error"`
	Cause         *string   `json:"cause"`
}

// At is the time of the change, in whole milliseconds.
func (c StatusChange) At() time.Time {
	if c.Stopped != nil {
		return time.UnixMilli(*c.Stopped)
	}
	return time.UnixMilli(c.Started)
}

// Observe calls f for every status change of each execution that starts after Observe. The changes of an execution
// arrive in their order. The execution is locked while f runs: f must return soon and must not call the service.
func (s *Service) Observe(f func(StatusChange)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observers = append(slices.Clone(s.observers), f)
}

// maxEventData is the largest size of input and output together in a status change, as JSON strings, in bytes.
const maxEventData = 248 << 10

// The limits of Step Functions for an error and a cause, in characters. The error of a function can be longer.
const (
	maxError = 256
	maxCause = 32_768
)

// notifyObservers calls the observers with the status of the execution. The caller holds e.mu, or the execution is not
// started yet.
func (e *execution) notifyObservers() {
	if len(e.observers) == 0 {
		return
	}
	c := StatusChange{
		ExecutionARN: e.arn, MachineARN: e.machine.arn, Name: e.name, Status: e.status, Started: e.started.UnixMilli(),
		Error: limitedText(e.error, maxError), Cause: limitedText(e.cause, maxCause),
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

// limitedText returns the first limit bytes of text, or nil when text is empty.
func limitedText(text string, limit int) *string {
	if text == "" {
		return nil
	}
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "")
	}
	return &text
}
