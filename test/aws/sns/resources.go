package sns

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the types AWS::SNS::Topic, AWS::SNS::Subscription and AWS::SNS::TopicPolicy.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::SNS::Topic": {
			CreateOnly: []string{"TopicName"},
			Create:     s.createTopic, Update: s.updateTopic, Delete: s.deleteTopic,
		},
		"AWS::SNS::Subscription": {
			CreateOnly: []string{"TopicArn", "Protocol", "Endpoint"},
			Create:     s.createSubscription, Delete: s.deleteSubscription,
		},
		"AWS::SNS::TopicPolicy": resource.PolicyType(policyProperties.read, s.setPolicy),
	}
}

type topicProperties struct {
	TopicName      string
	KmsMasterKeyID string `json:"KmsMasterKeyId"`
	Tags           []struct{ Key, Value string }
}

func (s *Service) createTopic(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[topicProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.TopicName == "" {
		p.TopicName = r.Name(256)
	}
	if !topicName.MatchString(p.TopicName) {
		return resource.Resource{}, invalid("Topic Name: %q is not 1 to 256 letters, digits, hyphens or underscores; "+
			"the embedded AWS has no first-in-first-out topics", p.TopicName)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &topic{arn: s.acct.ARN("sns", p.TopicName), name: p.TopicName, key: p.KmsMasterKeyID}
	if s.topics[t.arn] != nil {
		// CreateTopic would return the existing topic, and two stacks would own it.
		return resource.Resource{}, invalid("Topic Name: the topic %s already exists", t.arn)
	}
	s.topics[t.arn] = t
	return t.resource(), nil
}

// updateTopic changes the key of a topic. No API shows its tags.
func (s *Service) updateTopic(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[topicProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.topic(r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	t.key = p.KmsMasterKeyID
	return t.resource(), nil
}

func (t *topic) resource() resource.Resource {
	return resource.Resource{PhysicalID: t.arn, Attributes: map[string]any{"TopicArn": t.arn, "TopicName": t.name}}
}

func (s *Service) deleteTopic(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.topics, r.PhysicalID)
	return nil
}

type subscriptionProperties struct {
	TopicArn string
	Protocol string
	Endpoint string
}

var emailForm = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)

// createSubscription subscribes an endpoint. If the endpoint is already subscribed, it returns the existing
// subscription.
func (s *Service) createSubscription(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[subscriptionProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.Protocol != "email" {
		return resource.Resource{}, gateway.NotImplemented("the protocol " + p.Protocol + " of SNS subscriptions: use email")
	}
	if !emailForm.MatchString(p.Endpoint) {
		return resource.Resource{}, invalid("Email address %q", p.Endpoint)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.topic(p.TopicArn)
	if err != nil {
		return resource.Resource{}, err
	}
	for _, sub := range t.subscriptions {
		if sub.endpoint == p.Endpoint {
			return sub.resource(), nil
		}
	}
	sub := subscription{arn: t.arn + ":" + uuid.NewString(), endpoint: p.Endpoint}
	t.subscriptions = append(t.subscriptions, sub)
	return sub.resource(), nil
}

func (sub subscription) resource() resource.Resource {
	return resource.Resource{PhysicalID: sub.arn, Attributes: map[string]any{"Arn": sub.arn}}
}

func (s *Service) deleteSubscription(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.topics {
		t.subscriptions = slices.DeleteFunc(t.subscriptions, func(sub subscription) bool { return sub.arn == r.PhysicalID })
	}
	return nil
}

type policyProperties struct {
	Topics         []string
	PolicyDocument json.RawMessage
}

func (p policyProperties) read() ([]string, json.RawMessage) { return p.Topics, p.PolicyDocument }

func (s *Service) setPolicy(before, now []string, document string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, arn := range now {
		if _, err := s.topic(arn); err != nil {
			return err
		}
	}
	for _, arn := range before {
		if t, ok := s.topics[arn]; ok {
			t.policy = ""
		}
	}
	for _, arn := range now {
		s.topics[arn].policy = document
	}
	return nil
}
