package kms

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources are AWS::KMS::Key and AWS::KMS::Alias.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::KMS::Key": {
			CreateOnly: []string{"KeySpec", "KeyUsage"},
			Create:     s.createKey, Update: s.updateKey, Delete: s.deleteKey,
		},
		"AWS::KMS::Alias": {
			CreateOnly: []string{"AliasName"},
			Create:     s.createAlias, Update: s.updateAlias, Delete: s.deleteAlias,
		},
	}
}

type keyProperties struct {
	KeyPolicy            json.RawMessage
	Description          string
	Enabled              *bool
	EnableKeyRotation    bool
	RotationPeriodInDays int
	PendingWindowInDays  int
	KeySpec, KeyUsage    string
	Tags                 []struct{ Key, Value string }
}

const (
	defaultWindow = 30 // days until a deleted key is gone
	shortestWait  = 7
)

func (s *Service) createKey(_ context.Context, r resource.Request) (resource.Resource, error) {
	id := uuid()
	made := &key{id: id, arn: s.acct.ARN("kms", "key/"+id), created: time.Now()}
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
	if days := p.RotationPeriodInDays; days != 0 && (days < 90 || days > 2560) {
		return gateway.Errorf("ValidationException", "RotationPeriodInDays %d: want 90 to 2560", days)
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
	k.description = p.Description
	k.enabled = p.Enabled == nil || *p.Enabled
	k.spec, k.usage = p.KeySpec, p.KeyUsage
	if k.spec == "" {
		k.spec = "SYMMETRIC_DEFAULT"
	}
	if k.usage == "" {
		k.usage = "ENCRYPT_DECRYPT"
	}
	if k.spec != "SYMMETRIC_DEFAULT" || k.usage != "ENCRYPT_DECRYPT" {
		return gateway.NotImplemented("keys of KeySpec " + k.spec + " and KeyUsage " + k.usage)
	}
	return nil
}

func (k *key) resource() resource.Resource {
	return resource.Resource{PhysicalID: k.id, Attributes: map[string]any{"Arn": k.arn, "KeyId": k.id}}
}

// deleteKey leaves the key pending deletion, as the service does.
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

type aliasProperties struct {
	AliasName   string
	TargetKeyID string `json:"TargetKeyId"`
}

func (s *Service) createAlias(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[aliasProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(p.AliasName, "alias/") || strings.HasPrefix(p.AliasName, "alias/aws/") {
		return resource.Resource{}, gateway.Errorf("InvalidAliasNameException",
			"alias %q: want alias/NAME, where NAME does not begin with aws/", p.AliasName)
	}
	if _, taken := s.aliases[p.AliasName]; taken {
		return resource.Resource{}, gateway.Errorf("AlreadyExistsException", "An alias with the name %s already exists", p.AliasName)
	}
	return s.point(p)
}

func (s *Service) updateAlias(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[aliasProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.point(p)
}

// point needs mu.
func (s *Service) point(p aliasProperties) (resource.Resource, error) {
	k, ok := s.find(p.TargetKeyID)
	if !ok {
		return resource.Resource{}, gateway.Errorf("NotFoundException", "Key '%s' does not exist", p.TargetKeyID)
	}
	if !k.deletion.IsZero() {
		return resource.Resource{}, gateway.Errorf("KMSInvalidStateException", "%s is pending deletion.", k.arn)
	}
	s.aliases[p.AliasName] = k.id
	return resource.Resource{PhysicalID: p.AliasName, Attributes: map[string]any{"AliasName": p.AliasName}}, nil
}

func (s *Service) deleteAlias(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.aliases, r.PhysicalID)
	return nil
}
