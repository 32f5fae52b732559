package stepfunctions

import "time"

// Throttle makes transitions of state machines wait: f returns how long the next one of a machine waits, or 0. AWS throttles an account
// that makes too many transitions a second, and counts each in the metric ExecutionThrottled ("Quotas related to state throttling").
// Nil throttles none.
func (s *Service) Throttle(f func(machineARN string) time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttled = f
}

// ObserveThrottled calls f for every transition that is throttled. Call it before the first execution.
func (s *Service) ObserveThrottled(f func(machineARN string)) { s.countThrottled = f }

// throttle returns how long the next transition of a machine waits.
func (s *Service) throttle(machineARN string) time.Duration {
	s.mu.Lock()
	f := s.throttled
	s.mu.Unlock()
	if f == nil {
		return 0
	}
	pause := f(machineARN)
	if pause > 0 && s.countThrottled != nil {
		s.countThrottled(machineARN)
	}
	return pause
}
