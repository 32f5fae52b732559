package harness

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// adaptive is the SDK's adaptive retry mode for virtual time. The SDK computes how long to sleep until the next token, and
// rounding can make that 0. Then it asks again at once, and in virtual time that loop never ends.
type adaptive struct{ *retry.AdaptiveMode }

func (a *Account) newAdaptive() aws.Retryer {
	return adaptive{retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.FailOnNoAttemptTokens = true
		if a.options.Jitter != nil {
			o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(a.backoff)
			})
		}
	})}
}

// backoff is the SDK's exponential backoff with Options.Jitter.
func (a *Account) backoff(attempt int, _ error) (time.Duration, error) {
	longest := min(time.Second<<min(attempt, 10), retry.DefaultMaxBackoff)
	return time.Duration(*a.options.Jitter * float64(longest)), nil
}

// GetAttemptToken asks for a token every 50 ms until it gets one.
func (a adaptive) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	const step = 50 * time.Millisecond
	for {
		release, err := a.AdaptiveMode.GetAttemptToken(ctx)
		if err == nil {
			return release, nil
		}
		select {
		case <-time.After(step):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
