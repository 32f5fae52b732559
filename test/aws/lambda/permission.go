package lambda

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// Permission is a statement of a function's resource-based policy, an AWS::Lambda::Permission. It is kept and shown;
// who may invoke is decided by whoever enforces policies.
type Permission struct {
	ID            string // the statement's id
	Action        string // "lambda:InvokeFunction"
	Principal     string // a service, an account or an ARN
	SourceARN     string // empty for any
	SourceAccount string // empty for any
}

type permissionProperties struct {
	Action        string
	FunctionName  string
	Principal     string
	SourceArn     string
	SourceAccount string
}

// Permissions are the statements of a function's policy in the order of their ids.
func (s *Service) Permissions(functionName string) ([]Permission, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(functionName)
	if err != nil {
		return nil, err
	}
	var all []Permission
	for _, id := range slices.Sorted(maps.Keys(f.policy)) {
		all = append(all, f.policy[id])
	}
	return all, nil
}

func (p Permission) statement(functionARN string) map[string]any {
	var principal any = map[string]string{"AWS": p.Principal}
	if strings.HasSuffix(p.Principal, ".amazonaws.com") {
		principal = map[string]string{"Service": p.Principal}
	}
	statement := map[string]any{
		"Sid": p.ID, "Effect": "Allow", "Principal": principal, "Action": p.Action, "Resource": functionARN,
	}
	condition := map[string]any{}
	if p.SourceARN != "" {
		condition["ArnLike"] = map[string]string{"AWS:SourceArn": p.SourceARN}
	}
	if p.SourceAccount != "" {
		condition["StringEquals"] = map[string]string{"AWS:SourceAccount": p.SourceAccount}
	}
	if len(condition) > 0 {
		statement["Condition"] = condition
	}
	return statement
}

// nameOf is the name in a function's name or ARN.
func nameOf(nameOrARN string) string {
	if _, name, found := strings.Cut(nameOrARN, ":function:"); found {
		name, _, _ = strings.Cut(name, ":")
		return name
	}
	return nameOrARN
}

func (s *Service) createPermission(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[permissionProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.Action == "" || p.Principal == "" {
		return resource.Resource{}, invalid("permission %s: Action and Principal are required", r.LogicalID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(nameOf(p.FunctionName))
	if err != nil {
		return resource.Resource{}, err
	}
	id := r.Name(100)
	f.policy[id] = Permission{
		ID: id, Action: p.Action, Principal: p.Principal, SourceARN: p.SourceArn, SourceAccount: p.SourceAccount,
	}
	return resource.Resource{PhysicalID: id, Attributes: map[string]any{"Id": id}}, nil
}

func (s *Service) deletePermission(_ context.Context, r resource.Request) error {
	p, err := resource.Decode[permissionProperties](r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.functions[nameOf(p.FunctionName)]; ok {
		delete(f.policy, r.PhysicalID)
	}
	return nil
}

// invokeConfigProperties has no DestinationConfig: destinations are refused by name.
type invokeConfigProperties struct {
	FunctionName             string
	Qualifier                string
	MaximumRetryAttempts     *int
	MaximumEventAgeInSeconds *int
}

func (s *Service) putInvokeConfig(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[invokeConfigProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if p.Qualifier != "$LATEST" {
		return resource.Resource{}, gateway.NotImplemented("Lambda versions and aliases (qualifier " + p.Qualifier + ")")
	}
	policy := defaultAsync
	if p.MaximumRetryAttempts != nil {
		if policy.retries = *p.MaximumRetryAttempts; policy.retries < 0 || policy.retries > 2 {
			return resource.Resource{}, invalid("MaximumRetryAttempts %d is not between 0 and 2", policy.retries)
		}
	}
	if p.MaximumEventAgeInSeconds != nil {
		policy.maxAge = time.Duration(*p.MaximumEventAgeInSeconds) * time.Second
		if policy.maxAge < time.Minute || policy.maxAge > 6*time.Hour {
			return resource.Resource{}, invalid("MaximumEventAgeInSeconds %d is not between 60 and 21600",
				*p.MaximumEventAgeInSeconds)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.find(nameOf(p.FunctionName))
	if err != nil {
		return resource.Resource{}, err
	}
	f.async = policy
	return resource.Resource{PhysicalID: f.now.name + "|$LATEST"}, nil
}

func (s *Service) deleteInvokeConfig(_ context.Context, r resource.Request) error {
	p, err := resource.Decode[invokeConfigProperties](r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.functions[nameOf(p.FunctionName)]; ok {
		f.async = defaultAsync
	}
	return nil
}
