package eventbridge

import (
	"context"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources is AWS::Events::Rule.
func (s *Service) Resources() resource.Types {
	return resource.Types{"AWS::Events::Rule": {
		CreateOnly: []string{"Name"},
		Create:     s.createResource, Update: s.updateResource, Delete: s.deleteResource,
	}}
}

// ruleFrom makes the rule of a template; name is what it is called unless the template says.
func (s *Service) ruleFrom(r resource.Request, name string) (*rule, error) {
	p, err := resource.Decode[properties](r)
	if err != nil {
		return nil, err
	}
	if p.Name == "" {
		p.Name = name
	}
	return s.define(p)
}

func (s *Service) createResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	made, err := s.ruleFrom(r, r.Name(64))
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.rules[made.name]; taken {
		return resource.Resource{}, gateway.Errorf("ResourceAlreadyExistsException", "Rule %s already exists.", made.name)
	}
	s.rules[made.name] = made
	return made.resource(), nil
}

func (s *Service) updateResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	made, err := s.ruleFrom(r, r.PhysicalID)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rules[r.PhysicalID] == nil {
		return resource.Resource{}, gateway.Errorf(
			"ResourceNotFoundException", "Rule %s does not exist on EventBus default.", r.PhysicalID)
	}
	s.rules[made.name] = made
	return made.resource(), nil
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
