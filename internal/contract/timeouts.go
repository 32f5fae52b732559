package contract

import "time"

// The time-outs of the functions.
const (
	// StepTimeout is the time-out of every function of the state machine except the check function. Stopping an execution does
	// not stop the function that it has called: for this long after the stop, that function may still change something.
	StepTimeout = 5 * time.Minute
	// CheckTimeout is the time-out of the check function. It is the most that Lambda allows, because counting large tables takes
	// long.
	CheckTimeout = 15 * time.Minute
	// CustomResourceTimeout is the time-out of the functions of the custom resources. They call themselves again before it ends.
	CustomResourceTimeout = 15 * time.Minute
	// InvocationMargin is how much longer than its function's time-out a state waits, so that the state gets the function's own
	// error.
	InvocationMargin = time.Minute
)
