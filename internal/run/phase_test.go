package run

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// looks returns how many times a run that knows no pace waits and looks at tasks that stay in a phase for so long, and when the last look
// is, from the beginning of the phase on.
func looks(phase time.Duration) (n int, last time.Duration) {
	for last < phase {
		last += waitTime(last).Truncate(time.Second) // WaitSeconds has whole seconds.
		n++
	}
	return n, last
}

func TestLongLoadsNeedFewPolls(t *testing.T) {
	const eventsAPoll = 11 // Choice, Wait and Task states entered and left, and the function's own three events
	tests := []struct {
		load  time.Duration
		polls int // at most
	}{
		{2 * time.Minute, 8},
		{2 * time.Hour, 80},
		{2 * 24 * time.Hour, 150},
		{14 * 24 * time.Hour, 25_000 / eventsAPoll},
	}
	for _, test := range tests {
		if got, _ := looks(test.load); got > test.polls {
			t.Errorf("a load of %v takes %d polls, want at most %d", test.load, got, test.polls)
		}
	}
}

func TestRunSeesTheEndOfALoadSoon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		load := time.Duration(rapid.Int64Range(1, int64(20*24*time.Hour)).Draw(t, "load"))
		_, last := looks(load)
		late := last - load
		if allowed := max(minWait, load/waitFraction); late > allowed {
			t.Fatalf("the run sees the end of a load of %v after %v, want at most %v", load, late, allowed)
		}
	})
}
