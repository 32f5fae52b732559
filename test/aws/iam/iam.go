// Package iam keeps the roles of the embedded AWS, their policies and the credentials issued for them. It identifies
// the sender of a request, and decides whether the sender may do what the request asks for: see Authorize.
package iam

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam/policy"
)

// Service holds the roles of one account. It is safe for concurrent use.
type Service struct {
	acct account.Account

	mu       sync.RWMutex
	roles    map[string]*role     // by name
	policies map[string]*attached // AWS::IAM::Policy resources, by physical id
	sessions map[string]*session  // of all roles, by access key id
	managed  map[string]document  // of SeedPolicy, by ARN

	resourcePolicies map[string]*policy.Policy // by their documents
}

type document = json.RawMessage

type role struct {
	name, id, arn string
	trust         document
	inline        map[string]document // by policy name
	managed       []string
	boundary      string
	maxSession    time.Duration
	tags          map[string]string
	sessions      *roleSessions
	open          bool          // made by EnsureRole: no policy limits it
	read          *rolePolicies // nil until a call needs them
}

// Role is a copy of a role at the time of the read.
type Role struct {
	Name, ARN, ID string
	// Trust is the trust policy: the document that says who may assume the role.
	Trust json.RawMessage
	// Policies are the documents of the role's inline policies, by policy name.
	Policies map[string]json.RawMessage
	// AWSManaged are the ARNs of the attached policies. This package does not have their documents.
	AWSManaged []string
	// Boundary is the ARN of the permissions boundary. It is empty if the role has none.
	Boundary string
	Tags     map[string]string
}

// New makes an account that has one administrator and no roles.
func New(acct account.Account) *Service {
	return &Service{
		acct:     acct,
		roles:    map[string]*role{},
		policies: map[string]*attached{},
		sessions: map[string]*session{},
		managed:  map[string]document{},

		resourcePolicies: map[string]*policy.Policy{},
	}
}

// EnsureRole makes a role that everyone in the account may assume, such as the roles of the CDK bootstrap stack, unless
// the role exists. The role may do everything: its policies are in no template. It returns the role's ARN.
func (s *Service) EnsureRole(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.roles[name]; ok {
		return r.arn
	}
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` +
		s.acct.GlobalARN("iam", "root") + `"}}]}`
	r := s.newRole(name, "/")
	r.trust, r.open = document(trust), true
	s.roles[name] = r
	return r.arn
}

// Role reads a role. It fails with NoSuchEntity if no role has that ARN.
func (s *Service) Role(roleARN string) (Role, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.roleByARN(roleARN)
	if err != nil {
		return Role{}, err
	}
	read := Role{
		Name: r.name, ARN: r.arn, ID: r.id, Trust: r.trust, Boundary: r.boundary, AWSManaged: slices.Clone(r.managed),
		Policies: maps.Clone(r.inline), Tags: maps.Clone(r.tags),
	}
	for _, p := range s.policies {
		if slices.Contains(p.roles, r.name) {
			read.Policies[p.name] = p.document
		}
	}
	return read, nil
}

// Roles returns the ARNs of all roles.
func (s *Service) Roles() (arns []string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, r := range s.roles {
		arns = append(arns, r.arn)
	}
	slices.Sort(arns)
	return arns
}

func (s *Service) newRole(name, path string) *role {
	return &role{
		name: name, id: "AROA" + rand.Text()[:17],
		arn:        s.acct.GlobalARN("iam", "role"+path+name),
		inline:     map[string]document{},
		maxSession: time.Hour, tags: map[string]string{}, sessions: newRoleSessions(),
	}
}

// roleByARN must be called with mu held.
func (s *Service) roleByARN(arn string) (*role, error) {
	if r, ok := s.roles[arn[strings.LastIndexByte(arn, '/')+1:]]; ok && r.arn == arn {
		return r, nil
	}
	return nil, noSuchEntity("role " + arn + " does not exist")
}

func noSuchEntity(message string) *gateway.Error {
	return &gateway.Error{Code: "NoSuchEntity", Status: http.StatusNotFound, Message: message}
}
