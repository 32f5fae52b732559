package policy

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// policyCase is one case of testdata/cases.json. Package secondopinion reads the same file.
type policyCase struct {
	Name, Source, Unlike string
	Identity             []json.RawMessage
	Boundary, Resource   json.RawMessage
	Key                  bool
	Service              string
	Requests             []struct {
		Action, Resource string
		Keys             Context
		Want             string
	}
}

var reasons = map[Reason]string{
	0: "allowed", ByNoIdentityPolicy: "no identity policy", ByNoResourcePolicy: "no resource policy", ByNoBoundary: "no boundary",
	ByIdentityPolicy: "deny in an identity policy", ByResourcePolicy: "deny in a resource policy", ByBoundary: "deny in a boundary",
}

func (c policyCase) policies(t *testing.T) (p Policies) {
	t.Helper()
	read := func(content json.RawMessage, parse func([]byte) (*Policy, error)) *Policy {
		if content == nil {
			return nil
		}
		one, err := parse(content)
		if err != nil {
			t.Fatal(err)
		}
		return one
	}
	for _, content := range c.Identity {
		p.Identity = append(p.Identity, read(content, Parse))
	}
	p.Boundary, p.Resource, p.ResourceDecides = read(c.Boundary, Parse), read(c.Resource, ParseResource), c.Key
	return p
}

// TestDecide has the cases of the pages of AWS's documentation that each case names.
func TestDecide(t *testing.T) {
	content, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []policyCase
	if err := json.Unmarshal(content, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			policies := c.policies(t)
			who := Principal{
				Account: "111122223333", Role: "arn:aws:iam::111122223333:role/reader",
				ARN: "arn:aws:sts::111122223333:assumed-role/reader/s1",
			}
			if c.Service != "" {
				who = Principal{Service: c.Service}
			}
			for _, r := range c.Requests {
				d, err := policies.Decide(Request{Principal: who, Action: r.Action, Resource: r.Resource, Keys: r.Keys})
				if got := reasons[d.Reason]; err != nil || got != r.Want || d.Allowed != (d.Reason == 0) {
					t.Errorf("%s on %s with %v: got %s, %v, want %s", r.Action, r.Resource, r.Keys, got, err, r.Want)
				}
			}
		})
	}
}

// TestParseRefusals has what is not a policy, and what is not implemented: the error names it.
func TestParseRefusals(t *testing.T) {
	for statement, says := range map[string]string{
		`{"Effect": "Maybe", "Action": "s3:*", "Resource": "*"}`:                                                                 "Maybe",
		`{"Effect": "Allow", "Action": "GetObject", "Resource": "*"}`:                                                            "GetObject",
		`{"Effect": "Allow", "Resource": "*"}`:                                                                                   "NotAction",
		`{"Effect": "Allow", "Action": "s3:*"}`:                                                                                  "NotResource",
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "lake/*"}`:                                                            "lake/*",
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:username}/*"}`:                               "${aws:username}",
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"}`:                                               "Principal",
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "NotPrincipal": "*"}`:                                            "NotPrincipal",
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Colour": "red"}`:                                                "Colour",
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "x"}}}`:        "DateLessThan",
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}`:      "aws:SourceVpc",
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"ForSomeValues:StringEquals": {"s3:prefix": ""}}}`: "ForSomeValues",
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "no"}}}`:           `"no"`,
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": "task:*"}}}`:          "task:*",
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"s3:prefix": []}}}`:               "no value",
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": "${aws:userid}"}}}`:    "${aws:userid}",
	} {
		if _, err := Parse([]byte(`{"Statement": [` + statement + `]}`)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that says %s", statement, err, says)
		}
	}
	for _, statement := range []string{
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}`,
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": {"Federated": "x"}}`,
		`{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "role"}`,
	} {
		if _, err := ParseResource([]byte(`{"Statement": ` + statement + `}`)); err == nil {
			t.Errorf("a resource's policy %s: got no error", statement)
		}
	}
	if _, err := Parse([]byte(`{"Version": "2020-01-01", "Statement": []}`)); err == nil {
		t.Error("an unknown Version: got no error")
	}
}

// A key with several values needs an operator that says what to do with them.
func TestSeveralValuesNeedASetOperator(t *testing.T) {
	p, err := Parse([]byte(`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*",
		"Condition": {"StringEquals": {"aws:TagKeys": "job"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	request := Request{Action: "dms:AddTagsToResource", Resource: "*", Keys: Context{"aws:tagkeys": {"job", "stack"}}}
	if d, err := (Policies{Identity: []*Policy{p}}).Decide(request); err == nil {
		t.Errorf("got %+v, want an error", d)
	}
}

func BenchmarkDecide(b *testing.B) {
	p, err := Parse([]byte(`{"Statement": [
		{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "arn:aws:logs:r:111122223333:log-group:g:*"},
		{"Effect": "Allow", "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"},
		{"Effect": "Allow", "Action": "dms:DescribeReplicationTasks", "Resource": "*"},
		{"Effect": "Allow", "Action": ["dms:StopReplicationTask", "dms:DeleteReplicationTask"], "Resource": "arn:aws:dms:r:111122223333:task:*",
		 "Condition": {"StringEquals": {"aws:ResourceTag/oralake:stack": "oralake-sales"}}}]}`))
	if err != nil {
		b.Fatal(err)
	}
	policies := Policies{Identity: []*Policy{p}}
	request := Request{
		Action: "dms:DeleteReplicationTask", Resource: "arn:aws:dms:r:111122223333:task:ABC",
		Keys: Context{"aws:resourcetag/oralake:stack": {"oralake-sales"}},
	}
	for b.Loop() {
		if d, err := policies.Decide(request); err != nil || !d.Allowed {
			b.Fatal(d, err)
		}
	}
}
