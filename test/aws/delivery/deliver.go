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

// Pauses between retries. A pause is twice the one before, up to longPause. AWS documents only that they grow
// exponentially.
const (
	firstPause = time.Second
	longPause  = 10 * time.Minute
)

// Caller delivers the events of one service.
type Caller struct {
	// Clock measures the pauses between retries.
	Clock clock.Clock
	Roles Roles
	// Config returns an SDK configuration that reaches the account with the given credentials.
	Config func(aws.CredentialsProvider) aws.Config
}

// Event is one event for one target.
type Event struct {
	Target
	// Session is the name of the role session. Deliver uses its first 64 characters.
	Session string
	// Name is the name of the execution. Each event has its own name. All attempts use the same name, so that a retry
	// cannot start a second execution.
	Name  string
	Input string
}

// Outcome is how a delivery ended.
type Outcome struct {
	// ExecutionARN is the ARN of the started execution; empty when none was started.
	ExecutionARN string
	Retries      int
	// Err says why the event was not delivered; nil when it was.
	Err error
	// Exhausted is the limit of the retry policy that ended the delivery, such as MaximumRetryAttempts. It is empty
	// when no limit did.
	Exhausted string
}

// Deliver calls the target until it accepts the event, it returns an error that is not retryable, the retry policy is
// exhausted, or ctx ends. The age of an event is the sum of the pauses.
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
	out, err := sfn.NewFromConfig(c.noRetryConfig(role)).StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &e.Arn, Input: &e.Input, Name: &e.Name,
	})
	var exists *sfntypes.ExecutionAlreadyExists
	if errors.As(err, &exists) { // an earlier attempt started the execution, and its response was lost
		return strings.Replace(e.Arn, ":stateMachine:", ":execution:", 1) + ":" + e.Name, nil
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.ExecutionArn), nil
}

// Role returns the credentials of the target's role, or an AccessDeniedException when the role cannot be assumed.
func (c Caller) Role(e Event) (aws.CredentialsProvider, error) {
	credentials, err := c.Roles.Credentials(e.RoleArn, e.Session[:min(len(e.Session), 64)])
	if err != nil {
		return nil, &smithy.GenericAPIError{
			Code: "AccessDeniedException", Message: "the role of the target cannot be assumed: " + err.Error(),
		}
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil }), nil
}

// noRetryConfig returns an SDK configuration without the SDK's retries: Deliver does them.
func (c Caller) noRetryConfig(provider aws.CredentialsProvider) aws.Config {
	config := c.Config(provider)
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return config
}

// SendDeadLetter sends an event that was not delivered to the target's dead-letter queue. It leaves out empty
// attributes.
func (c Caller) SendDeadLetter(
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
	if _, err := sqs.NewFromConfig(c.noRetryConfig(provider)).SendMessage(ctx, in); err != nil {
		return fmt.Errorf("dead-letter queue of target %s: %w", t.Arn, err)
	}
	return nil
}

// retryable reports whether the same call may succeed later: the target throttled it, failed with an internal error, or
// was not reached. A missing permission or a missing target is not retryable.
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
