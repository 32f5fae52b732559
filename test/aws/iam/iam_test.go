package iam

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

var acct = account.Account{ID: "123456789012", Region: "eu-central-1"}

const trust = `{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
	"Principal": {"Service": "lambda.amazonaws.com"}}]}`

func request(logicalID, properties string) resource.Request {
	return resource.Request{StackName: "oralake-sales", LogicalID: logicalID, Properties: json.RawMessage(properties)}
}

func create(t *testing.T, s *Service, kind string, r resource.Request) resource.Resource {
	t.Helper()
	made, err := s.Resources()[kind].Create(t.Context(), r)
	if err != nil {
		t.Fatalf("create %s: %v", kind, err)
	}
	return made
}

func TestRoleHasAllItsPolicies(t *testing.T) {
	s := New(acct)
	role := create(t, s, "AWS::IAM::Role", request("PollRole", `{
		"AssumeRolePolicyDocument": `+trust+`,
		"ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
		"Policies": [{"PolicyName": "inline", "PolicyDocument": {"Statement": [{"Sid": "inline"}]}}]}`))
	create(t, s, "AWS::IAM::Policy", request("PollPolicy", `{
		"PolicyName": "default", "Roles": ["`+role.PhysicalID+`"],
		"PolicyDocument": {"Statement": [{"Sid": "default"}]}}`))
	got, err := s.Role(role.Attributes["Arn"].(string))
	if err != nil {
		t.Fatal(err)
	}
	want := Role{
		Name: role.PhysicalID, ARN: "arn:aws:iam::123456789012:role/" + role.PhysicalID, ID: got.ID,
		Trust: json.RawMessage(trust),
		Policies: map[string]json.RawMessage{
			"inline":  json.RawMessage(`{"Statement": [{"Sid": "inline"}]}`),
			"default": json.RawMessage(`{"Statement": [{"Sid": "default"}]}`),
		},
		AWSManaged: []string{"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		Tags:       map[string]string{},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("role (-got +want):\n%s", diff)
	}
}

func TestPolicyNeedsItsRole(t *testing.T) {
	s := New(acct)
	_, err := s.Resources()["AWS::IAM::Policy"].Create(t.Context(),
		request("P", `{"PolicyName": "p", "PolicyDocument": {"Statement": []}, "Roles": ["nobody"]}`))
	if code(err) != "NoSuchEntity" {
		t.Errorf("got %v, want NoSuchEntity", err)
	}
}

func TestRoleRefusals(t *testing.T) {
	for name, c := range map[string]struct{ properties, want string }{
		"no trust policy":     {`{}`, "MalformedPolicyDocument"},
		"too short a session": {`{"AssumeRolePolicyDocument": ` + trust + `, "MaxSessionDuration": 60}`, "Duration 60"},
		"bad name":            {`{"AssumeRolePolicyDocument": ` + trust + `, "RoleName": "a b"}`, `role name "a b"`},
		"unknown property":    {`{"AssumeRolePolicyDocument": ` + trust + `, "Colour": "red"}`, "Colour"},
		"too long inline policies": {
			`{"AssumeRolePolicyDocument": ` + trust +
				`, "Policies": [{"PolicyName": "long", "PolicyDocument": {"Statement": "` + strings.Repeat("x", 10240) + `"}}]}`,
			"10240",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(acct).Resources()["AWS::IAM::Role"].Create(t.Context(), request("R", c.properties))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error that contains %s", err, c.want)
			}
		})
	}
}

func TestCredentialsBelongToOneRole(t *testing.T) {
	s := New(acct)
	arn := s.EnsureRole("cdk-hnb659fds-deploy-role")
	if again := s.EnsureRole("cdk-hnb659fds-deploy-role"); again != arn {
		t.Errorf("EnsureRole twice: got %s, then %s", arn, again)
	}
	first, err := s.Credentials(arn, "deploy")
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Credentials(arn, "deploy")
	if err != nil || again != first {
		t.Errorf("same session: got different credentials (%v)", err)
	}
	got, err := s.Principal(first.AccessKeyID)
	if err != nil {
		t.Fatal(err)
	}
	want := gateway.Principal{ARN: "arn:aws:sts::123456789012:assumed-role/cdk-hnb659fds-deploy-role/deploy", Role: arn, Unlimited: true}
	if got != want {
		t.Errorf("principal: got %+v, want %+v", got, want)
	}

	removed := resource.Request{PhysicalID: "cdk-hnb659fds-deploy-role"}
	if err := s.Resources()["AWS::IAM::Role"].Delete(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Principal(first.AccessKeyID); code(err) != "InvalidClientTokenId" {
		t.Errorf("key of a deleted role: got %v, want InvalidClientTokenId", err)
	}
	if _, err := s.Credentials(arn, "deploy"); code(err) != "NoSuchEntity" {
		t.Errorf("credentials of a deleted role: got %v, want NoSuchEntity", err)
	}
	s.EnsureRole("cdk-hnb659fds-deploy-role")
	if second, err := s.Credentials(arn, "deploy"); err != nil || second == first {
		t.Errorf("a role created again returns the old role's credentials (%v)", err)
	}
}

func TestUnknownAccessKey(t *testing.T) {
	if _, err := New(acct).Principal("AKIAUNKNOWN"); code(err) != "InvalidClientTokenId" {
		t.Errorf("got %v, want InvalidClientTokenId", err)
	}
	if p, err := New(acct).Principal(AdminAccessKeyID); err != nil || p.Role != "" {
		t.Errorf("administrator: got %+v, %v", p, err)
	}
}

func TestUpdateChangesTheRoleInPlace(t *testing.T) {
	s := New(acct)
	made := create(t, s, "AWS::IAM::Role", request("R", `{"AssumeRolePolicyDocument": `+trust+`}`))
	r := request("R", `{"AssumeRolePolicyDocument": `+trust+`, "Tags": [{"Key": "team", "Value": "lake"}]}`)
	r.PhysicalID = made.PhysicalID
	after, err := s.Resources()["AWS::IAM::Role"].Update(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(after, made); diff != "" {
		t.Errorf("the updated role has another identity (-got +want):\n%s", diff)
	}
	role, err := s.Role(made.Attributes["Arn"].(string))
	if err != nil || role.Tags["team"] != "lake" {
		t.Errorf("tags after the update: got %v, %v", role.Tags, err)
	}
}

func code(err error) string {
	var e *gateway.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
