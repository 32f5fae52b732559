package lambda

import (
	"encoding/json"
	"fmt"
	"time"
)

// environment is one execution environment. It handles one invocation at a time. It is not safe for concurrent use.
type environment interface {
	// invoke handles an invocation. It returns when the environment is ready for the next one or has ended.
	invoke(invocation) outcome
	// stop ends the environment. It returns when the environment has ended.
	stop()
	// exited reports whether the environment has ended without a call of stop.
	exited() bool
	// output returns the log stream of the environment.
	output() *output
	// initDuration is the time from the start of the environment until it was ready. The first invocation reports it.
	initDuration() time.Duration
}

// invocation is one request to a function.
type invocation struct {
	requestID string
	trace     string // the X-Amzn-Trace-Id header
	payload   []byte
	attempt   int // number of the attempt of an asynchronous invocation, from 1; 0 for a synchronous one
	killAt    killPlan
}

// outcome is how an invocation ended.
type outcome struct {
	payload []byte
	// failed means a function error: the response has X-Amz-Function-Error, and the payload describes the error.
	failed bool
	// status is the status of a failure in the REPORT line: "timeout" or "error".
	status string
	// remarks are log lines that Lambda writes.
	remarks []string
	// ended means that the environment cannot handle another invocation.
	ended bool
	// killed means that a fault killed the environment.
	killed bool
	// peakMB is the peak memory of the environment in MB; 0 when unknown.
	peakMB int
}

// functionError is the payload of a failed invocation.
type functionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func (e functionError) payload() []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // marshalling two strings never fails
	}
	return b
}

// runtimeFailure returns the outcome for an error that Lambda reports in place of the function.
func runtimeFailure(requestID, errorType, message string) outcome {
	text := fmt.Sprintf("RequestId: %s Error: %s", requestID, message)
	return outcome{
		payload: functionError{Type: errorType, Message: text}.payload(),
		failed:  true, status: "error", ended: true,
		remarks: []string{text, errorType},
	}
}

// timedOut returns the outcome of an invocation that reached its timeout.
func timedOut(requestID string, timeout time.Duration) outcome {
	message := fmt.Sprintf("Task timed out after %.2f seconds", timeout.Seconds())
	return outcome{
		payload: functionError{
			Type:    "Sandbox.Timedout",
			Message: fmt.Sprintf("RequestId: %s Error: %s", requestID, message),
		}.payload(),
		failed: true, status: "timeout", ended: true,
		remarks: []string{fmt.Sprintf("%s %s %s", time.Now().UTC().Format(logTime), requestID, message)},
	}
}

const logTime = "2006-01-02T15:04:05.000Z"
