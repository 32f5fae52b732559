package sns_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/resource"
)

func TestResources(t *testing.T) {
	h := newHost(t)
	kinds := h.service.Resources()
	endpoints := func() []string {
		out, err := h.sns.ListSubscriptions(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]bool{}
		for _, sub := range out.Subscriptions {
			all[*sub.Endpoint] = true
		}
		return slices.Sorted(maps.Keys(all))
	}
	made := h.create(kinds["AWS::SNS::Topic"],
		`{"Subscription": [{"Protocol": "email", "Endpoint": "a@b"}, {"Protocol": "email", "Endpoint": "c@d"}]}`)
	if name := fmt.Sprint(made.Attributes["TopicName"]); !strings.HasPrefix(name, "oralake-sales-Alerts-") ||
		made.PhysicalID != "arn:aws:sns:eu-central-1:123456789012:"+name || made.Attributes["TopicArn"] != made.PhysicalID {
		t.Errorf("topic: got %+v", made)
	}
	sub := h.create(kinds["AWS::SNS::Subscription"], `{"TopicArn": "`+made.PhysicalID+`", "Protocol": "sqs",
		"Endpoint": "`+queueARN+`", "RawMessageDelivery": true}`)
	if got, want := endpoints(), []string{"a@b", queueARN, "c@d"}; !cmp.Equal(got, want) {
		t.Errorf("endpoints: got %v, want %v", got, want)
	}

	change := request(
		`{"Subscription": [{"Protocol": "email", "Endpoint": "c@d"}, {"Protocol": "email", "Endpoint": "e@f"}]}`)
	change.PhysicalID, change.Previous = made.PhysicalID, json.RawMessage(
		`{"Subscription": [{"Protocol": "email", "Endpoint": "a@b"}, {"Protocol": "email", "Endpoint": "c@d"}]}`)
	if _, err := kinds["AWS::SNS::Topic"].Update(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if got, want := endpoints(), []string{queueARN, "c@d", "e@f"}; !cmp.Equal(got, want) {
		t.Errorf("endpoints after the update: got %v, want %v", got, want)
	}
	for range 2 {
		if err := kinds["AWS::SNS::Subscription"].Delete(t.Context(), resource.Request{PhysicalID: sub.PhysicalID}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := endpoints(), []string{"c@d", "e@f"}; !cmp.Equal(got, want) {
		t.Errorf("endpoints after the delete: got %v, want %v", got, want)
	}
	for properties, says := range map[string]string{
		`AWS::SNS::Topic {"TopicName": "alerts"}`: "already exists",
		`AWS::SNS::Topic {"FifoTopic": true}`:     "FifoTopic",
		`AWS::SNS::Topic {"TopicName": "x", "Subscription": [{"Protocol": "http", "Endpoint": "http://a"}]}`: "the protocol http",
		`AWS::SNS::Subscription {"TopicArn": "` + topicARN + `", "FilterPolicy": {}}`:                        "FilterPolicy",
		`AWS::SNS::Subscription {"TopicArn": "` + topicARN + `x", "Protocol": "email", "Endpoint": "a@b"}`:   "Topic does not exist",
		`AWS::SNS::TopicPolicy {"Topics": ["` + topicARN + `"], "PolicyDocument": {}}`:                       "has no Statement",
		`AWS::SNS::TopicPolicy {"Topics": ["` + topicARN + `x"], "PolicyDocument": {"Statement": []}}`:       "Topic does not exist",
	} {
		kind, properties, _ := strings.Cut(properties, " ")
		if _, err := kinds[kind].Create(t.Context(), request(properties)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that says %s", properties, err, says)
		}
	}
}
