package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

// Access is one action on one resource that a call needs. A call may need several.
type Access struct {
	Action   string // "s3:GetObject"
	Resource string // an ARN, or * for an action without resources
	// Keys are the condition keys of the request, besides those that all requests have: values by the name in small letters.
	Keys map[string][]string
	// Policy is the policy of the resource; empty if it has none.
	Policy string
	// PolicyDecides is set for KMS keys: policies of roles count only if the key's policy lets the account decide.
	PolicyDecides bool
	// Missing is set if the resource does not exist, and the service says so to everybody.
	Missing bool
}

// Input is what a call says: the body of a JSON request, the form of a query request, or the request.
type Input struct {
	Body    []byte
	Form    url.Values
	Request *http.Request
}

// Needs says as which accesses the calls of one operation are authorised.
type Needs func(Input) ([]Access, error)

// NeedsOf makes Needs of a JSON operation from the members that matter.
func NeedsOf[In any](needs func(In) []Access) Needs {
	return func(in Input) ([]Access, error) {
		var members In
		if err := json.Unmarshal(in.Body, &members); err != nil {
			return nil, nil // The operation says what is wrong, and does nothing.
		}
		return needs(members), nil
	}
}

// NeedsOne makes Needs of an operation that has one action on every resource.
func NeedsOne(action string) Needs {
	access := []Access{{Action: action, Resource: "*"}}
	return func(Input) ([]Access, error) { return access, nil }
}

// Authorizer decides whether a principal has an access.
type Authorizer interface {
	// Authorize returns why an access is denied, as AWS's messages end, or "". An error means that it cannot decide.
	Authorize(p Principal, a Access) (because string, err error)
}

// authorization is what a gateway needs to decide about calls.
type authorization struct {
	authorizer Authorizer
	needs      map[string]map[string]Needs // by service and operation
	observers  []func(p Principal, a Access, because string)
}

// Authorize makes the gateway decide about every call of a role, and of a service that acts as itself. needs are the operations of
// each service that such a principal may call at all; others are refused by name. Without Authorize everybody may do everything.
// Call it before the first request.
func (g *Gateway) Authorize(a Authorizer, needs map[string]map[string]Needs) {
	g.access.authorizer, g.access.needs = a, needs
}

// ObserveAccess makes the gateway call f for every access that it decides about. because is empty for an access that is allowed. Call
// it before the first request.
func (g *Gateway) ObserveAccess(f func(p Principal, a Access, because string)) {
	g.access.observers = append(g.access.observers, f)
}

// mayDoEverything reports whether no policy limits a principal: it is a user, CloudFormation, or a role such as those of the CDK.
func (p Principal) mayDoEverything() bool { return p.Unlimited || p.Role == "" && p.Service == "" }

// authorizeCall decides about the call in ctx. The error is what AWS answers.
func authorizeCall(ctx context.Context, in Input) error {
	h, ok := ctx.Value(callKey{}).(*handling)
	if !ok || IsUnlimited(ctx) {
		return nil
	}
	needs := h.gateway.access.needs[h.Service][h.Operation]
	if needs == nil {
		return NotImplemented("what a role needs for " + h.Service + ":" + h.Operation)
	}
	all, err := needs(in)
	if err != nil {
		return err
	}
	return h.gateway.authorize(h.Principal, h.Service, all...)
}

// Needs returns what roles need, as Authorize was told: by service and operation.
func (g *Gateway) Needs() map[string]map[string]Needs { return g.access.needs }

// AuthorizeRequest decides about the call that a request is, in a service with its own protocol. The error is what AWS answers.
func AuthorizeRequest(r *http.Request) error { return authorizeCall(r.Context(), Input{Request: r}) }

// AuthorizeBody decides about the call in ctx, whose body a service with its own protocol has read. The error is what AWS answers.
func AuthorizeBody(ctx context.Context, body []byte) error {
	return authorizeCall(ctx, Input{Body: body})
}

// IsUnlimited reports whether no policy limits the sender of the call in ctx: the gateway decides about nothing, or not about it.
func IsUnlimited(ctx context.Context) bool {
	h, ok := ctx.Value(callKey{}).(*handling)
	return !ok || h.gateway.access.authorizer == nil || h.Principal.mayDoEverything()
}

// AuthorizeCall decides whether the sender of the call in ctx has more accesses, or accesses that only the service finds out. The error
// is what AWS answers.
func AuthorizeCall(ctx context.Context, all ...Access) error {
	h, ok := ctx.Value(callKey{}).(*handling)
	if !ok || h.gateway.access.authorizer == nil {
		return nil
	}
	return h.gateway.authorize(h.Principal, h.Service, all...)
}

// May decides whether a service may do something as a role, without a call. The error is what AWS answers. A nil May allows everything.
type May func(roleARN, session string, needs ...Access) error

// Ask decides.
func (m May) Ask(roleARN, session string, needs ...Access) error {
	if m == nil {
		return nil
	}
	return m(roleARN, session, needs...)
}

// Everywhere are accesses to actions that have no resources.
func Everywhere(actions ...string) []Access {
	all := make([]Access, len(actions))
	for i, action := range actions {
		all[i] = Access{Action: action, Resource: "*"}
	}
	return all
}

// AuthorizeAs decides whether a service may do something in the name of a principal, without a call. The error is what AWS answers.
func (g *Gateway) AuthorizeAs(p Principal, service string, all ...Access) error {
	if g.access.authorizer == nil {
		return nil
	}
	return g.authorize(p, service, all...)
}

func (g *Gateway) authorize(p Principal, service string, all ...Access) error {
	if p.mayDoEverything() {
		return nil
	}
	for _, a := range all {
		if a.Missing {
			continue
		}
		because, err := g.access.authorizer.Authorize(p, a)
		if err != nil {
			return err
		}
		for _, observe := range g.access.observers {
			observe(p, a, because)
		}
		if because != "" {
			return denied(p, service, a, because)
		}
	}
	return nil
}

// denied is the answer to a call that is not allowed. Codes: the common errors of each service's API reference, and "Publish" of SNS.
// Message: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func denied(p Principal, service string, a Access, because string) *Error {
	e := &Error{
		Code: "AccessDeniedException", Status: http.StatusBadRequest,
		Message: "User: " + p.ARN + " is not authorized to perform: " + a.Action + " on resource: " + a.Resource + " " + because,
	}
	switch service {
	case "s3", "cloudformation", "monitoring", "sqs", "sts":
		e.Code, e.Status = "AccessDenied", http.StatusForbidden
	case "lambda", "scheduler":
		e.Status = http.StatusForbidden
	case "sns":
		e.Code, e.Status = "AuthorizationError", http.StatusForbidden
		if a.PolicyDecides {
			e.Code, e.Status = "KMSAccessDenied", http.StatusBadRequest
		}
	}
	return e
}
