package iam

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// Handler answers GetRole; CloudFormation makes everything else.
func (s *Service) Handler() http.Handler {
	return gateway.Query("iam", "https://iam.amazonaws.com/doc/2010-05-08/", map[string]gateway.QueryOperation{
		"GetRole": s.getRole,
	})
}

type roleAnswer struct {
	Role struct {
		Path, RoleName, RoleId, Arn, CreateDate string
		AssumeRolePolicyDocument                string
		Description                             string `xml:",omitempty"`
		MaxSessionDuration                      int
	}
}

func (s *Service) getRole(_ context.Context, form url.Values) (any, error) {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if !slices.Contains([]string{"Action", "Version", "RoleName"}, name) {
			return nil, gateway.NotImplemented("the parameter " + name + " of iam:GetRole")
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.roles[form.Get("RoleName")]
	if !ok {
		return nil, noSuchEntity("The role with name " + form.Get("RoleName") + " cannot be found.")
	}
	var out roleAnswer
	out.Role.Path, out.Role.RoleName, out.Role.RoleId, out.Role.Arn = r.path, r.name, r.id, r.arn
	out.Role.CreateDate = r.created.UTC().Format(time.RFC3339)
	out.Role.AssumeRolePolicyDocument = url.QueryEscape(string(r.trust))
	out.Role.Description = r.description
	out.Role.MaxSessionDuration = int(r.maxSession.Seconds())
	return out, nil
}
