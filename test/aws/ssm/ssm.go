// Package ssm is the Parameter Store, as far as the CDK and CloudFormation read it.
package ssm

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// BootstrapVersion is the parameter that tells the CDK CLI that the account is bootstrapped. New sets it.
const BootstrapVersion = "/cdk-bootstrap/hnb659fds/version"

// Service holds parameters. None is a SecureString: nothing is encrypted on one machine, and a secret that only looks
// encrypted is worse than none.
type Service struct {
	acct account.Account

	mu         sync.RWMutex
	parameters map[string]*parameter
}

type parameter struct {
	Name             string
	Type             string
	Value            string
	Version          int64
	ARN              string
	DataType         string
	LastModifiedDate *gateway.Time
}

// New makes a Parameter Store that holds the CDK's bootstrap version.
func New(acct account.Account) *Service {
	s := &Service{acct: acct, parameters: map[string]*parameter{}}
	s.Put(BootstrapVersion, "30")
	return s
}

// Put sets a String parameter.
func (s *Service) Put(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(name, "String", value)
}

// Value is a parameter's value, for templates that name the parameter.
func (s *Service) Value(name string) (string, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, ok := s.parameters[name]
	if !ok {
		return "", false
	}
	return p.Value, true
}

// Handler answers requests signed for "ssm".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("ssm", map[string]gateway.Operation{
		"GetParameter":  gateway.Op(s.getParameter),
		"GetParameters": gateway.Op(s.getParameters),
		"PutParameter":  gateway.Op(s.putParameter),
	})
}

type getParameterInput struct {
	Name           string
	WithDecryption bool
}

type getParameterOutput struct{ Parameter *parameter }

func (s *Service) getParameter(_ context.Context, in getParameterInput) (getParameterOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, ok := s.find(in.Name)
	if !ok {
		return getParameterOutput{}, gateway.Errorf("ParameterNotFound", "there is no parameter %s", in.Name)
	}
	return getParameterOutput{p}, nil
}

type getParametersInput struct {
	Names          []string
	WithDecryption bool
}

type getParametersOutput struct {
	Parameters        []*parameter
	InvalidParameters []string
}

func (s *Service) getParameters(_ context.Context, in getParametersInput) (getParametersOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := getParametersOutput{Parameters: []*parameter{}, InvalidParameters: []string{}}
	for _, name := range in.Names {
		if p, ok := s.find(name); ok {
			out.Parameters = append(out.Parameters, p)
		} else {
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, nil
}

type putParameterInput struct {
	Name, Value, Type, Description string
	Overwrite                      bool
}

type putParameterOutput struct {
	Version int64
	Tier    string
}

func (s *Service) putParameter(_ context.Context, in putParameterInput) (putParameterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, exists := s.parameters[in.Name]
	switch {
	case in.Type == "SecureString":
		return putParameterOutput{}, gateway.NotImplemented("ssm: parameters of type SecureString (" + in.Name +
			"): keep the secret in Secrets Manager")
	case exists && !in.Overwrite:
		return putParameterOutput{}, gateway.Errorf("ParameterAlreadyExists",
			"the parameter %s already exists: set Overwrite to change it", in.Name)
	case exists && in.Type == "":
		in.Type = held.Type
	case in.Type != "String" && in.Type != "StringList":
		return putParameterOutput{}, gateway.Errorf("ValidationException",
			"type %q of parameter %s: want String or StringList", in.Type, in.Name)
	}
	return putParameterOutput{Version: s.put(in.Name, in.Type, in.Value), Tier: "Standard"}, nil
}

// put needs mu. It replaces the parameter, so that answers being written keep the old one.
func (s *Service) put(name, kind, value string) int64 {
	version := int64(1)
	if held, ok := s.parameters[name]; ok {
		version = held.Version + 1
	}
	s.parameters[name] = &parameter{
		Name: name, Type: kind, Value: value, Version: version,
		ARN:      s.acct.ARN("ssm", "parameter/"+strings.TrimPrefix(name, "/")),
		DataType: "text", LastModifiedDate: gateway.At(time.Now()),
	}
	return version
}

// find takes a name or an ARN; it needs mu.
func (s *Service) find(name string) (*parameter, bool) {
	if p, ok := s.parameters[name]; ok {
		return p, true
	}
	for _, p := range s.parameters {
		if p.ARN == name {
			return p, true
		}
	}
	return nil, false
}
