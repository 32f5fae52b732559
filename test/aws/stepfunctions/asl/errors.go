package asl

import "fmt"

// The error names that the language itself defines and that this package or its runner raises.
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

// Error is the failure of a state: a name for Retry and Catch to match, and a text for people.
type Error struct {
	Name, Cause string
}

func (e *Error) Error() string { return e.Name + ": " + e.Cause }

func errorf(name, format string, args ...any) *Error {
	return &Error{Name: name, Cause: fmt.Sprintf(format, args...)}
}

// Matches tells whether an error called name is meant by one of the names of an ErrorEquals.
//
// States.ALL and States.TaskFailed are wildcards that leave out States.DataLimitExceeded (it can be named), and
// States.TaskFailed leaves out States.Timeout as well. States.Runtime always ends the execution.
func Matches(errorEquals []string, name string) bool {
	if name == ErrRuntime {
		return false
	}
	for _, want := range errorEquals {
		switch {
		case want == name,
			want == ErrAll && name != ErrDataLimitExceeded,
			want == ErrTaskFailed && name != ErrDataLimitExceeded && name != ErrTimeout:
			return true
		}
	}
	return false
}
