package run

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// looks is how often a run looks at a load of a given length, and how late it notices its end.
func looks(load time.Duration) (n int, late time.Duration) {
	var spent time.Duration
	for spent < load {
		// As the run does it: whole seconds.
		spent += wait(spent).Truncate(time.Second)
		n++
	}
	return n, spent - load
}

func TestWaitingInNumbers(t *testing.T) {
	const eventsALook = 11 // Choice, Wait and Task states entered and left, and the function's own three events
	tests := []struct {
		load  time.Duration
		looks int // at most
	}{
		{2 * time.Minute, 8},
		{2 * time.Hour, 80},
		{2 * 24 * time.Hour, 150},
		{14 * 24 * time.Hour, 25_000 / eventsALook},
	}
	for _, test := range tests {
		if got, _ := looks(test.load); got > test.looks {
			t.Errorf("a load of %v is looked at %d times, want at most %d", test.load, got, test.looks)
		}
	}
}

func TestEndOfALoadIsNoticedSoon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		load := time.Duration(rapid.Int64Range(1, int64(20*24*time.Hour)).Draw(t, "load"))
		_, late := looks(load)
		if allowed := max(waitFloor, load/waitFraction); late > allowed {
			t.Fatalf("the end of a load of %v is noticed %v late, want at most %v", load, late, allowed)
		}
	})
}
