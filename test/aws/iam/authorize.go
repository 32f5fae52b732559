package iam

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam/policy"
)

// Authorize says why the principal of a call is denied an access, or "". Users, and roles that EnsureRole has made, may do everything:
// their policies are not in any template. An error means that a policy cannot be decided here, and names why.
func (s *Service) Authorize(p gateway.Principal, a gateway.Access) (because string, err error) {
	policies := policy.Policies{ResourceDecides: a.PolicyDecides}
	who := policy.Principal{Service: p.Service}
	if p.Service == "" {
		own, open, err := s.policiesOf(p.Role)
		if err != nil || open {
			return "", err
		}
		policies.Identity, policies.Boundary = own.identity, own.boundary
		who = policy.Principal{Account: s.acct.ID, ARN: p.ARN, Role: p.Role}
	}
	if a.Policy != "" {
		if policies.Resource, err = s.resourcePolicy(a.Policy); err != nil {
			return "", fmt.Errorf("the policy of %s: %w", a.Resource, err)
		}
	}
	d, err := policies.Decide(policy.Request{
		Principal: who, Action: a.Action, Resource: a.Resource, Keys: keys{own: a.Keys, principal: p, service: s},
	})
	if err != nil {
		return "", fmt.Errorf("%s on %s by %s: %w", a.Action, a.Resource, p.ARN, err)
	}
	return d.Reason.Because(a.Action), nil
}

// keys are the condition keys of a request: its own, and those that all requests have.
type keys struct {
	own       policy.Context
	principal gateway.Principal
	service   *Service
}

// Key implements policy.Keys.
func (k keys) Key(name string) ([]string, bool) {
	one := ""
	switch name {
	case "aws:securetransport":
		// The endpoint on this machine stands for that of AWS, which clients reach with TLS.
		one = "true"
	case "aws:principalarn":
		one = k.principal.Role
	case "aws:principalaccount":
		if k.principal.Service == "" {
			one = k.service.acct.ID
		}
	case "aws:requestedregion":
		one = k.service.acct.Region
	case "aws:sourcearn":
		if k.principal.SourceARN == "" {
			return k.own.Key(name)
		}
		one = k.principal.SourceARN
	case "aws:sourceaccount":
		if k.principal.SourceARN == "" {
			return k.own.Key(name)
		}
		one = k.service.acct.ID
	case "lambda:sourcefunctionarn":
		one = k.principal.Function
	default:
		return k.own.Key(name)
	}
	if one == "" {
		return nil, false
	}
	return []string{one}, true
}

// rolePolicies are the policies of a role that have been read.
type rolePolicies struct {
	identity []*policy.Policy
	boundary *policy.Policy
}

// policiesOf returns the policies of a role. It reads them once after each change. open is set for a role that may do everything.
func (s *Service) policiesOf(roleARN string) (own *rolePolicies, open bool, err error) {
	s.mu.RLock()
	r, err := s.roleByARN(roleARN)
	if err == nil {
		own, open = r.read, r.open
	}
	s.mu.RUnlock()
	if err != nil || own != nil || open {
		return own, open, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	own, err = s.readPolicies(r)
	if err == nil {
		r.read = own
	}
	return own, false, err
}

// readPolicies must be called with mu held.
func (s *Service) readPolicies(r *role) (*rolePolicies, error) {
	if len(r.managed) > 0 {
		return nil, fmt.Errorf("role %s has the policy %s: the embedded AWS does not have the policies that AWS manages", r.name, r.managed[0])
	}
	own := &rolePolicies{}
	documents := maps.Clone(r.inline)
	for id, p := range s.policies {
		if slices.Contains(p.roles, r.name) {
			documents[id] = p.document
		}
	}
	for _, name := range slices.Sorted(maps.Keys(documents)) {
		one, err := policy.Parse(documents[name])
		if err != nil {
			return nil, fmt.Errorf("policy %s of role %s: %w", name, r.name, err)
		}
		own.identity = append(own.identity, one)
	}
	if r.boundary != "" {
		document, ok := s.managed[r.boundary]
		if !ok {
			return nil, fmt.Errorf("the permissions boundary %s of role %s does not exist: make it with SeedPolicy", r.boundary, r.name)
		}
		var err error
		if own.boundary, err = policy.Parse(document); err != nil {
			return nil, fmt.Errorf("the permissions boundary %s of role %s: %w", r.boundary, r.name, err)
		}
	}
	return own, nil
}

// SeedPolicy makes a managed policy of the account, such as a permissions boundary, or gives it another document.
func (s *Service) SeedPolicy(name string, document []byte) (arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	arn = s.acct.GlobalARN("iam", "policy/"+name)
	s.managed[arn] = json.RawMessage(document)
	s.forgetPolicies()
	return arn
}

// forgetPolicies makes the policies of all roles be read again. It must be called with mu held.
func (s *Service) forgetPolicies() {
	for _, r := range s.roles {
		r.read = nil
	}
}

// maxResourcePolicies is the number of documents of policies of resources that are kept after they have been read.
const maxResourcePolicies = 1000

// resourcePolicy reads the policy of a resource, each document once.
func (s *Service) resourcePolicy(document string) (*policy.Policy, error) {
	s.mu.RLock()
	known := s.resourcePolicies[document]
	s.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	read, err := policy.ParseResource([]byte(document))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.resourcePolicies) >= maxResourcePolicies {
		clear(s.resourcePolicies)
	}
	s.resourcePolicies[document] = read
	return read, nil
}
