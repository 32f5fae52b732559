package kms

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the type AWS::KMS::Key.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::KMS::Key": {
			Create: s.createKey, Update: s.updateKey, Delete: s.deleteKey,
		},
	}
}

type keyProperties struct {
	KeyPolicy           json.RawMessage
	Description         string
	Enabled             *bool
	EnableKeyRotation   bool
	PendingWindowInDays int
	Tags                []struct{ Key, Value string }
}

const (
	defaultWindow = 30 // days from the delete until the key no longer exists
	shortestWait  = 7
)

func (s *Service) createKey(_ context.Context, r resource.Request) (resource.Resource, error) {
	id := uuid.NewString()
	made := &key{id: id, arn: s.acct.ARN("kms", "key/"+id)}
	if err := s.fill(made, r); err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[id] = made
	return made.resource(), nil
}

func (s *Service) updateKey(_ context.Context, r resource.Request) (resource.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.find(r.PhysicalID)
	if !ok {
		return resource.Resource{}, gateway.Errorf("NotFoundException", "Key '%s' does not exist", r.PhysicalID)
	}
	if !held.deletion.IsZero() {
		return resource.Resource{}, gateway.Errorf("KMSInvalidStateException", "%s is pending deletion.", held.arn)
	}
	changed := *held
	if err := s.fill(&changed, r); err != nil {
		return resource.Resource{}, err
	}
	*held = changed
	return held.resource(), nil
}

func (s *Service) fill(k *key, r resource.Request) error {
	p, err := resource.Decode[keyProperties](r)
	if err != nil {
		return err
	}
	if w := p.PendingWindowInDays; w != 0 && (w < shortestWait || w > defaultWindow) {
		return gateway.Errorf("ValidationException", "PendingWindowInDays %d: want %d to %d", w, shortestWait, defaultWindow)
	}
	k.policy = p.KeyPolicy
	if k.policy == nil {
		k.policy = json.RawMessage(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*",` +
			`"Principal":{"AWS":"` + s.acct.GlobalARN("iam", "root") + `"}}]}`)
	}
	var policy struct{ Statement json.RawMessage }
	if err := json.Unmarshal(k.policy, &policy); err != nil || len(policy.Statement) == 0 {
		return gateway.Errorf("MalformedPolicyDocumentException", "the KeyPolicy of %s has no Statement", r.LogicalID)
	}
	k.enabled = p.Enabled == nil || *p.Enabled
	return nil
}

func (k *key) resource() resource.Resource {
	return resource.Resource{PhysicalID: k.id, Attributes: map[string]any{"Arn": k.arn, "KeyId": k.id}}
}

// deleteKey marks the key as pending deletion, as KMS does.
func (s *Service) deleteKey(_ context.Context, r resource.Request) error {
	p, err := resource.Decode[keyProperties](r)
	if err != nil {
		return err
	}
	window := p.PendingWindowInDays
	if window == 0 {
		window = defaultWindow
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.keys[r.PhysicalID]; ok && k.deletion.IsZero() {
		k.deletion = time.Now().AddDate(0, 0, window)
	}
	return nil
}
