package lambda

import (
	"encoding/json"
	"fmt"
	"time"
)

// environment is one execution environment. It handles one invocation at a time; its user is the only one to call it.
type environment interface {
	// invoke handles an invocation and returns when the environment is ready for the next one or has ended.
	invoke(invocation) outcome
	// stop ends the environment and returns when it is gone.
	stop()
	// dead says that the environment ended by itself.
	dead() bool
	// output is where its lines go.
	output() *output
	// initDuration is how long it took to become ready; the first invocation reports it.
	initDuration() time.Duration
}

// invocation is what the Runtime API tells a function of one request.
type invocation struct {
	requestID string
	trace     string // the X-Amzn-Trace-Id header
	payload   []byte
	attempt   int // of an event, from 1; 0 for a synchronous invocation
	end       ending
}

// outcome is how an invocation ended.
type outcome struct {
	payload []byte
	// failed means a function error: X-Amz-Function-Error is set and the payload describes the error.
	failed bool
	// status is what the REPORT line says of a failure: "timeout" or "error".
	status string
	// remarks are lines that Lambda itself adds to the log.
	remarks []string
	// ended means that the environment cannot be used again.
	ended bool
	// killed means that a fault killed it.
	killed bool
	// peakMB is the most memory it used, 0 when unknown.
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
		panic(err) // two strings always marshal
	}
	return b
}

// runtimeFailure is an error that Lambda reports because the function could not.
func runtimeFailure(requestID, errorType, message string) outcome {
	text := fmt.Sprintf("RequestId: %s Error: %s", requestID, message)
	return outcome{
		payload: functionError{Type: errorType, Message: text}.payload(),
		failed:  true, status: "error", ended: true,
		remarks: []string{text, errorType},
	}
}

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
