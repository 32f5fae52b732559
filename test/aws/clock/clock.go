// Package clock shortens waits, so that a person sees the minutes of a DMS task pass in seconds.
//
// Time stamps stay real, so that programs outside the process (the Lambda bootstraps, an SDK's signature) have the same
// time; only waits are shorter. Inside a testing/synctest bubble, the time of a clock with scale 1 is virtual.
package clock

import (
	"context"
	"fmt"
	"time"
)

// Clock divides every wait by Scale: at 60, a wait of a minute takes a second. The zero Clock waits in real time.
type Clock struct {
	// Scale is how many seconds of a wait pass in one real second; 0 means 1.
	Scale float64
}

// Real returns how long a wait of d really takes.
func (c Clock) Real(d time.Duration) time.Duration {
	if c.Scale <= 0 {
		return d
	}
	return time.Duration(float64(d) / c.Scale)
}

// Sleep waits for d on this clock, or until ctx is done. It then returns an error with the cause of ctx.
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
