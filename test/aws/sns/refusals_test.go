package sns_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
)

func TestRefusals(t *testing.T) {
	h := newHost(t)
	publish := func(change func(*awssns.PublishInput)) func(context.Context) error {
		in := &awssns.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String("m")}
		change(in)
		return func(ctx context.Context) error {
			_, err := h.sns.Publish(ctx, in)
			return err
		}
	}
	for name, c := range map[string]struct {
		call       func(context.Context) error
		code, says string
	}{
		"no such topic": {publish(func(in *awssns.PublishInput) { in.TopicArn = aws.String(topicARN + "x") }), "NotFound", "Topic"},
		"empty":         {publish(func(in *awssns.PublishInput) { in.Message = aws.String("") }), "InvalidParameter", "Empty message"},
		"too long": {
			publish(func(in *awssns.PublishInput) { in.Message = aws.String(strings.Repeat("x", 256<<10+1)) }),
			"InvalidParameter", "Message too long",
		},
		"line break in subject": {publish(func(in *awssns.PublishInput) { in.Subject = aws.String("a\nb") }), "InvalidParameter", "Subject"},
		"long subject": {
			publish(func(in *awssns.PublishInput) { in.Subject = aws.String(strings.Repeat("s", 100)) }), "InvalidParameter", "Subject",
		},
		"phone": {
			publish(func(in *awssns.PublishInput) { in.TopicArn, in.PhoneNumber = nil, aws.String("+49") }),
			"UnknownOperationException", "PhoneNumber of sns:Publish",
		},
		"structure": {
			publish(func(in *awssns.PublishInput) { in.MessageStructure = aws.String("json") }),
			"UnknownOperationException", "MessageStructure of sns:Publish",
		},
		"attribute": {
			publish(func(in *awssns.PublishInput) {
				value := types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String("x")}
				in.MessageAttributes = map[string]types.MessageAttributeValue{"a": value}
			}), "UnknownOperationException", "the parameter MessageAttributes.entry.1.",
		},
		"topic": {func(ctx context.Context) error {
			_, err := h.sns.CreateTopic(ctx, &awssns.CreateTopicInput{Name: aws.String("a")})
			return err
		}, "UnknownOperationException", "sns:CreateTopic"},
		"batch": {func(ctx context.Context) error {
			_, err := h.sns.PublishBatch(ctx, &awssns.PublishBatchInput{
				TopicArn: aws.String(topicARN), PublishBatchRequestEntries: []types.PublishBatchRequestEntry{},
			})
			return err
		}, "UnknownOperationException", "sns:PublishBatch"},
	} {
		t.Run(name, func(t *testing.T) {
			var e smithy.APIError
			err := c.call(t.Context())
			if !errors.As(err, &e) || e.ErrorCode() != c.code || !strings.Contains(e.ErrorMessage(), c.says) {
				t.Errorf("got %v, want %s that contains %s", err, c.code, c.says)
			}
		})
	}
	if left := h.service.Messages(topicARN); len(left) != 0 {
		t.Errorf("the topic keeps refused messages: %+v", left)
	}
}
