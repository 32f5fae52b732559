package cloudwatchlogs

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources are AWS::Logs::LogGroup and AWS::Logs::ResourcePolicy.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::Logs::LogGroup": {
			CreateOnly: []string{"LogGroupName"},
			Create:     s.createGroupResource, Update: s.updateGroupResource, Delete: s.deleteGroupResource,
		},
		"AWS::Logs::ResourcePolicy": {
			CreateOnly: []string{"PolicyName"},
			Create:     s.createPolicy, Update: s.updatePolicy, Delete: s.deletePolicy,
		},
	}
}

type groupProperties struct {
	LogGroupName              string
	RetentionInDays           int
	KMSKeyID                  string `json:"KmsKeyId"`
	LogGroupClass             string
	DeletionProtectionEnabled bool
	Tags                      []struct{ Key, Value string }
}

func groupSettingsOf(r resource.Request) (groupSettings, error) {
	p, err := resource.Decode[groupProperties](r)
	if err != nil {
		return groupSettings{}, err
	}
	settings := groupSettings{
		name: p.LogGroupName, kmsKey: p.KMSKeyID, class: p.LogGroupClass, retentionDays: p.RetentionInDays,
		deleteProtected: p.DeletionProtectionEnabled, tags: map[string]string{},
	}
	if settings.name == "" {
		settings.name = r.PhysicalID
	}
	if settings.name == "" {
		settings.name = r.Name(512)
	}
	maps.Copy(settings.tags, r.Tags)
	for _, tag := range p.Tags {
		settings.tags[tag.Key] = tag.Value
	}
	return settings, nil
}

func (s *Service) createGroupResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	settings, err := groupSettingsOf(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.newGroup(settings)
	if err != nil {
		return resource.Resource{}, err
	}
	return g.resource(), nil
}

func (g *group) resource() resource.Resource {
	return resource.Resource{PhysicalID: g.name, Attributes: map[string]any{"Arn": g.arn + ":*"}}
}

func (s *Service) updateGroupResource(_ context.Context, r resource.Request) (resource.Resource, error) {
	settings, err := groupSettingsOf(r)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := settings.check(); err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.find(r.PhysicalID, "")
	if err != nil {
		return resource.Resource{}, err
	}
	if class := settings.class; class != "" && class != g.class {
		return resource.Resource{}, gateway.Errorf("InvalidParameterException",
			"the class of log group %s cannot be changed from %s to %s: make another log group", g.name, g.class, class)
	}
	g.apply(settings)
	return g.resource(), nil
}

func (s *Service) deleteGroupResource(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, ok := s.groups[r.PhysicalID]; ok {
		return s.deleteGroup(g)
	}
	return nil
}

type policyProperties struct {
	PolicyName     string
	PolicyDocument string // JSON
}

// mostPolicies is how many resource policies an account can have in a region.
const mostPolicies = 10

func (s *Service) createPolicy(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := decodePolicy(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.policies[p.PolicyName]; taken {
		return resource.Resource{}, gateway.Errorf("ResourceAlreadyExistsException",
			"a resource policy named %s already exists", p.PolicyName)
	}
	if len(s.policies) == mostPolicies {
		return resource.Resource{}, gateway.Errorf("LimitExceededException",
			"Resource limit exceeded: %d resource policies", mostPolicies)
	}
	s.policies[p.PolicyName] = p.PolicyDocument
	return resource.Resource{PhysicalID: p.PolicyName}, nil
}

func (s *Service) updatePolicy(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := decodePolicy(r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policies[p.PolicyName] = p.PolicyDocument
	return resource.Resource{PhysicalID: p.PolicyName}, nil
}

func decodePolicy(r resource.Request) (policyProperties, error) {
	p, err := resource.Decode[policyProperties](r)
	if err != nil {
		return p, err
	}
	var document struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(p.PolicyDocument), &document); err != nil || len(document.Statement) == 0 {
		return p, gateway.Errorf("InvalidParameterException", "the PolicyDocument of %s has no Statement", r.LogicalID)
	}
	if p.PolicyName == "" {
		return p, gateway.Errorf("InvalidParameterException", "%s has no PolicyName", r.LogicalID)
	}
	return p, nil
}

func (s *Service) deletePolicy(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.policies, r.PhysicalID)
	return nil
}
