package eventbridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// call hands an input to a target. The name is that of a state machine's execution.
func call(ctx context.Context, config aws.Config, t *target, name, input string) (executionARN string, err error) {
	switch t.kind {
	case stateMachineTarget:
		out, err := sfn.NewFromConfig(config).StartExecution(ctx, &sfn.StartExecutionInput{
			StateMachineArn: &t.Arn, Input: &input, Name: &name,
		})
		var exists *sfntypes.ExecutionAlreadyExists
		if errors.As(err, &exists) {
			// The name is this delivery's alone: an attempt whose answer was lost has started the execution.
			return strings.Replace(t.Arn, ":stateMachine:", ":execution:", 1) + ":" + name, nil
		}
		if err != nil {
			return "", err
		}
		return aws.ToString(out.ExecutionArn), nil
	case functionTarget:
		_, err := lambda.NewFromConfig(config).Invoke(ctx, &lambda.InvokeInput{
			FunctionName: &t.Arn, InvocationType: lambdatypes.InvocationTypeEvent, Payload: []byte(input),
		})
		return "", err
	case queueTarget:
		_, err := sqs.NewFromConfig(config).SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl: aws.String(queueURL(t.Arn)), MessageBody: &input,
		})
		return "", err
	}
	return "", fmt.Errorf("rule target %s: no call for a %s target", t.Arn, t.kind)
}

// queueURL is the URL of a queue as AWS forms it.
func queueURL(arn string) string {
	p := strings.Split(arn, ":")
	return fmt.Sprintf("https://sqs.%s.amazonaws.com/%s/%s", p[3], p[4], p[5])
}

// reason is why a target did not take an event, in the codes of dead letters. Source:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
func reason(err error) (code, message string) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return "SDK_CLIENT_ERROR", err.Error()
	}
	code, message = api.ErrorCode(), api.ErrorMessage()
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(code, part) })
	}
	switch {
	case code == invalidJSON || code == noPermissions:
	case has("AccessDenied"):
		code = noPermissions
	case has("DoesNotExist", "NotFound", "NonExistent"):
		code = "NO_RESOURCE"
	case has("Throttl", "TooManyRequests", "LimitExceeded"):
		code = "THROTTLING"
	default:
		code = "ERROR_FROM_TARGET"
	}
	return code, message
}

// deadLetter is why an event was given up.
type deadLetter struct {
	err       error
	retries   int
	exhausted string // the limit of the retry policy that ended it; empty for an error that is not retried
}

// bury sends an event to the target's dead-letter queue, as EventBridge itself.
func (s *Service) bury(ctx context.Context, d delivery, dead deadLetter) error {
	code, message := reason(dead.err)
	in := &sqs.SendMessageInput{
		QueueUrl: aws.String(queueURL(d.target.DeadLetterConfig.Arn)), MessageBody: aws.String(string(d.event.text)),
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{},
	}
	for name, value := range map[string]string{
		"RULE_ARN": d.ruleARN, "TARGET_ARN": d.target.Arn, "ERROR_CODE": code, "ERROR_MESSAGE": message,
		"RETRY_ATTEMPTS": strconv.Itoa(dead.retries), "EXHAUSTED_RETRY_CONDITION": dead.exhausted,
	} {
		if value != "" { // SQS refuses an empty attribute
			in.MessageAttributes[name] = sqstypes.MessageAttributeValue{
				DataType: aws.String("String"), StringValue: aws.String(value),
			}
		}
	}
	if _, err := sqs.NewFromConfig(s.calling(s.own)).SendMessage(ctx, in); err != nil {
		return fmt.Errorf("dead-letter queue of target %s of rule %s: %w", d.target.ID, d.rule, err)
	}
	return nil
}
