package sns_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/sns"
	"github.com/oralake/oralake/test/aws/sqs"
)

var acct = account.Account{ID: "123456789012", Region: "eu-central-1"}

const (
	topicARN = "arn:aws:sns:eu-central-1:123456789012:alerts"
	queueARN = "arn:aws:sqs:eu-central-1:123456789012:orders"
	ownKey   = "key-of-sns"
)

type principals struct{ *iam.Service }

func (p principals) Principal(key string) (gateway.Principal, error) {
	if key == ownKey {
		return gateway.Principal{ARN: "sns.amazonaws.com"}, nil
	}
	return p.Service.Principal(key)
}

// host is an account with a topic "alerts" and a queue "orders", behind real clients.
type host struct {
	t       *testing.T
	service *sns.Service
	sns     *awssns.Client
	sqs     *awssqs.Client
	senders []string // who sent messages to queues
}

func newHost(t *testing.T) *host {
	t.Helper()
	g := gateway.New(principals{iam.New(acct)})
	config := func(p aws.CredentialsProvider) aws.Config { return g.Config(acct.Region, p) }
	own := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: ownKey, SecretAccessKey: "secret"}, nil
	})
	h := &host{
		t: t, service: sns.New(acct, own, config),
		sns: awssns.NewFromConfig(config(iam.AdminCredentials())), sqs: awssqs.NewFromConfig(config(iam.AdminCredentials())),
	}
	queues := sqs.New(acct)
	g.Handle("sns", h.service.Handler())
	g.Handle("sqs", queues.Handler())
	g.Observe(func(c gateway.Call) {
		if c.Operation == "SendMessage" {
			h.senders = append(h.senders, c.Principal.ARN)
		}
	})
	h.create(queues.Resources()["AWS::SQS::Queue"], `{"QueueName": "orders"}`)
	h.create(h.service.Resources()["AWS::SNS::Topic"], `{"TopicName": "alerts", "DisplayName": "Alerts",
		"KmsMasterKeyId": "alias/lake", "Tags": [{"Key": "team", "Value": "lake"}]}`)
	return h
}

func (h *host) create(kind resource.Type, properties string) resource.Resource {
	h.t.Helper()
	made, err := kind.Create(h.t.Context(), request(properties))
	if err != nil {
		h.t.Fatalf("%s: %v", properties, err)
	}
	return made
}

func request(properties string) resource.Request {
	return resource.Request{
		StackName: "oralake-sales", LogicalID: "Alerts", Tags: map[string]string{"stack": "oralake-sales"},
		Properties: json.RawMessage(properties),
	}
}

