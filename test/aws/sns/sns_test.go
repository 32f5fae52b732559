package sns_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/sns"
)

var acct = account.Account{ID: "123456789012", Region: "eu-central-1"}

const topicARN = "arn:aws:sns:eu-central-1:123456789012:alerts"

// host is an account with the topic "alerts" and a real SDK client.
type host struct {
	t       *testing.T
	service *sns.Service
	sns     *awssns.Client
}

func newHost(t *testing.T) *host {
	t.Helper()
	g := gateway.New(iam.New(acct))
	h := &host{t: t, service: sns.New(acct), sns: awssns.NewFromConfig(g.Config(acct.Region, iam.AdminCredentials()))}
	g.Handle("sns", h.service.Handler())
	h.create(h.service.Resources()["AWS::SNS::Topic"], `{"TopicName": "alerts",
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

func (h *host) subscribe(address string) string {
	h.t.Helper()
	return h.create(h.service.Resources()["AWS::SNS::Subscription"],
		`{"TopicArn": "`+topicARN+`", "Protocol": "email", "Endpoint": "`+address+`"}`).PhysicalID
}

func (h *host) publish(text, subject string) (id string) {
	h.t.Helper()
	in := &awssns.PublishInput{TopicArn: aws.String(topicARN), Message: &text}
	if subject != "" {
		in.Subject = &subject
	}
	out, err := h.sns.Publish(h.t.Context(), in)
	if err != nil {
		h.t.Fatal(err)
	}
	return *out.MessageId
}

func TestAMessageIsKeptWithItsRecipients(t *testing.T) {
	h := newHost(t)
	h.subscribe("night@example.com")
	h.subscribe("day@example.com")
	id := h.publish("The run failed:\nno lease", "oralake sales: Übergabe FAILED")
	want := []sns.Message{{
		ID: id, TopicARN: topicARN, Subject: "oralake sales: Übergabe FAILED", Text: "The run failed:\nno lease",
		Mailed: []string{"night@example.com", "day@example.com"},
	}}
	got := h.service.Messages(topicARN)
	if diff := cmp.Diff(got, want, cmpopts.IgnoreFields(sns.Message{}, "Time")); diff != "" {
		t.Errorf("messages (-got +want):\n%s", diff)
	}
	if age := time.Since(got[0].Time); age < 0 || age > time.Minute {
		t.Errorf("time: got %s", got[0].Time)
	}
	if none := h.service.Messages(topicARN + "-other"); none != nil {
		t.Errorf("messages of no topic: got %v", none)
	}
}

func TestOldMessagesAreDropped(t *testing.T) {
	h := newHost(t)
	for i := range 1001 {
		h.publish(fmt.Sprint(i), "")
	}
	kept := h.service.Messages(topicARN)
	if len(kept) != 1000 || kept[0].Text != "1" || kept[999].Text != "1000" {
		t.Errorf("got %d messages, %q to %q, want 1000, 1 to 1000", len(kept), kept[0].Text, kept[len(kept)-1].Text)
	}
}
