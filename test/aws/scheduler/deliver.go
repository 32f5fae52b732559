package scheduler

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/uuid"
)

// Pauses between retries: they double from the first to the longest. AWS says only that they grow exponentially.
const (
	firstPause = time.Second
	longPause  = 10 * time.Minute
)

// occurrence is one firing of a schedule.
type occurrence struct {
	*definition
	group, name, arn string
	anchor           time.Time
	at               time.Time // the scheduled time
}

// Fire fires a schedule now, on the path that its own times take: role, input, retries and dead-letter queue. A disabled
// schedule fires, too. It returns the ARN of the execution that a state machine target started, when the target has
// taken the event or the event was given up.
func (s *Service) Fire(ctx context.Context, groupName, name string) (executionARN string, err error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return "", errClosing
	}
	sched, err := s.find(groupName, name)
	if err != nil {
		s.mu.Unlock()
		return "", err
	}
	o := occurrence{definition: sched.now, group: sched.group, name: sched.name, arn: sched.arn, at: time.Now()}
	s.work.Add(1)
	s.mu.Unlock()
	defer s.work.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.live, cancel)()
	return s.deliver(ctx, o)
}

// deliver calls the target until it takes the event, refuses it for good, or the retry policy is exhausted. What was not
// delivered goes to the dead-letter queue, if there is one. The event's age is counted in the pauses, on the service's
// clock.
func (s *Service) deliver(ctx context.Context, o occurrence) (executionARN string, err error) {
	id := uuid.NewString()
	var age time.Duration
	pause := firstPause
	exhausted := ""
	retries := 0
	for ; ; retries++ {
		executionARN, err = s.attempt(ctx, o, id, retries+1)
		if err == nil || !retryable(err) {
			break
		}
		if retries == o.target.retries() {
			exhausted = "MaximumRetryAttempts"
			break
		}
		if age += pause; age > o.target.maxAge() {
			exhausted = "MaximumEventAgeInSeconds"
			break
		}
		if s.clock.Sleep(ctx, pause) != nil {
			break // whoever waits has gone, or the service closes
		}
		pause = min(2*pause, longPause)
	}
	d := Delivery{
		Group: o.group, Schedule: o.name, ScheduledTime: o.at, ExecutionARN: executionARN, Retries: retries, Err: err,
	}
	if err != nil && ctx.Err() == nil && o.target.DeadLetterConfig != nil {
		d.DeadLetterErr = s.bury(ctx, o, deadLetter{id: id, err: err, retries: retries, exhausted: exhausted})
	}
	s.report(d)
	return executionARN, err
}

func (s *Service) attempt(ctx context.Context, o occurrence, id string, number int) (string, error) {
	config, err := s.actAs(o.target.RoleArn, o.name)
	if err != nil {
		return "", err
	}
	return call(ctx, config, o.target, id, s.input(o, id, number))
}

// actAs is an SDK configuration with the credentials of an execution role. The Scheduler's own retries replace the SDK's.
func (s *Service) actAs(roleARN, schedule string) (aws.Config, error) {
	credentials, err := s.roles.Credentials(roleARN, session(schedule))
	if err != nil {
		return aws.Config{}, &smithy.GenericAPIError{
			Code: "AccessDeniedException", Message: "the execution role cannot be assumed: " + err.Error(),
		}
	}
	config := s.gateway.Config(s.account.Region, aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) { return credentials, nil }))
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return config, nil
}

// session names a schedule's sessions of its execution role. A schedule's name may have one letter, and a session's has
// two at least; both have 64 at most.
func session(schedule string) string {
	name := "scheduler-" + schedule
	return name[:min(len(name), 64)]
}

// retryable says that the same call may succeed later: the target was throttled, or broken, or not reached. A missing
// permission or target is not tried again.
func retryable(err error) bool {
	var api smithy.APIError
	if errors.As(err, &api) {
		code := api.ErrorCode()
		for _, transient := range []string{"Throttl", "TooManyRequests", "LimitExceeded", "ServiceUnavailable"} {
			if strings.Contains(code, transient) {
				return true
			}
		}
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode() >= http.StatusInternalServerError ||
			response.HTTPStatusCode() == http.StatusTooManyRequests
	}
	return api == nil && !errors.Is(err, context.Canceled)
}
