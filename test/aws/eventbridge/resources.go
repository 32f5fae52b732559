package eventbridge

import (
	"context"
	"encoding/json"

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

// properties are those of AWS::Events::Rule. Source:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
type properties struct {
	ruleSettings
	EventPattern json.RawMessage
	Targets      []target
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
	made, err := s.define(p.ruleSettings, p.EventPattern)
	if err != nil {
		return nil, err
	}
	for key, value := range r.Tags {
		if _, own := made.tags[key]; !own {
			made.tags[key] = value
		}
	}
	targets, err := s.checkAll(p.Targets)
	if err != nil {
		return nil, err
	}
	return made, made.setTargets(targets)
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
	if _, err := s.find(r.PhysicalID, ""); err != nil {
		return resource.Resource{}, err
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
