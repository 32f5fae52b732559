package sns_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/resource"
)

func TestResources(t *testing.T) {
	h := newHost(t)
	kinds := h.service.Resources()
	made := h.create(kinds["AWS::SNS::Topic"], `{}`)
	if name := fmt.Sprint(made.Attributes["TopicName"]); !strings.HasPrefix(name, "oralake-sales-Alerts-") ||
		made.PhysicalID != "arn:aws:sns:eu-central-1:123456789012:"+name || made.Attributes["TopicArn"] != made.PhysicalID {
		t.Errorf("topic: got %+v", made)
	}
	removed, stays := h.subscribe("a@example.com"), h.subscribe("b@example.com")
	if same := h.subscribe("a@example.com"); same != removed || same == stays {
		t.Errorf("the same subscription again: got %s, want %s", same, removed)
	}
	for range 2 {
		if err := kinds["AWS::SNS::Subscription"].Delete(t.Context(), resource.Request{PhysicalID: removed}); err != nil {
			t.Fatal(err)
		}
	}
	h.publish("m", "")
	if diff := cmp.Diff(h.service.Messages(topicARN)[0].Mailed, []string{"b@example.com"}); diff != "" {
		t.Errorf("mailed to (-got +want):\n%s", diff)
	}
	policy := request(`{"Topics": ["` + topicARN + `"], "PolicyDocument": {"Statement": []}}`)
	h.create(kinds["AWS::SNS::TopicPolicy"], string(policy.Properties))
	if got, want := h.service.Policy(topicARN), `{"Statement": []}`; got != want {
		t.Errorf("policy: got %s, want %s", got, want)
	}
	if err := kinds["AWS::SNS::TopicPolicy"].Delete(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
	if got := h.service.Policy(topicARN); got != "" {
		t.Errorf("policy after its deletion: got %s", got)
	}
	for range 2 {
		if err := kinds["AWS::SNS::Topic"].Delete(t.Context(), resource.Request{PhysicalID: topicARN}); err != nil {
			t.Fatal(err)
		}
	}
	if left := h.service.Messages(topicARN); left != nil {
		t.Errorf("messages of a deleted topic: got %v", left)
	}
	h = newHost(t)
	kinds = h.service.Resources()
	for properties, says := range map[string]string{
		`AWS::SNS::Topic {"TopicName": "alerts"}`:                                                            "already exists",
		`AWS::SNS::Topic {"FifoTopic": true}`:                                                                "FifoTopic",
		`AWS::SNS::Topic {"TopicName": "x.y"}`:                                                               "first-in-first-out",
		`AWS::SNS::Topic {"TopicName": "x", "Subscription": []}`:                                             "Subscription",
		`AWS::SNS::Subscription {"TopicArn": "` + topicARN + `", "Protocol": "sqs", "Endpoint": "a"}`:        "the protocol sqs",
		`AWS::SNS::Subscription {"TopicArn": "` + topicARN + `", "Protocol": "email", "Endpoint": "nobody"}`: "nobody",
		`AWS::SNS::Subscription {"TopicArn": "` + topicARN + `", "FilterPolicy": {}}`:                        "FilterPolicy",
		`AWS::SNS::Subscription {"TopicArn": "` + topicARN + `x", "Protocol": "email", "Endpoint": "a@b"}`:   "Topic does not exist",
		`AWS::SNS::TopicPolicy {"Topics": ["` + topicARN + `"], "PolicyDocument": {}}`:                       "has no Statement",
		`AWS::SNS::TopicPolicy {"Topics": ["` + topicARN + `x"], "PolicyDocument": {"Statement": []}}`:       "Topic does not exist",
	} {
		kind, properties, _ := strings.Cut(properties, " ")
		if _, err := kinds[kind].Create(t.Context(), request(properties)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that contains %s", properties, err, says)
		}
	}
}
