package iam

import "testing"

func TestAllows(t *testing.T) {
	s := New(acct)
	role := create(t, s, "AWS::IAM::Role", request("Lake", `{
		"AssumeRolePolicyDocument": `+trust+`,
		"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [
			{"Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::lake/*"},
			{"Effect": "Deny", "Action": "s3:deleteobject", "Resource": ["arn:aws:s3:::lake/cdc/*/*/*"]},
			{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::lake/?",
			 "Condition": {"StringLike": {"s3:prefix": "x"}}}]}}]}`)).Attributes["Arn"].(string)
	for _, test := range []struct {
		action, key string
		want        bool
	}{
		{"s3:PutObject", "cdc/S/T/LOAD1", true},
		{"s3:DeleteObject", "full/S/T/LOAD1", true},
		{"s3:DeleteObject", "cdc/test", true},
		{"s3:DeleteObject", "cdc/S/test", true},
		{"s3:DeleteObject", "cdc/S/T/LOAD1", false},
		{"s3:DeleteObject", "cdc/S/T/2026/11/30/x", false},
		{"s3:ListBucket", "cdc/S/T/LOAD1", false},
	} {
		if got, err := s.Allows(role, test.action, "arn:aws:s3:::lake/"+test.key); err != nil || got != test.want {
			t.Errorf("%s of %s: got %v, %v, want %v", test.action, test.key, got, err, test.want)
		}
	}
	if _, err := s.Allows(role, "s3:GetObject", "arn:aws:s3:::lake/k"); err == nil {
		t.Error("a Condition was ignored")
	}
	if _, err := s.Allows("arn:aws:iam::123456789012:role/nobody", "s3:GetObject", "x"); code(err) != "NoSuchEntity" {
		t.Errorf("unknown role: got %v, want NoSuchEntity", err)
	}
}
