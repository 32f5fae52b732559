package run

import "time"

// Looks returns how many times a run waits and looks at tasks that stay in a phase for so long.
func Looks(phase time.Duration) int {
	n, _ := looks(phase)
	return n
}

// looks returns as well when the last look is, from the beginning of the phase on.
func looks(phase time.Duration) (n int, last time.Duration) {
	for last < phase {
		last += waitTime(last).Truncate(time.Second) // WaitSeconds has whole seconds.
		n++
	}
	return n, last
}
