package sts_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/oralake/oralake/local/account"
	"github.com/oralake/oralake/local/gateway"
	"github.com/oralake/oralake/local/iam"
	"github.com/oralake/oralake/local/sts"
)

var acct = account.Account{ID: "123456789012", Region: "eu-central-1"}

func start() (*iam.Service, *gateway.Gateway) {
	roles := iam.New(acct)
	g := gateway.New(roles)
	g.Handle("sts", sts.New(acct, roles).Handler())
	return roles, g
}

func TestAssumeRoleBecomesTheRole(t *testing.T) {
	roles, g := start()
	arn := roles.EnsureRole("deploy")
	admin := sdk.NewFromConfig(g.Config(acct.Region, iam.AdminCredentials()))
	assumed, err := admin.AssumeRole(t.Context(), &sdk.AssumeRoleInput{
		RoleArn: &arn, RoleSessionName: aws.String("aws-cdk-me"),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := assumed.Credentials
	as := sdk.NewFromConfig(g.Config(acct.Region,
		credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)))
	who, err := as.GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *who.Arn, "arn:aws:sts::123456789012:assumed-role/deploy/aws-cdk-me"; got != want {
		t.Errorf("ARN: got %s, want %s", got, want)
	}
	if got, want := *who.UserId, *assumed.AssumedRoleUser.AssumedRoleId; got != want {
		t.Errorf("user id: got %s, want %s", got, want)
	}
	if got := *who.Account; got != acct.ID {
		t.Errorf("account: got %s, want %s", got, acct.ID)
	}
}

func TestAssumeRoleRefusals(t *testing.T) {
	roles, g := start()
	arn := roles.EnsureRole("deploy")
	admin := sdk.NewFromConfig(g.Config(acct.Region, iam.AdminCredentials()))
	for name, c := range map[string]struct {
		in         sdk.AssumeRoleInput
		code, says string
	}{
		"no such role": {
			sdk.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::123456789012:role/nobody"), RoleSessionName: aws.String("me")},
			"AccessDenied", "sts:AssumeRole on resource",
		},
		"session policy": {
			sdk.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("me"), Policy: aws.String("{}")},
			"UnknownOperationException", "Policy",
		},
		"session name": {
			sdk.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("a b")}, "ValidationError", "a b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := admin.AssumeRole(t.Context(), &c.in)
			var e smithy.APIError
			if !errors.As(err, &e) || e.ErrorCode() != c.code || !strings.Contains(e.ErrorMessage(), c.says) {
				t.Errorf("got %v, want %s that says %s", err, c.code, c.says)
			}
		})
	}
}
