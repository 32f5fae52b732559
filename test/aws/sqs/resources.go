package sqs

import (
	"context"
	"encoding/json"
	"regexp"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the types AWS::SQS::Queue and AWS::SQS::QueuePolicy.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::SQS::Queue": {
			CreateOnly: []string{"QueueName"},
			Create:     s.createQueue, Update: s.updateQueue, Delete: s.deleteQueue,
		},
		"AWS::SQS::QueuePolicy": resource.PolicyType(policyProperties.read, s.setPolicy),
	}
}

type queueProperties struct {
	QueueName              string
	SqsManagedSseEnabled   bool // ignored: the embedded AWS encrypts nothing
	MessageRetentionPeriod *int // seconds
	Tags                   []struct{ Key, Value string }
}

var validName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

func (p queueProperties) retention() (time.Duration, error) {
	if p.MessageRetentionPeriod == nil {
		return 4 * 24 * time.Hour, nil
	}
	n := *p.MessageRetentionPeriod
	if n < 60 || n > 14*24*60*60 {
		return 0, gateway.Errorf("InvalidAttributeValue", "MessageRetentionPeriod is %d, want 60 to 1209600 seconds", n)
	}
	return time.Duration(n) * time.Second, nil
}

func (s *Service) createQueue(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[queueProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	retention, err := p.retention()
	if err != nil {
		return resource.Resource{}, err
	}
	name := p.QueueName
	if name == "" {
		name = r.Name(80)
	}
	if !validName.MatchString(name) {
		return resource.Resource{}, gateway.Errorf("InvalidParameterValue",
			"queue name %q: want 1 to 80 letters, digits, hyphens or underscores; the embedded AWS has no first-in-first-out queues",
			name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.queues[name]; taken {
		return resource.Resource{}, gateway.Errorf("QueueNameExists", "A queue already exists with the name %s.", name)
	}
	q := &queue{
		name: name, arn: s.acct.ARN("sqs", name), url: "http://127.0.0.1/" + s.acct.ID + "/" + name,
		retention: retention,
	}
	s.queues[name] = q
	return q.resource(), nil
}

func (s *Service) updateQueue(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[queueProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	retention, err := p.retention()
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	q.retention = retention
	return q.resource(), nil
}

func (q *queue) resource() resource.Resource {
	return resource.Resource{PhysicalID: q.url, Attributes: map[string]any{
		"Arn": q.arn, "QueueName": q.name, "QueueUrl": q.url,
	}}
}

func (s *Service) deleteQueue(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q, err := s.queue(r.PhysicalID); err == nil {
		delete(s.queues, q.name)
	}
	return nil
}

type policyProperties struct {
	Queues         []string
	PolicyDocument json.RawMessage
}

func (p policyProperties) read() ([]string, json.RawMessage) { return p.Queues, p.PolicyDocument }

func (s *Service) setPolicy(before, now []string, document string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, url := range now {
		if _, err := s.queue(url); err != nil {
			return err
		}
	}
	for _, url := range before {
		if q, err := s.queue(url); err == nil {
			q.policy = ""
		}
	}
	for _, url := range now {
		q, _ := s.queue(url) // the check above found it
		q.policy = document
	}
	return nil
}
