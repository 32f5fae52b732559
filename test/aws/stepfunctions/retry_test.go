package stepfunctions

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

// TestRetryDelays draws random retriers and checks three rules of the language. There are exactly MaxAttempts retries.
// No delay exceeds its limit. Without jitter, no delay is shorter than the one before.
func TestRetryDelays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seconds := func(low int, label string) time.Duration {
			return time.Duration(rapid.IntRange(low, 1000).Draw(t, label)) * time.Second
		}
		retrier := asl.Retrier{
			ErrorEquals: []string{"E"}, Interval: seconds(1, "interval"), MaxDelay: seconds(0, "max delay"),
			MaxAttempts: rapid.IntRange(0, 200).Draw(t, "attempts"),
			BackoffRate: rapid.Float64Range(1, 10).Draw(t, "rate"), FullJitter: rapid.Bool().Draw(t, "jitter"),
		}
		chance := rapid.Float64Range(0, math.Nextafter(1, 0))
		attempts := make([]int, 1)
		previous := time.Duration(0)
		for retries := 0; ; retries++ {
			delay, again := retryDelay([]asl.Retrier{retrier}, attempts, "E", asl.Matching{}, func() float64 {
				return chance.Draw(t, "chance")
			})
			if again != (retries < retrier.MaxAttempts) {
				t.Fatalf("after %d retries: again = %v, want at most %d retries", retries, again, retrier.MaxAttempts)
			}
			if !again {
				break
			}
			bound := retrier.Interval.Seconds() * math.Pow(retrier.BackoffRate, float64(retries))
			if retrier.MaxDelay > 0 {
				bound = min(bound, retrier.MaxDelay.Seconds())
			}
			if delay < 0 || delay.Seconds() > bound*1.000001 {
				t.Fatalf("delay %d = %s, want at most %.3f s", retries, delay, bound)
			}
			if !retrier.FullJitter && delay < previous {
				t.Fatalf("delay %d = %s, want at least the previous delay %s", retries, delay, previous)
			}
			previous = delay
		}
		if _, again := retryDelay([]asl.Retrier{retrier}, attempts, "Other", asl.Matching{}, func() float64 { return 0 }); again {
			t.Fatal("got a retry of an error that no retrier matches")
		}
	})
}
