package iam

import (
	"context"
	"maps"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Resources returns the types AWS::IAM::Role and AWS::IAM::Policy.
func (s *Service) Resources() resource.Types {
	return resource.Types{
		"AWS::IAM::Role": {
			CreateOnly: []string{"RoleName", "Path"},
			Create:     s.createRole, Update: s.updateRole, Delete: s.deleteRole,
		},
		"AWS::IAM::Policy": {
			Create: s.createPolicy, Update: s.updatePolicy, Delete: s.deletePolicy,
		},
	}
}

type tag struct{ Key, Value string }

type roleProperties struct {
	RoleName                 string
	Path                     string
	Description              string
	AssumeRolePolicyDocument document
	ManagedPolicyArns        []string
	Policies                 []inlinePolicy
	MaxSessionDuration       int // seconds
	PermissionsBoundary      string
	Tags                     []tag
}

type inlinePolicy struct {
	PolicyName     string
	PolicyDocument document
}

func (s *Service) createRole(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[roleProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	name, path := p.RoleName, p.Path
	if name == "" {
		name = r.Name(64)
	}
	if path == "" {
		path = "/"
	}
	if !validName.MatchString(name) {
		return resource.Resource{}, gateway.Errorf("ValidationError",
			"role name %q: want 1 to 64 letters, digits or any of +=,.@-_", name)
	}
	if !validPath.MatchString(path) {
		return resource.Resource{}, gateway.Errorf("ValidationError", "path %q: want one that begins and ends with /", path)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.roles[name]; taken {
		return resource.Resource{}, gateway.Errorf("EntityAlreadyExists", "Role with name %s already exists.", name)
	}
	made := s.newRole(name, path)
	if err := s.fillRole(made, p, r.Tags); err != nil {
		return resource.Resource{}, err
	}
	s.roles[name] = made
	return made.resource(), nil
}

func (s *Service) updateRole(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[roleProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.roles[r.PhysicalID]
	if !ok {
		return resource.Resource{}, noSuchEntity("role " + r.PhysicalID + " does not exist")
	}
	changed := *held
	if err := s.fillRole(&changed, p, r.Tags); err != nil {
		return resource.Resource{}, err
	}
	*held = changed
	return held.resource(), nil
}

// fillRole must be called with mu held.
func (s *Service) fillRole(r *role, p roleProperties, stackTags map[string]string) error {
	if err := checkDocument("AssumeRolePolicyDocument", p.AssumeRolePolicyDocument); err != nil {
		return err
	}
	r.trust, r.read = p.AssumeRolePolicyDocument, nil
	r.managed = p.ManagedPolicyArns
	r.boundary = p.PermissionsBoundary
	r.maxSession = time.Hour
	if p.MaxSessionDuration != 0 {
		r.maxSession = time.Duration(p.MaxSessionDuration) * time.Second
	}
	if r.maxSession < time.Hour || r.maxSession > 12*time.Hour {
		return gateway.Errorf("ValidationError", "MaxSessionDuration %d: want 3600 to 43200 seconds", p.MaxSessionDuration)
	}
	r.inline = map[string]document{}
	for _, inline := range p.Policies {
		if err := checkDocument("policy "+inline.PolicyName, inline.PolicyDocument); err != nil {
			return err
		}
		r.inline[inline.PolicyName] = inline.PolicyDocument
	}
	r.tags = maps.Clone(stackTags)
	if r.tags == nil {
		r.tags = map[string]string{}
	}
	for _, t := range p.Tags {
		r.tags[t.Key] = t.Value
	}
	return s.checkInlineSize(r)
}

func (r *role) resource() resource.Resource {
	return resource.Resource{PhysicalID: r.name, Attributes: map[string]any{"Arn": r.arn, "RoleId": r.id}}
}

func (s *Service) deleteRole(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if removed, ok := s.roles[r.PhysicalID]; ok {
		s.endSessions(removed)
		delete(s.roles, r.PhysicalID)
	}
	return nil
}
