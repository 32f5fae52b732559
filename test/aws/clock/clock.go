// Package clock lets a person live through a DMS task's minutes in seconds.
//
// Time stamps stay real, so that programs outside the process (the Lambda bootstraps, an SDK's signature) agree with
// them; only waiting is shortened. Inside a testing/synctest bubble a clock with scale 1 is virtual by itself.
package clock

import (
	"context"
	"fmt"
	"time"
)

// Clock shortens every wait by Scale: at 60 a minute's wait takes a second. The zero Clock waits in real time.
type Clock struct {
	// Scale is how many seconds of waiting pass in one; 0 means 1.
	Scale float64
}

// Real is how long a wait of d really takes.
func (c Clock) Real(d time.Duration) time.Duration {
	if c.Scale <= 0 {
		return d
	}
	return time.Duration(float64(d) / c.Scale)
}

// Sleep waits for d on this clock, or until ctx is done, whose error it then returns.
func (c Clock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(c.Real(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting %s: %w", d, context.Cause(ctx))
	}
}
