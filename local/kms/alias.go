package kms

import (
	"context"
	"regexp"
	"strings"

	"github.com/oralake/oralake/local/gateway"
	"github.com/oralake/oralake/local/resource"
)

type aliasProperties struct {
	AliasName   string
	TargetKeyID string `json:"TargetKeyId"` // a key's id or ARN
}

var validAlias = regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]{1,250}$`)

func (s *Service) createAlias(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[aliasProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	if !validAlias.MatchString(p.AliasName) || strings.HasPrefix(p.AliasName, "alias/aws/") {
		return resource.Resource{}, gateway.Errorf("InvalidAliasNameException",
			"alias name %q: want alias/ and letters, digits or any of /_-, and not alias/aws/", p.AliasName)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.aliases[p.AliasName]; taken {
		return resource.Resource{}, gateway.Errorf("AlreadyExistsException",
			"An alias with the name %s already exists", s.acct.ARN("kms", p.AliasName))
	}
	return s.point(p)
}

func (s *Service) updateAlias(_ context.Context, r resource.Request) (resource.Resource, error) {
	p, err := resource.Decode[aliasProperties](r)
	if err != nil {
		return resource.Resource{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.point(p)
}

// point needs mu.
func (s *Service) point(p aliasProperties) (resource.Resource, error) {
	if strings.Contains(p.TargetKeyID, "alias/") {
		return resource.Resource{}, gateway.Errorf("ValidationException", "Aliases must refer to keys. Not aliases")
	}
	k, err := s.find(p.TargetKeyID)
	if err != nil {
		return resource.Resource{}, err
	}
	if !k.deletion.IsZero() {
		return resource.Resource{}, gateway.Errorf("KMSInvalidStateException", "%s is pending deletion.", k.arn)
	}
	s.aliases[p.AliasName] = k.id
	return resource.Resource{PhysicalID: p.AliasName, Attributes: map[string]any{}}, nil
}

func (s *Service) deleteAlias(_ context.Context, r resource.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.aliases, r.PhysicalID)
	return nil
}
