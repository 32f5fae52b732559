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
	ctx, stop := context.WithCancel(s.live)
	sched.stop = stop
	if !sched.now.enabled || s.closed {
		return
	}
	occurrence := occurrence{
		definition: sched.now, group: sched.group, name: sched.name, arn: sched.arn, anchor: sched.anchor,
	}
	s.work.Go(func() { s.keepTime(ctx, sched, occurrence, after) })
}

// keepTime fires until the schedule is over or stopped. Deliveries go on by themselves: a schedule that is changed or
// deleted does not take back what it has fired.
func (s *Service) keepTime(ctx context.Context, sched *schedule, o occurrence, after time.Time) {
	for {
		next := o.definition.next(after, o.anchor)
		if next.IsZero() {
			s.complete(ctx, sched, o.definition)
			return
		}
		if !waitUntil(ctx, next) {
			return
		}
		fired := o
		fired.at = next
		s.work.Go(func() { _, _ = s.deliver(s.live, fired) })
		after = next
		if late := time.Now().Round(0); late.Sub(next) > lookInterval {
			after = late // what was slept through is not caught up with
		}
	}
}

// next is the first firing after a moment that lies between StartDate and EndDate.
func (d *definition) next(after, anchor time.Time) time.Time {
	if beforeStart := d.start.Add(-1); !d.start.IsZero() && after.Before(beforeStart) {
		after = beforeStart
	}
	next := d.expression.Next(after, anchor)
	if !d.end.IsZero() && next.After(d.end) {
		return time.Time{}
	}
	return next
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

// complete ends a schedule that has no firing left; with ActionAfterCompletion DELETE it is gone.
func (s *Service) complete(ctx context.Context, sched *schedule, d *definition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil || !d.deleteAfter || sched.now != d {
		return
	}
	if g, ok := s.groups[sched.group]; ok && g.schedules[sched.name] == sched {
		delete(g.schedules, sched.name)
	}
}
