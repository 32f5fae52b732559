package scheduler

import (
	"context"
	"time"
)

// clockCheckInterval is the longest wait between two readings of the wall clock. Timers do not count the time for which
// a machine sleeps, and people set clocks.
const clockCheckInterval = time.Minute

// startTimer starts the timer of a schedule. It fires at the times later than after. The caller holds the mutex and has
// stopped the schedule's previous timer.
func (s *Service) startTimer(sched *schedule, after time.Time) {
	ctx, stop := context.WithCancel(context.Background())
	sched.stop = stop
	f := firing{
		definition: sched.current, group: sched.group, name: sched.name, arn: sched.arn, anchor: sched.anchor,
	}
	s.workers.Go(func(live context.Context) {
		defer context.AfterFunc(live, stop)()
		s.runTimer(ctx, f, after)
	})
}

// runTimer fires until the schedule has no more times or ctx ends. Deliveries run independently: updating or deleting a
// schedule does not stop the deliveries that it has started.
func (s *Service) runTimer(ctx context.Context, f firing, after time.Time) {
	for {
		next := f.expression.Next(after, f.anchor)
		if next.IsZero() {
			return
		}
		if !waitUntil(ctx, next) {
			return
		}
		fired := f
		fired.at = next
		s.workers.Go(func(live context.Context) { _, _ = s.deliver(live, fired) })
		after = next
		if late := time.Now().Round(0); late.Sub(next) > clockCheckInterval {
			after = late // skip the times that passed while the machine slept
		}
	}
}

// waitUntil waits for a wall clock time. It returns false when ctx ends first.
func waitUntil(ctx context.Context, at time.Time) bool {
	for {
		left := at.Sub(time.Now().Round(0))
		if left <= 0 {
			return ctx.Err() == nil
		}
		timer := time.NewTimer(min(left, clockCheckInterval))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}
