package sns

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/oralake/oralake/test/aws/resource"
)

// Resources are AWS::SNS::Topic, AWS::SNS::Subscription and AWS::SNS::TopicPolicy.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::SNS::Topic": {
			CreateOnly: []string{"TopicName"},
			Create:     s.createTopicResource, Update: s.updateTopicResource, Delete: s.deleteTopicResource,
		},
		"AWS::SNS::Subscription": {
			CreateOnly: []string{"TopicArn", "Protocol", "Endpoint"},
			Create:     s.createSubscription, Update: s.updateSubscription, Delete: s.deleteSubscription,
		},
		"AWS::SNS::TopicPolicy": {
			Create: s.createPolicy, Update: s.updatePolicy, Delete: s.deletePolicy,
		},
	}
}

type endpoint struct{ Protocol, Endpoint string }

type topicProperties struct {
	TopicName      string
	DisplayName    string
	KmsMasterKeyID string `json:"KmsMasterKeyId"`
	Subscription   []endpoint
	Tags           []tag
}

func (s *Service) createTopicResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[topicProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.TopicName == "" {
		p.TopicName = r.Name(256)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, fresh, err := s.newTopic(p.TopicName)
	if err != nil {
		return resource.Resource{}, err
	}
	if !fresh {
		// CreateTopic would hand out the existing one, and two stacks would own it.
		return resource.Resource{}, invalid("Topic Name: the topic %s already exists", t.arn)
	}
	if err := t.set(p, nil, r.Tags); err != nil {
		delete(s.topics, t.arn)
		return resource.Resource{}, err
	}
	return t.resource(), nil
}

func (s *Service) updateTopicResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[topicProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	before, err := resource.DecodePrevious[topicProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.topic(r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := t.set(p, before.Subscription, r.Tags); err != nil {
		return resource.Resource{}, err
	}
	return t.resource(), nil
}

// set makes a topic what its properties say. before are the subscriptions that the properties had. The service's mutex
// is held.
func (t *topic) set(p topicProperties, before []endpoint, stackTags map[string]string) error {
	var wanted []*subscription
	for _, e := range p.Subscription {
		sub, err := newSubscription(t.arn, e.Protocol, e.Endpoint, false)
		if err != nil {
			return err
		}
		wanted = append(wanted, sub)
	}
	for _, sub := range slices.Clone(t.subscriptions) {
		e := endpoint{sub.protocol, sub.endpoint}
		if slices.Contains(before, e) && !slices.Contains(p.Subscription, e) {
			t.remove(sub.arn)
		}
	}
	for _, sub := range wanted {
		if _, err := t.add(sub); err != nil {
			return err
		}
	}
	t.display, t.kms, t.tags = p.DisplayName, p.KmsMasterKeyID, maps.Clone(stackTags)
	if t.tags == nil {
		t.tags = map[string]string{}
	}
	for _, own := range p.Tags {
		t.tags[own.Key] = own.Value
	}
	return nil
}

func (t *topic) resource() resource.Resource {
	return resource.Resource{PhysicalID: t.arn, Attributes: map[string]any{"TopicArn": t.arn, "TopicName": t.name}}
}

func (s *Service) deleteTopicResource(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.topics, r.PhysicalID)
	return nil
}

type subscriptionProperties struct {
	TopicArn           string
	Protocol           string
	Endpoint           string
	RawMessageDelivery bool
}

func (s *Service) createSubscription(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[subscriptionProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.topic(p.TopicArn)
	if err != nil {
		return resource.Resource{}, err
	}
	sub, err := newSubscription(t.arn, p.Protocol, p.Endpoint, p.RawMessageDelivery)
	if err != nil {
		return resource.Resource{}, err
	}
	if sub, err = t.add(sub); err != nil {
		return resource.Resource{}, err
	}
	return sub.resource(), nil
}

func (s *Service) updateSubscription(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[subscriptionProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if _, err := newSubscription(p.TopicArn, p.Protocol, p.Endpoint, p.RawMessageDelivery); err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, sub, err := s.subscription(r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	sub.raw = p.RawMessageDelivery
	return sub.resource(), nil
}

func (sub *subscription) resource() resource.Resource {
	return resource.Resource{PhysicalID: sub.arn, Attributes: map[string]any{"Arn": sub.arn}}
}

func (s *Service) deleteSubscription(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, sub, err := s.subscription(r.PhysicalID); err == nil {
		t.remove(sub.arn)
	}
	return nil
}

type policyProperties struct {
	Topics         []string
	PolicyDocument json.RawMessage
}

func (s *Service) createPolicy(_ context.Context, r resource.Request) (resource.Resource, error) {
	return s.putPolicy(r, r.Name(128), nil)
}

func (s *Service) updatePolicy(_ context.Context, r resource.Request) (resource.Resource, error) {
	before, err := resource.DecodePrevious[policyProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	return s.putPolicy(r, r.PhysicalID, before.Topics)
}

func (s *Service) putPolicy(r resource.Request, id string, before []string) (resource.Resource, error) {
	p, err := resource.Decode[policyProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	var document struct{ Statement json.RawMessage }
	if err := json.Unmarshal(p.PolicyDocument, &document); err != nil || len(document.Statement) == 0 {
		return resource.Resource{}, invalid("Policy Error: the PolicyDocument of %s has no Statement", r.LogicalID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, arn := range p.Topics {
		if _, err := s.topic(arn); err != nil {
			return resource.Resource{}, err
		}
	}
	s.setPolicies(before, "")
	s.setPolicies(p.Topics, string(p.PolicyDocument))
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}

func (s *Service) deletePolicy(_ context.Context, r resource.Request) error {
	p, err := resource.Decode[policyProperties](r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setPolicies(p.Topics, "")
	return nil
}

// setPolicies needs mu.
func (s *Service) setPolicies(topics []string, policy string) {
	for _, arn := range topics {
		if t, ok := s.topics[arn]; ok {
			t.policy = policy
		}
	}
}
