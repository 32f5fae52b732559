package sts_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/sts"
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
		"one letter": {
			sdk.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("a")}, "ValidationError", "want 2 to 64",
		},
		"too short a session": {
			sdk.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("me"), DurationSeconds: aws.Int32(899)},
			"ValidationError", "900",
		},
		"too long a session": {
			sdk.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("me"), DurationSeconds: aws.Int32(3601)},
			"ValidationError", "exceeds the MaxSessionDuration",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := admin.AssumeRole(t.Context(), &c.in)
			var e smithy.APIError
			if !errors.As(err, &e) || e.ErrorCode() != c.code || !strings.Contains(e.ErrorMessage(), c.says) {
				t.Errorf("got %v, want %s that contains %s", err, c.code, c.says)
			}
		})
	}
}

func TestASessionLastsAsLongAsRequested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		roles, g := start()
		made, err := roles.Resources()["AWS::IAM::Role"].Create(t.Context(), resource.Request{
			StackName: "lake", LogicalID: "Long", Properties: json.RawMessage(
				`{"AssumeRolePolicyDocument": {"Statement": []}, "MaxSessionDuration": 7200}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		in := &sdk.AssumeRoleInput{
			RoleArn: aws.String(made.Attributes["Arn"].(string)), RoleSessionName: aws.String("me"),
			DurationSeconds: aws.Int32(7200),
		}
		admin := sdk.NewFromConfig(g.Config(acct.Region, iam.AdminCredentials()))
		assumed, err := admin.AssumeRole(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		c := assumed.Credentials
		if got, want := time.Until(*c.Expiration).Round(time.Second), 2*time.Hour; got != want {
			t.Errorf("the session lasts %s, want %s", got, want)
		}
		as := sdk.NewFromConfig(g.Config(acct.Region,
			credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)))
		var e smithy.APIError
		_, err = as.AssumeRole(t.Context(), in)
		if !errors.As(err, &e) || !strings.Contains(e.ErrorMessage(), "role chaining") {
			t.Errorf("two hours, requested from a session: %v, want an error", err)
		}
		time.Sleep(2*time.Hour - time.Second)
		if _, err := as.GetCallerIdentity(t.Context(), nil); err != nil {
			t.Errorf("before the session expires: %v", err)
		}
		time.Sleep(2 * time.Second)
		if _, err := as.GetCallerIdentity(t.Context(), nil); !errors.As(err, &e) || e.ErrorCode() != "ExpiredToken" {
			t.Errorf("after the session has expired: %v, want ExpiredToken", err)
		}
	})
}

func TestUnknownParametersAreRefusedByName(t *testing.T) {
	roles, _ := start()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Action=GetCallerIdentity&Colour=red"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	sts.New(acct, roles).Handler().ServeHTTP(w, r)
	if got := w.Body.String(); w.Code != http.StatusBadRequest || !strings.Contains(got, "Colour") {
		t.Errorf("got %d %s, want an error that names Colour", w.Code, got)
	}
}
