package asl

import "fmt"

// Error names of the Amazon States Language that this package or package stepfunctions returns.
const (
	ErrAll               = "States.ALL"
	ErrTaskFailed        = "States.TaskFailed"
	ErrTimeout           = "States.Timeout"
	ErrRuntime           = "States.Runtime"
	ErrPermissions       = "States.Permissions"
	ErrDataLimitExceeded = "States.DataLimitExceeded"
	ErrResultPathMatch   = "States.ResultPathMatchFailure"
	ErrNoChoiceMatched   = "States.NoChoiceMatched"
)

// Error is the failure of a state. Retry and Catch match its Name; its Cause is a text for people.
type Error struct {
	Name, Cause string
}

func (e *Error) Error() string { return e.Name + ": " + e.Cause }

func errorf(name, format string, args ...any) *Error {
	return &Error{Name: name, Cause: fmt.Sprintf(format, args...)}
}

// Matching is how the wildcards of ErrorEquals lists match where AWS's sources disagree.
type Matching struct {
	// DataLimitIsFinal makes States.ALL not match States.DataLimitExceeded, as the developer guide says. The zero value
	// follows two executions recorded on AWS, in which States.ALL catches a result of Lambda over 256 KiB.
	DataLimitIsFinal bool
}

// Match reports whether an ErrorEquals list matches the error name.
//
// States.ALL and States.TaskFailed are wildcards. States.TaskFailed matches neither States.DataLimitExceeded, which can be
// listed by its name, nor States.Timeout. No list matches States.Runtime: it always ends the execution.
func (m Matching) Match(errorEquals []string, name string) bool {
	if name == ErrRuntime {
		return false
	}
	for _, want := range errorEquals {
		switch {
		case want == name,
			want == ErrAll && (name != ErrDataLimitExceeded || !m.DataLimitIsFinal),
			want == ErrTaskFailed && name != ErrDataLimitExceeded && name != ErrTimeout:
			return true
		}
	}
	return false
}
