package scheduler

import (
	"context"
	"time"
)

// lookInterval is the longest wait without a look at the wall clock: a machine that slept does not count the time that
// passed, and clocks are set.
const lookInterval = time.Minute

// startTimer fires a schedule from now on; the caller holds the mutex, and the schedule's former timer has been stopped.
func (s *Service) startTimer(sched *schedule, after time.Time) {
	ctx, stop := context.WithCancel(context.Background())
	sched.stop = stop
	occurrence := occurrence{
		definition: sched.now, group: sched.group, name: sched.name, arn: sched.arn, anchor: sched.anchor,
	}
	s.workers.Go(func(live context.Context) {
		defer context.AfterFunc(live, stop)()
		s.keepTime(ctx, occurrence, after)
	})
}

// keepTime fires until the schedule is over or stopped. Deliveries go on by themselves: a schedule that is changed or
// deleted does not take back what it has fired.
func (s *Service) keepTime(ctx context.Context, o occurrence, after time.Time) {
	for {
		next := o.expression.Next(after, o.anchor)
		if next.IsZero() {
			return
		}
		if !waitUntil(ctx, next) {
			return
		}
		fired := o
		fired.at = next
		s.workers.Go(func(live context.Context) { _, _ = s.deliver(live, fired) })
		after = next
		if late := time.Now().Round(0); late.Sub(next) > lookInterval {
			after = late // what was slept through is not caught up with
		}
	}
}

// waitUntil waits for a time on the wall clock and says whether it came before ctx ended.
func waitUntil(ctx context.Context, at time.Time) bool {
	for {
		left := at.Sub(time.Now().Round(0))
		if left <= 0 {
			return ctx.Err() == nil
		}
		timer := time.NewTimer(min(left, lookInterval))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}