func (h *host) subscribe(protocol, endpoint string, attributes map[string]string) string {
	h.t.Helper()
	out, err := h.sns.Subscribe(h.t.Context(), &awssns.SubscribeInput{
		TopicArn: aws.String(topicARN), Protocol: &protocol, Endpoint: &endpoint, Attributes: attributes,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return *out.SubscriptionArn
}

func (h *host) publish(text string, change func(*awssns.PublishInput)) (id string) {
	h.t.Helper()
	in := &awssns.PublishInput{TopicArn: aws.String(topicARN), Message: &text}
	if change != nil {
		change(in)
	}
	out, err := h.sns.Publish(h.t.Context(), in)
	if err != nil {
		h.t.Fatal(err)
	}
	return *out.MessageId
}

func TestAMessageIsKeptAndSaysWhomItWouldBeMailedTo(t *testing.T) {
	h := newHost(t)
	mail := h.subscribe("email", "night@example.com", nil)
	gone := h.subscribe("sqs", queueARN+"-gone", nil)
	id := h.publish("The run failed:\nno lease", func(in *awssns.PublishInput) {
		in.Subject = aws.String("oralake sales: Übergabe FAILED")
		in.MessageAttributes = map[string]types.MessageAttributeValue{
			"job": {DataType: aws.String("String"), StringValue: aws.String("daily-orders")},
			"raw": {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1}},
		}
	})
	want := []sns.Message{{
		ID: id, TopicARN: topicARN, Subject: "oralake sales: Übergabe FAILED", Text: "The run failed:\nno lease",
		Attributes: map[string]sns.Attribute{
			"job": {DataType: "String", StringValue: "daily-orders"}, "raw": {DataType: "Binary", BinaryValue: []byte{0, 1}},
		},
		Deliveries: []sns.Delivery{
			{SubscriptionARN: mail, Protocol: "email", Endpoint: "night@example.com"},
			{SubscriptionARN: gone, Protocol: "sqs", Endpoint: queueARN + "-gone", Err: cmpopts.AnyError},
		},
	}}
	got := h.service.Messages(topicARN)
	if diff := cmp.Diff(got, want, cmpopts.IgnoreFields(sns.Message{}, "Time"), cmpopts.EquateErrors(),
		cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
	if age := time.Since(got[0].Time); age < 0 || age > time.Minute {
		t.Errorf("time: got %s", got[0].Time)
	}
	if none := h.service.Messages(topicARN + "-other"); none != nil {
		t.Errorf("messages of no topic: got %v", none)
	}
}

func TestOldMessagesAreForgotten(t *testing.T) {
	h := newHost(t)
	for i := range 1001 {
		h.publish(fmt.Sprint(i), nil)
	}
	kept := h.service.Messages(topicARN)
	if len(kept) != 1000 || kept[0].Text != "1" || kept[999].Text != "1000" {
		t.Errorf("got %d messages, %q to %q, want 1000, 1 to 1000", len(kept), kept[0].Text, kept[len(kept)-1].Text)
	}
}

func TestQueuesReceive(t *testing.T) {
	attributes := func(in *awssns.PublishInput) {
		in.Subject = aws.String("s")
		in.MessageAttributes = map[string]types.MessageAttributeValue{
			"n": {DataType: aws.String("Number"), StringValue: aws.String("7")},
		}
	}
	receive := func(h *host) (body string, attributes map[string]string) {
		h.t.Helper()
		out, err := h.sqs.ReceiveMessage(h.t.Context(), &awssqs.ReceiveMessageInput{
			QueueUrl: aws.String("http://127.0.0.1/123456789012/orders"), MessageAttributeNames: []string{"All"},
		})
		if err != nil || len(out.Messages) != 1 {
			h.t.Fatalf("got %+v, %v, want one message", out, err)
		}
		attributes = map[string]string{}
		for name, a := range out.Messages[0].MessageAttributes {
			attributes[name] = *a.DataType + " " + *a.StringValue
		}
		return *out.Messages[0].Body, attributes
	}
	t.Run("in an envelope", func(t *testing.T) {
		h := newHost(t)
		h.subscribe("sqs", queueARN, nil)
		id := h.publish("hello", attributes)
		body, _ := receive(h)
		var got map[string]any
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if _, err := time.Parse("2006-01-02T15:04:05.000Z", fmt.Sprint(got["Timestamp"])); err != nil {
			t.Error(err)
		}
		delete(got, "Timestamp")
		want := map[string]any{
			"Type": "Notification", "MessageId": id, "TopicArn": topicARN, "Subject": "s", "Message": "hello",
			"MessageAttributes": map[string]any{"n": map[string]any{"Type": "Number", "Value": "7"}},
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("body (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(h.senders, []string{"sns.amazonaws.com"}); diff != "" {
			t.Errorf("senders (-got +want):\n%s", diff)
		}
	})
	t.Run("raw", func(t *testing.T) {
		h := newHost(t)
		h.subscribe("sqs", queueARN, map[string]string{"RawMessageDelivery": "true"})
		h.publish("hello", attributes)
		body, got := receive(h)
		if diff := cmp.Diff(got, map[string]string{"n": "Number 7"}); body != "hello" || diff != "" {
			t.Errorf("body %q, attributes (-got +want):\n%s", body, diff)
		}
	})
}
