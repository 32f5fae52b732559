package eventbridge

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

// Codes of errors that are not a target's.
const (
	invalidJSON   = "INVALID_JSON"
	noPermissions = "NO_PERMISSIONS"
)

// delivery is one event on its way to one target.
type delivery struct {
	event         *arrived
	rule, ruleARN string
	target        *target
}

// deliver calls the target until it takes the event, refuses it for good, or the retry policy is exhausted. What was
// not delivered goes to the dead-letter queue, if there is one. The event's age is counted in the pauses, on the
// service's clock.
func (s *Service) deliver(ctx context.Context, d delivery) {
	outcome := Delivery{Rule: d.rule, Target: d.target.ID, EventID: d.event.ID}
	input, err := d.target.input(&d)
	exhausted := ""
	if err != nil {
		err = &smithy.GenericAPIError{Code: invalidJSON, Message: err.Error()}
	} else {
		exhausted, err = s.persist(ctx, d, input, &outcome)
	}
	outcome.Err = err
	if err != nil && ctx.Err() == nil && d.target.DeadLetterConfig != nil {
		outcome.DeadLetterErr = s.bury(ctx, d, deadLetter{err: err, retries: outcome.Retries, exhausted: exhausted})
	}
	s.report(outcome)
}

// persist calls the target again and again; exhausted is the limit of the retry policy that made it give up.
func (s *Service) persist(ctx context.Context, d delivery, input string, o *Delivery) (exhausted string, err error) {
	// The same for all attempts, so that a retry cannot start a second execution.
	name := d.event.ID + "_" + uuid.NewString()
	var age time.Duration
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		o.ExecutionARN, err = s.attempt(ctx, d, name, input)
		if err == nil || !retryable(err) {
			return "", err
		}
		if o.Retries == d.target.retries() {
			return "MaximumRetryAttempts", err
		}
		if age += pause; age > d.target.maxAge() {
			return "MaximumEventAgeInSeconds", err
		}
		if s.clock.Sleep(ctx, pause) != nil {
			return "", err // the service closes
		}
		o.Retries++
	}
}

func (s *Service) attempt(ctx context.Context, d delivery, name, input string) (executionARN string, err error) {
	provider := s.own
	if role := d.target.RoleArn; role != "" {
		credentials, err := s.roles.Credentials(role, session(d.rule))
		if err != nil {
			return "", &smithy.GenericAPIError{
				Code: noPermissions, Message: "the role of the target cannot be assumed: " + err.Error(),
			}
		}
		provider = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil })
	}
	return call(ctx, s.calling(provider), d.target, name, input)
}

// session names the sessions of the roles that a rule's targets act as, in the 64 characters that there are.
func session(rule string) string {
	name := "events-" + rule
	return name[:min(len(name), 64)]
}

// calling is an SDK configuration; EventBridge's own retries replace the SDK's.
func (s *Service) calling(provider aws.CredentialsProvider) aws.Config {
	config := s.config(provider)
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return config
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
