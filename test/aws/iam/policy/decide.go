package policy

import "strings"

// Request is what a principal asks for: an action on a resource. A call of an API may be several requests.
type Request struct {
	Principal Principal
	Action    string // "s3:GetObject"
	Resource  string // an ARN, or * for an action without resources
	Keys      Keys
}

// Policies are the policies that decide about a request.
type Policies struct {
	Identity []*Policy
	// Boundary is the permissions boundary of the identity; nil if it has none.
	Boundary *Policy
	// Resource is the policy of the resource; nil if it has none.
	Resource *Policy
	// ResourceDecides is set for KMS keys: policies of identities count only if the policy of the key lets the account decide.
	ResourceDecides bool
}

// Decision is the answer to a request.
type Decision struct {
	Allowed bool
	// Reason says why a request is denied, as the messages of AWS do.
	Reason Reason
	// Statement is the Sid of the statement that denies, or of one that allows. It may be empty.
	Statement string
}

// Reason is why a request is denied.
type Reason int

const (
	ByNoIdentityPolicy Reason = iota + 1
	ByNoResourcePolicy
	ByNoBoundary
	ByIdentityPolicy // an explicit deny
	ByResourcePolicy // an explicit deny
	ByBoundary       // an explicit deny
)

// Because is the end of AWS's message "User: ... is not authorized to perform: ACTION on resource: ...". Source:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func (r Reason) Because(action string) string {
	switch r {
	case ByNoIdentityPolicy:
		return "because no identity-based policy allows the " + action + " action"
	case ByNoResourcePolicy:
		return "because no resource-based policy allows the " + action + " action"
	case ByNoBoundary:
		return "because no permissions boundary allows the " + action + " action"
	case ByIdentityPolicy:
		return "with an explicit deny in an identity-based policy"
	case ByResourcePolicy:
		return "with an explicit deny in a resource-based policy"
	case ByBoundary:
		return "with an explicit deny in a permissions boundary"
	}
	return ""
}

// Decide answers a request. Every statement that denies wins. Without one, a statement that allows is needed: of a policy of the
// identity that the boundary allows too, or of the policy of the resource. The error is that of a condition that cannot be decided.
func (p Policies) Decide(r Request) (Decision, error) {
	action := strings.ToLower(r.Action)
	var identity, boundary, resource verdict
	var err error
	for _, one := range p.Identity {
		if err = one.judge(r, action, &identity); err != nil {
			return Decision{}, err
		}
	}
	if p.Boundary != nil {
		if err = p.Boundary.judge(r, action, &boundary); err != nil {
			return Decision{}, err
		}
	}
	if p.Resource != nil {
		if err = p.Resource.judge(r, action, &resource); err != nil {
			return Decision{}, err
		}
	}
	switch {
	case identity.denied:
		return Decision{Reason: ByIdentityPolicy, Statement: identity.sid}, nil
	case resource.denied:
		return Decision{Reason: ByResourcePolicy, Statement: resource.sid}, nil
	case boundary.denied:
		return Decision{Reason: ByBoundary, Statement: boundary.sid}, nil
	case r.Principal.Service != "":
		// A service that acts as itself has no policies of its own.
		return granted(resource.allowed == asTheService, resource.sid, ByNoResourcePolicy), nil
	case resource.allowed == bySession:
		return Decision{Allowed: true, Statement: resource.sid}, nil // a boundary does not limit what a resource gives to a session
	case p.Boundary != nil && boundary.allowed == notNamed:
		return Decision{Reason: ByNoBoundary}, nil
	case resource.allowed == byRole:
		return Decision{Allowed: true, Statement: resource.sid}, nil
	case p.ResourceDecides && resource.allowed != throughRoot:
		return Decision{Reason: ByNoResourcePolicy}, nil
	}
	return granted(identity.allowed != notNamed, identity.sid, ByNoIdentityPolicy), nil
}

func granted(allowed bool, sid string, otherwise Reason) Decision {
	if !allowed {
		return Decision{Reason: otherwise}
	}
	return Decision{Allowed: true, Statement: sid}
}

// verdict is what one kind of policies says about a request.
type verdict struct {
	denied  bool
	allowed named
	sid     string // of the statement that denies, or of the last one that allows
}

// judge adds what the policy says about a request. The action is in small letters.
func (p *Policy) judge(r Request, action string, v *verdict) error {
	for i := range p.statements {
		s := &p.statements[i]
		as, err := s.applies(r, action)
		switch {
		case err != nil:
			return err
		case as == notNamed || v.denied:
		case s.deny:
			v.denied, v.sid = true, s.sid
		case as > v.allowed:
			v.allowed, v.sid = as, s.sid
		}
	}
	return nil
}

// applies says how a statement names the principal of a request, if it is about the request. A policy of an identity names its
// identity.
func (s *statement) applies(r Request, action string) (named, error) {
	as := bySession
	if s.principals != nil {
		as = s.principals.names(r.Principal)
	}
	if as == notNamed || s.actions != nil && !anyMatches(s.actions, action) ||
		s.notActions != nil && anyMatches(s.notActions, action) {
		return notNamed, nil
	}
	if s.resources != nil && !anyResourceMatches(s.resources, r.Resource) ||
		s.notResources != nil && anyResourceMatches(s.notResources, r.Resource) {
		return notNamed, nil
	}
	for i := range s.conditions {
		if holds, err := s.conditions[i].holds(r.Keys); err != nil || !holds {
			return notNamed, err
		}
	}
	return as, nil
}
