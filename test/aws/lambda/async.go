package lambda

import (
	"errors"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Limits after which Lambda stops retrying an asynchronous invocation.
const (
	maxEventRetries = 2             // after a function error
	maxEventAge     = 6 * time.Hour // limit for throttled and failed starts too
)

// Pauses of asynchronous invocations. Source:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
const (
	functionErrorPause = time.Minute // before the first retry; the pause before the second is twice as long
	throttlePauseMin   = time.Second
	throttlePauseMax   = 5 * time.Minute
)

// queue accepts an asynchronous invocation. It returns an error when the function does not exist or the service is
// closed. After the last retry the event is dropped, as on AWS without a dead-letter queue or destination. This package
// implements neither.
func (s *Service) queue(name string, inv invocation) error {
	if _, err := s.current(name); err != nil {
		return err
	}
	if !s.background(func() { s.tryEvent(name, inv) }) {
		return errClosed
	}
	return nil
}

// tryEvent invokes a function until it succeeds, no retries are left or the event is too old. The age of an event is
// the sum of the pauses on the service's clock.
func (s *Service) tryEvent(name string, inv invocation) {
	var age time.Duration
	failures, throttles := 0, 0
	for {
		inv.attempt++
		r, err := s.run(name, inv)
		var pause time.Duration
		var refused *gateway.Error
		switch {
		case err == nil && !r.failed:
			return
		case errors.Is(err, errClosed):
			return
		case errors.As(err, &refused) && refused.Code == "ResourceNotFoundException":
			return // the function was deleted
		case err != nil:
			pause = min(throttlePauseMin<<min(throttles, 16), throttlePauseMax)
			throttles++
		default:
			failures++
			if failures > maxEventRetries {
				return
			}
			pause = functionErrorPause << (failures - 1)
		}
		if age += pause; age > maxEventAge {
			return
		}
		if s.clock.Sleep(s.live, pause) != nil {
			return // the service is closing
		}
	}
}
