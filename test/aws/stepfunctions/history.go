package stepfunctions

import "github.com/oralake/oralake/test/aws/gateway"

// maxEvents is the largest number of events of an execution. At the limit, the last event is ExecutionFailed.
const maxEvents = 25_000

// Event is one event of an execution's history, as GetExecutionHistory returns it.
type Event struct {
	ID         int64         `json:"id"`
	PreviousID int64         `json:"previousEventId"`
	Type       string        `json:"type"`
	Timestamp  *gateway.Time `json:"timestamp"`

	ExecutionStarted   *executionStarted `json:"executionStartedEventDetails,omitempty"`
	ExecutionSucceeded *outputDetails    `json:"executionSucceededEventDetails,omitempty"`
	ExecutionFailed    *failure          `json:"executionFailedEventDetails,omitempty"`
	ExecutionAborted   *failure          `json:"executionAbortedEventDetails,omitempty"`
	ExecutionTimedOut  *failure          `json:"executionTimedOutEventDetails,omitempty"`

	StateEntered *stateEntered `json:"stateEnteredEventDetails,omitempty"`
	StateExited  *stateExited  `json:"stateExitedEventDetails,omitempty"`

	LambdaScheduled *lambdaScheduled `json:"lambdaFunctionScheduledEventDetails,omitempty"`
	LambdaSucceeded *outputDetails   `json:"lambdaFunctionSucceededEventDetails,omitempty"`
	LambdaFailed    *failure         `json:"lambdaFunctionFailedEventDetails,omitempty"`
	LambdaTimedOut  *failure         `json:"lambdaFunctionTimedOutEventDetails,omitempty"`
}

type truncated struct {
	Truncated bool `json:"truncated"`
}

type executionStarted struct {
	Input        *string    `json:"input,omitempty"`
	InputDetails *truncated `json:"inputDetails,omitempty"`
	RoleARN      string     `json:"roleArn"`
}

type outputDetails struct {
	Output        *string    `json:"output,omitempty"`
	OutputDetails *truncated `json:"outputDetails,omitempty"`
}

type failure struct {
	Error string `json:"error,omitempty"`
	Cause string `json:"cause,omitempty"`
}

type stateEntered struct {
	Name         string     `json:"name"`
	Input        *string    `json:"input,omitempty"`
	InputDetails *truncated `json:"inputDetails,omitempty"`
}

type stateExited struct {
	Name          string     `json:"name"`
	Output        *string    `json:"output,omitempty"`
	OutputDetails *truncated `json:"outputDetails,omitempty"`
}

type lambdaScheduled struct {
	Resource         string     `json:"resource"`
	Input            *string    `json:"input,omitempty"`
	InputDetails     *truncated `json:"inputDetails,omitempty"`
	TimeoutInSeconds int64      `json:"timeoutInSeconds,omitempty"`
}

// withoutData returns the event without inputs and outputs, for includeExecutionData=false.
func (e Event) withoutData() Event {
	if d := e.ExecutionStarted; d != nil {
		e.ExecutionStarted = &executionStarted{RoleARN: d.RoleARN}
	}
	if e.ExecutionSucceeded != nil {
		e.ExecutionSucceeded = &outputDetails{}
	}
	if d := e.StateEntered; d != nil {
		e.StateEntered = &stateEntered{Name: d.Name}
	}
	if d := e.StateExited; d != nil {
		e.StateExited = &stateExited{Name: d.Name}
	}
	if d := e.LambdaScheduled; d != nil {
		e.LambdaScheduled = &lambdaScheduled{Resource: d.Resource, TimeoutInSeconds: d.TimeoutInSeconds}
	}
	if e.LambdaSucceeded != nil {
		e.LambdaSucceeded = &outputDetails{}
	}
	return e
}

// details returns the details of the event for the log, or nil when the event has none.
func (e Event) details() any {
	switch {
	case e.ExecutionStarted != nil:
		return e.ExecutionStarted
	case e.ExecutionSucceeded != nil:
		return e.ExecutionSucceeded
	case e.ExecutionFailed != nil:
		return e.ExecutionFailed
	case e.ExecutionAborted != nil:
		return e.ExecutionAborted
	case e.ExecutionTimedOut != nil:
		return e.ExecutionTimedOut
	case e.StateEntered != nil:
		return e.StateEntered
	case e.StateExited != nil:
		return e.StateExited
	case e.LambdaScheduled != nil:
		return e.LambdaScheduled
	case e.LambdaSucceeded != nil:
		return e.LambdaSucceeded
	case e.LambdaFailed != nil:
		return e.LambdaFailed
	case e.LambdaTimedOut != nil:
		return e.LambdaTimedOut
	}
	return nil
}
