package sns_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/google/go-cmp/cmp"
)

func TestTopicsAndSubscriptions(t *testing.T) {
	h := newHost(t)
	ctx := t.Context()
	made, err := h.sns.CreateTopic(ctx, &awssns.CreateTopicInput{
		Name: aws.String("more"), Attributes: map[string]string{"DisplayName": "More"},
		Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.sns.CreateTopic(ctx, &awssns.CreateTopicInput{Name: aws.String("more")})
	if err != nil || *again.TopicArn != *made.TopicArn {
		t.Errorf("create again: got %v, %v, want %s", again, err, *made.TopicArn)
	}
	topics, err := h.sns.ListTopics(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	var arns []string
	for _, topic := range topics.Topics {
		arns = append(arns, *topic.TopicArn)
	}
	if diff := cmp.Diff(arns, []string{topicARN, *made.TopicArn}); diff != "" {
		t.Errorf("topics (-got +want):\n%s", diff)
	}
	tags, err := h.sns.ListTagsForResource(ctx, &awssns.ListTagsForResourceInput{ResourceArn: aws.String(topicARN)})
	if err != nil || len(tags.Tags) != 2 || *tags.Tags[0].Key != "stack" || *tags.Tags[1].Value != "lake" {
		t.Errorf("tags: got %+v, %v", tags, err)
	}

	mail := h.subscribe("email", "a@example.com", nil)
	if same := h.subscribe("email", "a@example.com", nil); same != mail {
		t.Errorf("the same subscription again: got %s, want %s", same, mail)
	}
	queue := h.subscribe("sqs", queueARN, nil)
	if _, err := h.sns.Unsubscribe(ctx, &awssns.UnsubscribeInput{SubscriptionArn: &queue}); err != nil {
		t.Fatal(err)
	}
	list, err := h.sns.ListSubscriptionsByTopic(ctx, &awssns.ListSubscriptionsByTopicInput{TopicArn: aws.String(topicARN)})
	if err != nil || len(list.Subscriptions) != 1 || *list.Subscriptions[0].SubscriptionArn != mail ||
		*list.Subscriptions[0].Endpoint != "a@example.com" {
		t.Errorf("subscriptions: got %+v, %v", list, err)
	}
	all, err := h.sns.ListSubscriptions(ctx, nil)
	if err != nil || len(all.Subscriptions) != 1 {
		t.Errorf("all subscriptions: got %+v, %v", all, err)
	}
	one, err := h.sns.GetSubscriptionAttributes(ctx, &awssns.GetSubscriptionAttributesInput{SubscriptionArn: &mail})
	if err != nil || one.Attributes["Protocol"] != "email" || one.Attributes["RawMessageDelivery"] != "false" {
		t.Errorf("subscription: got %+v, %v", one, err)
	}
	h.create(h.service.Resources()["AWS::SNS::TopicPolicy"],
		`{"Topics": ["`+topicARN+`"], "PolicyDocument": {"Statement": []}}`)
	attributes, err := h.sns.GetTopicAttributes(ctx, &awssns.GetTopicAttributesInput{TopicArn: aws.String(topicARN)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(attributes.Attributes, map[string]string{
		"TopicArn": topicARN, "Owner": acct.ID, "DisplayName": "Alerts", "KmsMasterKeyId": "alias/lake",
		"SubscriptionsConfirmed": "1", "SubscriptionsPending": "0", "SubscriptionsDeleted": "1",
		"Policy": `{"Statement": []}`,
	}); diff != "" {
		t.Errorf("attributes (-got +want):\n%s", diff)
	}
	if _, err := h.sns.DeleteTopic(ctx, &awssns.DeleteTopicInput{TopicArn: aws.String(topicARN)}); err != nil {
		t.Fatal(err)
	}
	_, err = h.sns.GetTopicAttributes(ctx, &awssns.GetTopicAttributesInput{TopicArn: aws.String(topicARN)})
	var missing *types.NotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("a deleted topic: got %v, want NotFound", err)
	}
}
