package iam

import (
	"strings"
	"testing"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

const reads = `{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"}]}`

// actAs opens a session of a role, as a service does.
func actAs(t *testing.T, s *Service, roleARN string) gateway.Principal {
	t.Helper()
	credentials, err := s.Credentials(roleARN, "session")
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Principal(credentials.AccessKeyID)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (s *Service) want(t *testing.T, p gateway.Principal, a gateway.Access, says string) {
	t.Helper()
	if because, err := s.Authorize(p, a); err != nil || because != says {
		t.Errorf("%s on %s by %s: got %q, %v, want %q", a.Action, a.Resource, p.ARN, because, err, says)
	}
}

var (
	get        = gateway.Access{Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/x"}
	put        = gateway.Access{Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/x"}
	noIdentity = "because no identity-based policy allows the s3:PutObject action"
)

func TestPoliciesOfARoleDecide(t *testing.T) {
	s := New(acct)
	role := create(t, s, "AWS::IAM::Role", request("R", `{"AssumeRolePolicyDocument": `+trust+`,
		"Policies": [{"PolicyName": "p", "PolicyDocument": `+reads+`}]}`))
	p := actAs(t, s, role.Attributes["Arn"].(string))
	s.want(t, p, get, "")
	s.want(t, p, put, noIdentity)

	// A policy that is a resource of its own, and its end.
	attached := create(t, s, "AWS::IAM::Policy", request("P", `{"PolicyName": "p2", "Roles": ["`+role.PhysicalID+`"],
		"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}}`))
	s.want(t, p, put, "")
	removed := resource.Request{PhysicalID: attached.PhysicalID}
	if err := s.Resources()["AWS::IAM::Policy"].Delete(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	s.want(t, p, put, noIdentity)

	// A change of the role itself.
	changed := request("R", `{"AssumeRolePolicyDocument": `+trust+`}`)
	changed.PhysicalID = role.PhysicalID
	if _, err := s.Resources()["AWS::IAM::Role"].Update(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	s.want(t, p, get, "because no identity-based policy allows the s3:GetObject action")
}

func TestPoliciesOfResourcesDecide(t *testing.T) {
	s := New(acct)
	role := create(t, s, "AWS::IAM::Role", request("R", `{"AssumeRolePolicyDocument": `+trust+`,
		"Policies": [{"PolicyName": "p", "PolicyDocument": `+reads+`}]}`))
	p := actAs(t, s, role.Attributes["Arn"].(string))
	given := put
	given.Policy = `{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "` + p.Role + `"}, "Action": "s3:PutObject", "Resource": "*"}]}`
	s.want(t, p, given, "")
	plain := get
	plain.Policy = `{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
		"Condition": {"Bool": {"aws:SecureTransport": "true"}}}]}`
	s.want(t, p, plain, "with an explicit deny in a resource-based policy")
	queue := gateway.Access{Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-central-1:123456789012:dead"}
	events := gateway.Principal{ARN: "events.amazonaws.com", Service: "events.amazonaws.com"}
	s.want(t, events, queue, "because no resource-based policy allows the sqs:SendMessage action")
	queue.Policy = `{"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]}`
	s.want(t, events, queue, "")
}

// The code of a function can be told from the service that acts for the function.
func TestFunctionsAreNamed(t *testing.T) {
	s := New(acct)
	role := create(t, s, "AWS::IAM::Role", request("R", `{"AssumeRolePolicyDocument": `+trust+`,
		"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [
			{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
			{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*",
			 "Condition": {"ArnLike": {"lambda:SourceFunctionArn": "arn:aws:lambda:*:*:function:*"}}}]}}]}`))
	arn := role.Attributes["Arn"].(string)
	s.want(t, actAs(t, s, arn), get, "")
	credentials, err := s.FunctionCredentials(arn, "check")
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Principal(credentials.AccessKeyID)
	if want := "arn:aws:lambda:eu-central-1:123456789012:function:check"; err != nil || p.Function != want {
		t.Fatalf("the function of the credentials: got %q, %v, want %s", p.Function, err, want)
	}
	s.want(t, p, get, "with an explicit deny in an identity-based policy")
}

func TestBoundary(t *testing.T) {
	s := New(acct)
	boundary := s.SeedPolicy("boundary", []byte(`{"Statement": [{"Effect": "Allow", "Action": "dms:*", "Resource": "*"}]}`))
	role := create(t, s, "AWS::IAM::Role", request("R", `{"AssumeRolePolicyDocument": `+trust+`, "PermissionsBoundary": "`+boundary+`",
		"Policies": [{"PolicyName": "p", "PolicyDocument": `+reads+`}]}`))
	p := actAs(t, s, role.Attributes["Arn"].(string))
	s.want(t, p, get, "because no permissions boundary allows the s3:GetObject action")
	s.SeedPolicy("boundary", []byte(`{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}`))
	s.want(t, p, get, "")
}

// What cannot be decided is an error that names it, and never an answer.
func TestUndecided(t *testing.T) {
	s := New(acct)
	for properties, says := range map[string]string{
		`"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]`:        "ReadOnlyAccess",
		`"PermissionsBoundary": "arn:aws:iam::123456789012:policy/nothing-here"`: "nothing-here",
		`"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
			"Condition": {"DateLessThan": {"aws:CurrentTime": "2026-11-30T00:00:00Z"}}}]}}]`: "DateLessThan",
	} {
		role := create(t, s, "AWS::IAM::Role", request("R", `{"AssumeRolePolicyDocument": `+trust+`, `+properties+`}`))
		p := actAs(t, s, role.Attributes["Arn"].(string))
		if because, err := s.Authorize(p, get); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %q, %v, want an error that says %s", properties, because, err, says)
		}
	}
	for _, name := range []string{"cdk-deploy", "dms-vpc-role"} {
		s.want(t, actAs(t, s, s.EnsureRole(name)), put, "")
	}
}
