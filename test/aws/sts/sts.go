// Package sts identifies callers and issues credentials of roles.
package sts

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
)

// Service answers GetCallerIdentity and AssumeRole. It does not evaluate a role's trust policy.
type Service struct {
	acct  account.Account
	roles *iam.Service
}

// New makes the token service of an account with the given roles.
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

func (s *Service) getCallerIdentity(ctx context.Context, form url.Values) (any, error) {
	if err := refuseOthers(form, "GetCallerIdentity"); err != nil {
		return nil, err
	}
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

// refuseOthers returns an error that names the first parameter that an operation does not have. A session policy, tags
// or a token code would change what a session may do, so they are refused and not ignored.
func refuseOthers(form url.Values, operation string, taken ...string) error {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if name != "Action" && name != "Version" && !slices.Contains(taken, name) {
			return gateway.NotImplemented("the parameter " + name + " of sts:" + operation)
		}
	}
	return nil
}

const defaultSession = "3600" // seconds

func (s *Service) assumeRole(ctx context.Context, form url.Values) (any, error) {
	if err := refuseOthers(form, "AssumeRole", "RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId"); err != nil {
		return nil, err
	}
	arn, session := form.Get("RoleArn"), form.Get("RoleSessionName")
	seconds, err := strconv.ParseInt(cmp.Or(form.Get("DurationSeconds"), defaultSession), 10, 32)
	if err != nil {
		return nil, gateway.Errorf("ValidationError", "DurationSeconds %q: want a number", form.Get("DurationSeconds"))
	}
	chained := gateway.PrincipalFrom(ctx).Role != ""
	credentials, err := s.roles.Assume(arn, session, time.Duration(seconds)*time.Second, chained)
	if err != nil {
		var e *gateway.Error
		if errors.As(err, &e) && e.Code == "NoSuchEntity" {
			// STS does not reveal whether a role that the caller may not assume exists.
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
