package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// call hands an event to its target. The id names a state machine's execution, so that a retry cannot start a second one.
func call(ctx context.Context, config aws.Config, t target, id, input string) (executionARN string, err error) {
	kind, err := kindOf(t.Arn)
	if err != nil {
		return "", err
	}
	switch kind {
	case stateMachineTarget:
		out, err := sfn.NewFromConfig(config).StartExecution(ctx, &sfn.StartExecutionInput{
			StateMachineArn: &t.Arn, Input: &input, Name: &id,
		})
		var exists *sfntypes.ExecutionAlreadyExists
		if errors.As(err, &exists) {
			// The name is this firing's alone: an attempt whose answer was lost has started the execution.
			return strings.Replace(t.Arn, ":stateMachine:", ":execution:", 1) + ":" + id, nil
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
	return "", fmt.Errorf("schedule target %s: no call for a %s target", t.Arn, kind)
}

// request is what call sends, as a dead-letter event shows it.
func request(t target, id, input string) map[string]string {
	kind, _ := kindOf(t.Arn) // checked when the schedule was defined
	switch kind {
	case stateMachineTarget:
		return map[string]string{"StateMachineArn": t.Arn, "Input": input, "Name": id}
	case functionTarget:
		return map[string]string{"FunctionName": t.Arn, "InvocationType": "Event", "Payload": input}
	default:
		return map[string]string{"QueueUrl": queueURL(t.Arn), "MessageBody": input}
	}
}

// queueURL is the URL of a queue as AWS forms it.
func queueURL(arn string) string {
	p := strings.Split(arn, ":")
	return fmt.Sprintf("https://sqs.%s.amazonaws.com/%s/%s", p[3], p[4], p[5])
}

// input is the text that the target gets: the schedule's own with its context attributes filled in, or the default
// notification. Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
func (s *Service) input(o occurrence, id string, attempt int) string {
	at := o.at.UTC().Format(time.RFC3339)
	if o.target.Input == nil {
		b, err := json.Marshal(map[string]any{
			"version": "0", "id": id, "detail-type": "Scheduled Event", "source": "aws.scheduler",
			"account": s.account.ID, "time": at, "region": s.account.Region, "resources": []string{o.arn}, "detail": "{}",
		})
		if err != nil {
			panic(err) // strings always marshal
		}
		return string(b)
	}
	return strings.NewReplacer(
		"<aws.scheduler.schedule-arn>", o.arn, "<aws.scheduler.scheduled-time>", at,
		"<aws.scheduler.execution-id>", id, "<aws.scheduler.attempt-number>", strconv.Itoa(attempt),
	).Replace(*o.target.Input)
}

// deadLetter is an event that was given up.
type deadLetter struct {
	id        string
	err       error
	retries   int
	exhausted string // the limit of the retry policy that ended it; empty for an error that is not retried
}

// bury sends an event to the schedule's dead-letter queue, as the execution role. Source:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
func (s *Service) bury(ctx context.Context, o occurrence, dead deadLetter) error {
	config, err := s.actAs(o.target.RoleArn, o.name)
	if err != nil {
		return err
	}
	code, message := "InternalFailure", dead.err.Error()
	var api smithy.APIError
	if errors.As(dead.err, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	attributes := map[string]string{
		"ERROR_CODE": code, "ERROR_MESSAGE": message, "EXECUTION_ID": dead.id, "IS_PAYLOAD_TRUNCATED": "false",
		"RETRY_ATTEMPTS": strconv.Itoa(dead.retries), "SCHEDULED_TIME": o.at.UTC().Format(time.RFC3339),
		"SCHEDULE_ARN": o.arn, "TARGET_ARN": o.target.Arn,
	}
	if dead.exhausted != "" {
		attributes["EXHAUSTED_RETRY_CONDITION"] = dead.exhausted
	}
	body, err := json.Marshal(request(o.target, dead.id, s.input(o, dead.id, dead.retries+1)))
	if err != nil {
		return fmt.Errorf("dead-letter event of schedule %s: %w", o.name, err)
	}
	in := &sqs.SendMessageInput{
		QueueUrl: aws.String(queueURL(o.target.DeadLetterConfig.Arn)), MessageBody: aws.String(string(body)),
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{},
	}
	for name, value := range attributes {
		if value != "" { // SQS refuses an empty attribute
			in.MessageAttributes[name] = sqstypes.MessageAttributeValue{
				DataType: aws.String("String"), StringValue: aws.String(value),
			}
		}
	}
	if _, err := sqs.NewFromConfig(config).SendMessage(ctx, in); err != nil {
		return fmt.Errorf("dead-letter queue of schedule %s: %w", o.name, err)
	}
	return nil
}
