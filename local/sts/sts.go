// Package sts says who a caller is and hands out the credentials of roles.
package sts

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/local/account"
	"github.com/oralake/oralake/local/gateway"
	"github.com/oralake/oralake/local/iam"
)

// Service answers GetCallerIdentity and AssumeRole. A role's trust policy is not looked at here.
type Service struct {
	acct  account.Account
	roles *iam.Service
}

// New makes the token service of the account whose roles are given.
func New(acct account.Account, roles *iam.Service) *Service {
	return &Service{acct: acct, roles: roles}
}

// Handler answers requests signed for "sts".
func (s *Service) Handler() http.Handler {
	return gateway.Query("sts", "https://sts.amazonaws.com/doc/2011-06-15/", map[string]gateway.QueryOperation{
		"GetCallerIdentity": s.getCallerIdentity,
		"AssumeRole":        s.assumeRole,
	})
}

type callerIdentity struct {
	Arn     string
	UserID  string `xml:"UserId"`
	Account string
}

func (s *Service) getCallerIdentity(ctx context.Context, _ url.Values) (any, error) {
	who := gateway.PrincipalFrom(ctx)
	id := who.ARN[strings.LastIndexByte(who.ARN, '/')+1:]
	if who.Role != "" {
		role, err := s.roles.Role(who.Role)
		if err != nil {
			return nil, err
		}
		id = role.ID + ":" + id
	}
	return callerIdentity{Arn: who.ARN, UserID: id, Account: s.acct.ID}, nil
}

type assumedRole struct {
	Credentials struct {
		AccessKeyID     string `xml:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      string
	}
	AssumedRoleUser struct {
		Arn           string
		AssumedRoleID string `xml:"AssumedRoleId"`
	}
}

// What AssumeRole takes. A session policy, tags or a token code would change what the session may do, so they are
// refused and not dropped.
var assumeRoleParameters = []string{"Action", "Version", "RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId"}

func (s *Service) assumeRole(ctx context.Context, form url.Values) (any, error) {
	for name := range form {
		if !slices.Contains(assumeRoleParameters, name) {
			return nil, gateway.NotImplemented("the parameter " + name + " of sts:AssumeRole")
		}
	}
	arn, session := form.Get("RoleArn"), form.Get("RoleSessionName")
	credentials, err := s.roles.Credentials(arn, session)
	if err != nil {
		var e *gateway.Error
		if errors.As(err, &e) && e.Code == "NoSuchEntity" {
			// STS does not tell whether a role that may not be assumed exists.
			return nil, &gateway.Error{
				Code: "AccessDenied", Status: http.StatusForbidden,
				Message: "User: " + gateway.PrincipalFrom(ctx).ARN +
					" is not authorized to perform: sts:AssumeRole on resource: " + arn,
			}
		}
		return nil, err
	}
	role, err := s.roles.Role(arn)
	if err != nil {
		return nil, err
	}
	var out assumedRole
	out.Credentials.AccessKeyID = credentials.AccessKeyID
	out.Credentials.SecretAccessKey = credentials.SecretAccessKey
	out.Credentials.SessionToken = credentials.SessionToken
	out.Credentials.Expiration = credentials.Expires.UTC().Format(time.RFC3339)
	out.AssumedRoleUser.Arn = s.acct.GlobalARN("sts", "assumed-role/"+role.Name+"/"+session)
	out.AssumedRoleUser.AssumedRoleID = role.ID + ":" + session
	return out, nil
}
