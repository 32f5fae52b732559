package reference_test

import (
	"strings"
	"testing"

	"github.com/oralake/oralake/test/aws/iam/reference"
)

func TestCheck(t *testing.T) {
	r, err := reference.Open("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		action, resource string
		keys             []string
		says             string // empty if nothing is wrong
	}{
		{"dms:CreateReplicationTask", "arn:aws:dms:r:1:endpoint:A", []string{"aws:RequestTag/oralake:stack"}, ""},
		{"dms:CreateReplicationTask", "arn:aws:dms:r:1:task:*", nil, "not authorised on"},
		{"dms:DeleteReplicationTask", "arn:aws:dms:r:1:task:*", []string{"aws:ResourceTag/x"}, ""},
		{"dms:DeleteReplicationTask", "arn:aws:dms:r:1:task:*", []string{"aws:RequestTag/x"}, "no condition key"},
		{"dms:DescribeReplicationTasks", "*", nil, ""},
		{"dms:DescribeReplicationTasks", "arn:aws:dms:r:1:task:*", nil, "want *"},
		{"dms:DestroyReplicationTask", "*", nil, "does not exist"},
		{"moon:Get", "*", nil, "does not exist"},
		{"s3:ListBucket", "arn:aws:s3:::lake", []string{"s3:prefix"}, ""},
		{"s3:GetObject", "arn:aws:s3:::lake/x", []string{"s3:prefix"}, "no condition key"},
		{"s3:ListBucket", "arn:aws:s3:::lake/x", nil, "not authorised on"},
		{"s3:GetObject", "arn:aws:s3:::lake", nil, "not authorised on"},
		{"logs:PutLogEvents", "arn:aws:logs:r:1:log-group:g:*", nil, ""},
		{"logs:PutLogEvents", "arn:aws:logs:r:1:log-group:g", nil, "not authorised on"},
		{"kms:Decrypt", "arn:aws:kms:r:1:key/k", []string{"kms:ViaService", "kms:EncryptionContext:aws:s3:arn"}, ""},
		{"ec2:CreateNetworkInterface", "*", []string{"lambda:SourceFunctionArn"}, "not authorised on"},
	} {
		err := r.Check(test.action, test.resource, test.keys)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s on %s with %v: got %v, want %q", test.action, test.resource, test.keys, err, test.says)
		}
	}
}
