package s3_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/s3"
)

// A role deletes only the objects that its policies allow it to delete.
func TestRolesDeleteWhatTheyMay(t *testing.T) {
	roles := iam.New(acct)
	made, err := roles.Resources()["AWS::IAM::Role"].Create(t.Context(), resource.Request{
		StackName: "oralake-sales", LogicalID: "Lake", Properties: json.RawMessage(`{
			"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow"}]},
			"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [
				{"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::lake/*"},
				{"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::lake/cdc/*/*/*"}]}}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := s3.New(acct, "")
	if err != nil {
		t.Fatal(err)
	}
	g := gateway.New(roles)
	g.Authorize(roles, map[string]map[string]gateway.Needs{"s3": s.Needs()})
	g.Handle("s3", s.Handler())
	admin := sdk.NewFromConfig(g.Config(acct.Region, iam.AdminCredentials()))
	asRole := sdk.NewFromConfig(g.Config(acct.Region, aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return roles.Credentials(made.Attributes["Arn"].(string), "dms-session")
	})))
	lake := aws.String("lake")
	if _, err := admin.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: lake}); err != nil {
		t.Fatal(err)
	}
	keys := []string{"cdc/S/T/LOAD1", "cdc/S/T/2026/x", "cdc/test", "full/S/T/LOAD1"}
	for _, key := range keys {
		put(t, admin, key, "x")
	}
	_, err = asRole.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: lake, Key: &keys[0]})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "AccessDenied" {
		t.Errorf("a denied object: got %v, want AccessDenied", err)
	}
	var all []types.ObjectIdentifier
	for i := range keys {
		all = append(all, types.ObjectIdentifier{Key: &keys[i]})
	}
	out, err := asRole.DeleteObjects(t.Context(), &sdk.DeleteObjectsInput{Bucket: lake, Delete: &types.Delete{Objects: all}})
	if err != nil {
		t.Fatal(err)
	}
	var denied []string
	for _, e := range out.Errors {
		denied = append(denied, aws.ToString(e.Key)+" "+aws.ToString(e.Code))
	}
	if diff := cmp.Diff(denied, []string{keys[0] + " AccessDenied", keys[1] + " AccessDenied"}); diff != "" {
		t.Errorf("denied (-got +want):\n%s", diff)
	}
	if len(out.Deleted) != 2 {
		t.Errorf("deleted %v, want two objects", out.Deleted)
	}
	left, err := admin.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: lake})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range left.Contents {
		names = append(names, aws.ToString(o.Key))
	}
	if slices.Sort(names); !slices.Equal(names, []string{keys[1], keys[0]}) {
		t.Errorf("left: got %v, want the denied objects", names)
	}
	if _, err := admin.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: lake, Key: &keys[0]}); err != nil {
		t.Errorf("a user may delete everything: %v", err)
	}
}
