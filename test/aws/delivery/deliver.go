package delivery

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/oralake/oralake/test/aws/clock"
)

// Pauses between retries: they double from the first to the longest. AWS says only that they grow exponentially.
const (
	firstPause = time.Second
	longPause  = 10 * time.Minute
)

// Caller calls the targets of one service.
type Caller struct {
	// Clock is what the pauses between retries pass on.
	Clock clock.Clock
	Roles Roles
	// Config yields an SDK configuration that reaches the account with the given credentials.
	Config func(aws.CredentialsProvider) aws.Config
}

// Event is one event on its way to one target.
type Event struct {
	Target
	// Session names the sessions of the target's role; what comes after 64 characters is cut off.
	Session string
	// Name names the execution. It is the event's alone and the same for all attempts, so that a retry cannot start a
	// second execution.
	Name  string
	Input string
}

// Outcome is how a delivery ended.
type Outcome struct {
	// ExecutionARN is the execution that was started.
	ExecutionARN string
	Retries      int
	// Err is why the target was not reached; nil when it was.
	Err error
	// Exhausted is the limit of the retry policy that ended it; empty for an error that is not retried.
	Exhausted string
}

// Deliver calls the target until it takes the event, refuses it for good, the retry policy is exhausted, or ctx ends. The
// event's age is counted in the pauses.
func (c Caller) Deliver(ctx context.Context, e Event) Outcome {
	var o Outcome
	var age time.Duration
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		o.ExecutionARN, o.Err = c.attempt(ctx, e)
		if o.Err == nil || !retryable(o.Err) {
			return o
		}
		if o.Retries == e.retries() {
			o.Exhausted = "MaximumRetryAttempts"
			return o
		}
		if age += pause; age > e.maxAge() {
			o.Exhausted = "MaximumEventAgeInSeconds"
			return o
		}
		if c.Clock.Sleep(ctx, pause) != nil {
			return o
		}
		o.Retries++
	}
}

func (c Caller) attempt(ctx context.Context, e Event) (executionARN string, err error) {
	role, err := c.Role(e)
	if err != nil {
		return "", err
	}
	out, err := sfn.NewFromConfig(c.calling(role)).StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &e.Arn, Input: &e.Input, Name: &e.Name,
	})
	var exists *sfntypes.ExecutionAlreadyExists
	if errors.As(err, &exists) { // an attempt whose answer was lost has started the execution
		return strings.Replace(e.Arn, ":stateMachine:", ":execution:", 1) + ":" + e.Name, nil
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.ExecutionArn), nil
}

// Role gives the credentials of a target's role.
func (c Caller) Role(e Event) (aws.CredentialsProvider, error) {
	credentials, err := c.Roles.Credentials(e.RoleArn, e.Session[:min(len(e.Session), 64)])
	if err != nil {
		return nil, &smithy.GenericAPIError{
			Code: "AccessDeniedException", Message: "the role of the target cannot be assumed: " + err.Error(),
		}
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }), nil
}

// calling is an SDK configuration; the caller's own retries replace the SDK's.
func (c Caller) calling(provider aws.CredentialsProvider) aws.Config {
	config := c.Config(provider)
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return config
}

// Bury sends an event that was given up to the target's dead-letter queue; attributes that are empty are left out.
func (c Caller) Bury(
	ctx context.Context, provider aws.CredentialsProvider, t Target, body string, attributes map[string]string,
) error {
	p := strings.Split(t.DeadLetterConfig.Arn, ":")
	in := &sqs.SendMessageInput{
		QueueUrl:    aws.String(fmt.Sprintf("https://sqs.%s.amazonaws.com/%s/%s", p[3], p[4], p[5])),
		MessageBody: &body, MessageAttributes: map[string]sqstypes.MessageAttributeValue{},
	}
	for name, value := range attributes {
		if value != "" { // SQS refuses an empty attribute
			in.MessageAttributes[name] = sqstypes.MessageAttributeValue{
				DataType: aws.String("String"), StringValue: aws.String(value),
			}
		}
	}
	if _, err := sqs.NewFromConfig(c.calling(provider)).SendMessage(ctx, in); err != nil {
		return fmt.Errorf("dead-letter queue of target %s: %w", t.Arn, err)
	}
	return nil
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
