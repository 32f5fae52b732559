package contract

import "time"

// The time-outs of the functions.
const (
	// StepTimeout is that of every function of the workflow but the check. A stopped execution does not stop the function
	// that it called, so for this long after a stop that function may still change something.
	StepTimeout = 5 * time.Minute
	// CheckTimeout is that of the check function: the most that Lambda allows, because counting large tables takes long.
	CheckTimeout = 15 * time.Minute
	// CustomResourceTimeout is that of the functions of the custom resources, which call themselves again before it ends.
	CustomResourceTimeout = 15 * time.Minute
	// InvocationMargin is how much longer a state waits than its function may run, so that the function's own end is seen.
	InvocationMargin = time.Minute
)
