package sqs

import (
	"context"
	"encoding/json"
	"regexp"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources are AWS::SQS::Queue and AWS::SQS::QueuePolicy.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::SQS::Queue": {
			CreateOnly: []string{"QueueName"},
			Create:     s.createQueue, Update: s.updateQueue, Delete: s.deleteQueue,
		},
		"AWS::SQS::QueuePolicy": {
			Create: s.createPolicy, Update: s.updatePolicy, Delete: s.deletePolicy,
		},
	}
}

type queueProperties struct {
	QueueName                     string
	KmsMasterKeyID                string `json:"KmsMasterKeyId"`
	KmsDataKeyReusePeriodSeconds  int
	SqsManagedSseEnabled          *bool
	MessageRetentionPeriod        int
	VisibilityTimeout             *int
	DelaySeconds                  int
	ReceiveMessageWaitTimeSeconds int
	Tags                          []struct{ Key, Value string }
}

var validName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

func (p queueProperties) settings() (settings, error) {
	made := settings{
		visibility: 30 * time.Second, retention: 4 * 24 * time.Hour, delay: seconds(p.DelaySeconds),
		wait: seconds(p.ReceiveMessageWaitTimeSeconds), kms: p.KmsMasterKeyID, kmsReuse: 5 * time.Minute,
		managed: p.KmsMasterKeyID == "", // what SQS does with every queue since 2022
	}
	if p.KmsDataKeyReusePeriodSeconds != 0 {
		made.kmsReuse = seconds(p.KmsDataKeyReusePeriodSeconds)
	}
	if p.SqsManagedSseEnabled != nil {
		made.managed = *p.SqsManagedSseEnabled
	}
	if made.managed && made.kms != "" {
		return settings{}, gateway.Errorf("InvalidAttributeValue",
			"You can use one type of server-side encryption (SSE) at one time: either KmsMasterKeyId or SqsManagedSseEnabled")
	}
	if p.VisibilityTimeout != nil {
		made.visibility = seconds(*p.VisibilityTimeout)
	}
	if p.MessageRetentionPeriod != 0 {
		made.retention = seconds(p.MessageRetentionPeriod)
	}
	for name, c := range map[string]struct{ value, low, high time.Duration }{
		"VisibilityTimeout":             {made.visibility, 0, 12 * time.Hour},
		"MessageRetentionPeriod":        {made.retention, time.Minute, 14 * 24 * time.Hour},
		"DelaySeconds":                  {made.delay, 0, 15 * time.Minute},
		"ReceiveMessageWaitTimeSeconds": {made.wait, 0, 20 * time.Second},
		"KmsDataKeyReusePeriodSeconds":  {made.kmsReuse, time.Minute, 24 * time.Hour},
	} {
		if c.value < c.low || c.value > c.high {
			return settings{}, gateway.Errorf("InvalidAttributeValue", "%s %s: want %s to %s", name, c.value, c.low, c.high)
		}
	}
	return made, nil
}

func (s *Service) createQueue(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[queueProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	chosen, err := p.settings()
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
		created: time.Now(), settings: chosen, arrived: make(chan struct{}),
	}
	s.queues[name] = q
	return q.resource(), nil
}

func (s *Service) updateQueue(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[queueProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	chosen, err := p.settings()
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queue(r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	q.settings = chosen
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

func (s *Service) createPolicy(_ context.Context, r resource.Request) (resource.Resource, error) {
	return s.putPolicy(r, r.Name(128), nil)
}

func (s *Service) updatePolicy(_ context.Context, r resource.Request) (resource.Resource, error) {
	before, err := resource.DecodePrevious[policyProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	return s.putPolicy(r, r.PhysicalID, before.Queues)
}

func (s *Service) putPolicy(r resource.Request, id string, before []string) (resource.Resource, error) {
	p, err := resource.Decode[policyProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	var document struct{ Statement json.RawMessage }
	if err := json.Unmarshal(p.PolicyDocument, &document); err != nil || len(document.Statement) == 0 {
		return resource.Resource{}, gateway.Errorf("InvalidAttributeValue",
			"the PolicyDocument of %s has no Statement", r.LogicalID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var queues []*queue
	for _, url := range p.Queues {
		q, err := s.queue(url)
		if err != nil {
			return resource.Resource{}, err
		}
		queues = append(queues, q)
	}
	s.dropPolicies(before)
	for _, q := range queues {
		q.policy = string(p.PolicyDocument)
	}
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}

func (s *Service) deletePolicy(_ context.Context, r resource.Request) error {
	p, err := resource.Decode[policyProperties](r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropPolicies(p.Queues)
	return nil
}

// dropPolicies needs mu.
func (s *Service) dropPolicies(urls []string) {
	for _, url := range urls {
		if q, err := s.queue(url); err == nil {
			q.policy = ""
		}
	}
}
