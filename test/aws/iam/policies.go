package iam

import (
	"context"
	"crypto/rand"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// attached is an inline policy that CloudFormation manages as its own resource, separate from its roles.
type attached struct {
	name, id string
	document document
	roles    []string
}

type policyProperties struct {
	PolicyName     string
	PolicyDocument document
	Roles          []string
}

func (s *Service) createPolicy(_ context.Context, r resource.Request) (resource.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.Name(128)
	return s.putPolicy(r, id, "ANPA"+rand.Text()[:17])
}

func (s *Service) updatePolicy(_ context.Context, r resource.Request) (resource.Resource, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.policies[r.PhysicalID]
	if !ok {
		return resource.Resource{}, noSuchEntity("policy " + r.PhysicalID + " does not exist")
	}
	return s.putPolicy(r, r.PhysicalID, held.id)
}

// putPolicy must be called with mu held.
func (s *Service) putPolicy(r resource.Request, physicalID, id string) (resource.Resource, error) {
	p, err := resource.Decode[policyProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if err := checkDocument("policy "+p.PolicyName, p.PolicyDocument); err != nil {
		return resource.Resource{}, err
	}
	if len(p.Roles) == 0 {
		return resource.Resource{}, gateway.Errorf("ValidationError",
			"policy %s: Roles is empty: name at least one role", p.PolicyName)
	}
	before, existed := s.policies[physicalID]
	s.forgetPolicies()
	s.policies[physicalID] = &attached{name: p.PolicyName, id: id, document: p.PolicyDocument, roles: p.Roles}
	for _, name := range p.Roles {
		held, ok := s.roles[name]
		if !ok {
			err = noSuchEntity("The role with name " + name + " cannot be found.")
		} else {
			err = s.checkInlineSize(held)
		}
		if err != nil {
			delete(s.policies, physicalID)
			if existed {
				s.policies[physicalID] = before
			}
			return resource.Resource{}, err
		}
	}
	return resource.Resource{PhysicalID: physicalID, Attributes: map[string]any{"Id": id}}, nil
}

func (s *Service) deletePolicy(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.policies, r.PhysicalID)
	s.forgetPolicies()
	return nil
}
