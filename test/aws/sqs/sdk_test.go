package sqs

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/iam"
)

func TestTheSDKSendsAndReceives(t *testing.T) {
	_, c, q := start(t, `{"QueueName": "dead"}`)
	sdk := awssqs.NewFromConfig(c.gateway.Config(acct.Region, iam.AdminCredentials()))
	// The host of the URL does not matter: programs build queue URLs themselves.
	theirs := aws.String("https://sqs.eu-central-1.amazonaws.com/123456789012/dead")
	value := types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String("Throttled")}
	if _, err := sdk.SendMessage(t.Context(), &awssqs.SendMessageInput{
		QueueUrl: theirs, MessageBody: aws.String("hello"),
		MessageAttributes: map[string]types.MessageAttributeValue{"ERROR_CODE": value, "RULE": value},
	}); err != nil {
		t.Fatal(err)
	}
	out, err := sdk.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{
		QueueUrl: &q.PhysicalID, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"ERROR_.*"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range out.Messages {
		for name, value := range m.MessageAttributes {
			got[*m.Body+" "+name] = *value.StringValue
		}
	}
	if diff := cmp.Diff(got, map[string]string{"hello ERROR_CODE": "Throttled"}); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
}

func TestQueueAttributes(t *testing.T) {
	_, c, q := start(t, `{"QueueName": "dead"}`)
	sdk := awssqs.NewFromConfig(c.gateway.Config(acct.Region, iam.AdminCredentials()))
	for range 3 {
		if _, err := sdk.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &q.PhysicalID, MessageBody: aws.String("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sdk.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &q.PhysicalID}); err != nil {
		t.Fatal(err)
	}
	out, err := sdk.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: &q.PhysicalID, AttributeNames: []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"ApproximateNumberOfMessages": "2", "ApproximateNumberOfMessagesNotVisible": "1"}
	if diff := cmp.Diff(want, out.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	_, err = sdk.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: &q.PhysicalID, AttributeNames: []types.QueueAttributeName{"Policy"}})
	if err == nil || !strings.Contains(err.Error(), "Policy") {
		t.Errorf("got %v, want a refusal by name", err)
	}
}

func TestRefusedMessages(t *testing.T) {
	_, c, q := start(t, `{}`)
	for in, says := range map[string]string{
		`"MessageBody": "x", "MessageGroupId": "g"`:                                                "MessageGroupId",
		`"MessageBody": "x", "DelaySeconds": 1`:                                                    "DelaySeconds",
		`"MessageBody": ""`:                                                                        "MessageBody",
		`"MessageBody": "` + strings.Repeat("x", maxMessage+1) + `"`:                               "shorter than",
		`"MessageBody": "x", "MessageAttributes": {"A": {"DataType": "String"}}`:                   "non-empty",
		`"MessageBody": "x", "MessageAttributes": {"A": {"DataType": "Date", "StringValue": "x"}}`: "String, Number or Binary",
	} {
		_, err := call[sendMessageOutput](t, c, q, "SendMessage", `{"QueueUrl": "{url}", `+in+`}`)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.100s: got %v, want an error that contains %s", in, err, says)
		}
	}
}
