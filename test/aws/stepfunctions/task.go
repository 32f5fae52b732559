package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

func number(i int) json.Number { return json.Number(strconv.Itoa(i)) }

// task calls a function and retries it as Retry says. After the last retry, it applies Catch to the failure. The context
// object has RetryCount in Task states only.
func (r *run) task(ctx context.Context, name string, s *asl.State, input any) (any, string, error) {
	attempts := make([]int, len(s.Retry))
	for retries := 0; ; retries++ {
		r.contextObject["State"].(map[string]any)["RetryCount"] = number(retries)
		output, err := r.attempt(ctx, name, s, input)
		if err == nil {
			return output, s.Next, nil
		}
		var failed *asl.Error
		if !errors.As(err, &failed) {
			return nil, "", err
		}
		if delay, again := retryDelay(s.Retry, attempts, failed.Name, r.s.matching, r.s.chance); again {
			if err := r.s.clock.Sleep(ctx, delay); err != nil {
				return nil, "", err
			}
			continue
		}
		for _, catcher := range s.Catch {
			if r.s.matching.Match(catcher.ErrorEquals, failed.Name) {
				output, err := catcher.ResultPath.Place(input, map[string]any{"Error": failed.Name, "Cause": failed.Cause})
				output, err = r.checkSize(name, output, err)
				return output, catcher.Next, err
			}
		}
		return nil, "", err
	}
}

// retryDelay returns the delay before the next attempt after the error name, and false without a next attempt. The first
// retrier that matches the error decides. Without attempts left in this retrier, there is no retry. attempts counts the
// retries of each retrier since the execution entered the state; retryDelay updates it.
func retryDelay(
	retriers []asl.Retrier, attempts []int, name string, matching asl.Matching, chance func() float64,
) (time.Duration, bool) {
	for i, retrier := range retriers {
		if !matching.Match(retrier.ErrorEquals, name) {
			continue
		}
		if attempts[i] >= retrier.MaxAttempts {
			return 0, false
		}
		seconds := retrier.Interval.Seconds() * math.Pow(retrier.BackoffRate, float64(attempts[i]))
		attempts[i]++
		if limit := retrier.MaxDelay.Seconds(); limit > 0 {
			seconds = min(seconds, limit)
		}
		// Without MaxDelay the delay can exceed the largest Duration.
		seconds = min(seconds, math.MaxInt64/float64(2*time.Second))
		if retrier.FullJitter {
			seconds *= chance()
		}
		return time.Duration(seconds * float64(time.Second)), true
	}
	return 0, false
}

// attempt builds the input, calls the function once and builds the output. Retry repeats the whole attempt.
func (r *run) attempt(ctx context.Context, name string, s *asl.State, input any) (any, error) {
	effective, err := s.EffectiveInput(input, r.contextObject)
	if err != nil {
		return nil, err
	}
	timeout := s.Timeout
	if s.TimeoutPath != nil {
		v, ok := s.TimeoutPath.Get(input, r.contextObject)
		if !ok {
			return nil, asl.NotFound(*s.TimeoutPath, "TimeoutSecondsPath", input)
		}
		seconds, err := asl.WholeSeconds(*s.TimeoutPath, v, 1)
		if err != nil {
			return nil, err
		}
		timeout = time.Duration(seconds) * time.Second
	}
	result, err := r.call(ctx, s.Function, effective, timeout)
	if err != nil {
		return nil, err
	}
	output, err := s.Output(input, result, r.contextObject)
	return r.checkSize(name, output, err)
}

// call calls a function, records the events of the call and returns the result of the function.
func (r *run) call(ctx context.Context, arn string, input any, timeout time.Duration) (any, error) {
	text := r.text.write(input)
	if err := r.recordAll(Event{Type: "LambdaFunctionScheduled", LambdaScheduled: &lambdaScheduled{
		Resource: arn, Input: &text, InputDetails: &truncated{}, TimeoutInSeconds: int64(timeout / time.Second),
	}}, Event{Type: "LambdaFunctionStarted"}); err != nil {
		return nil, err
	}
	result, err := r.invoke(ctx, arn, text, timeout)
	if err == nil {
		err = asl.CheckSize(arn, r.text.write(result))
	}
	var failed *asl.Error
	switch {
	case errors.As(err, &failed) && failed.Name == asl.ErrTimeout:
		return nil, r.recordThen(err, Event{Type: "LambdaFunctionTimedOut", LambdaTimedOut: failureOf(failed)})
	case errors.As(err, &failed):
		return nil, r.recordThen(err, Event{Type: "LambdaFunctionFailed", LambdaFailed: failureOf(failed)})
	case err != nil:
		return nil, err
	}
	output := r.text.write(result)
	return result, r.recordThen(nil, Event{Type: "LambdaFunctionSucceeded", LambdaSucceeded: &outputDetails{
		Output: &output, OutputDetails: &truncated{},
	}})
}

func failureOf(err *asl.Error) *failure { return &failure{Error: err.Name, Cause: err.Cause} }

func (r *run) recordAll(events ...Event) error {
	for _, event := range events {
		if _, err := r.record(event); err != nil {
			return err
		}
	}
	return nil
}

// recordThen records an event and returns err. It returns errEnded when the execution has ended.
func (r *run) recordThen(err error, event Event) error {
	if _, ended := r.record(event); ended != nil {
		return ended
	}
	return err
}
