// Package ssm emulates the Parameter Store. It holds the only parameter that the CDK and CloudFormation read.
package ssm

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// BootstrapVersion is the parameter with which the CDK CLI checks that the account is bootstrapped.
const BootstrapVersion = "/cdk-bootstrap/hnb659fds/version"

// Service holds the parameters of one account. It is safe for concurrent use.
type Service struct{ bootstrap parameter }

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
	return &Service{parameter{
		Name: BootstrapVersion, Type: "String", Value: "30", Version: 1, DataType: "text",
		ARN:              acct.ARN("ssm", "parameter/"+strings.TrimPrefix(BootstrapVersion, "/")),
		LastModifiedDate: gateway.At(time.Now()),
	}}
}

// Value returns the value of a parameter that a template names. ok is false if the parameter does not exist.
func (s *Service) Value(name string) (value string, ok bool) {
	if name != s.bootstrap.Name {
		return "", false
	}
	return s.bootstrap.Value, true
}

// Handler answers requests signed for "ssm".
func (s *Service) Handler() http.Handler {
	return gateway.JSON("ssm", map[string]gateway.Operation{"GetParameter": gateway.Op(s.getParameter)})
}

type getParameterInput struct {
	Name           string
	WithDecryption bool
}

type getParameterOutput struct{ Parameter parameter }

func (s *Service) getParameter(_ context.Context, in getParameterInput) (getParameterOutput, error) {
	if in.Name != s.bootstrap.Name && in.Name != s.bootstrap.ARN {
		return getParameterOutput{}, gateway.Errorf("ParameterNotFound", "the parameter %s does not exist", in.Name)
	}
	return getParameterOutput{s.bootstrap}, nil
}
