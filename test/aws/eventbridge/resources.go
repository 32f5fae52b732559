package eventbridge

import (
	"context"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the CloudFormation type AWS::Events::Rule.
func (s *Service) Resources() resource.Types {
	return resource.Types{"AWS::Events::Rule": {
		CreateOnly: []string{"Name"},
		Create:     s.createResource, Update: s.updateResource, Delete: s.deleteResource,
	}}
}

// ruleFrom returns the rule of a resource request. The rule gets name when the properties have no Name.
func (s *Service) ruleFrom(r resource.Request, name string) (*rule, error) {
	p, err := resource.Decode[properties](r)
	if err != nil {
		return nil, err
	}
	if p.Name == "" {
		p.Name = name
	}
	return s.newRule(p)
}

func (s *Service) createResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	rule, err := s.ruleFrom(r, r.Name(64))
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.rules[rule.name]; taken {
		return resource.Resource{}, gateway.Errorf("ResourceAlreadyExistsException", "Rule %s already exists.", rule.name)
	}
	s.rules[rule.name] = rule
	return rule.resource(), nil
}

func (s *Service) updateResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	rule, err := s.ruleFrom(r, r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rules[r.PhysicalID] == nil {
		return resource.Resource{}, gateway.Errorf(
			"ResourceNotFoundException", "Rule %s does not exist on EventBus default.", r.PhysicalID)
	}
	s.rules[rule.name] = rule
	return rule.resource(), nil
}

func (s *Service) deleteResource(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rules, r.PhysicalID)
	return nil
}

func (r *rule) resource() resource.Resource {
	return resource.Resource{PhysicalID: r.name, Attributes: map[string]any{"Arn": r.arn}}
}
