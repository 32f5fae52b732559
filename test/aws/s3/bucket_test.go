package s3_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/s3"
)

func TestBucketResource(t *testing.T) {
	s, client, _ := start(t, t.TempDir())
	kind := s.Resources()["AWS::S3::Bucket"]
	created, err := kind.Create(t.Context(), resource.Request{
		StackName: "oralake-sales", LogicalID: "Lake", Properties: json.RawMessage(`{
			"BucketEncryption": {"ServerSideEncryptionConfiguration": [{"BucketKeyEnabled": true,
				"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key-arn"}}]},
			"VersioningConfiguration": {"Status": "Suspended"},
			"PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true,
				"IgnorePublicAcls": true, "RestrictPublicBuckets": true}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(created.PhysicalID, "oralake-sales-lake-") || created.PhysicalID != strings.ToLower(created.PhysicalID) {
		t.Errorf("name: got %s", created.PhysicalID)
	}
	policy := s.Resources()["AWS::S3::BucketPolicy"]
	if _, err := policy.Create(t.Context(), resource.Request{LogicalID: "P", Properties: json.RawMessage(fmt.Sprintf(
		`{"Bucket": %q, "PolicyDocument": {"Statement": [{"Effect": "Deny"}]}}`, created.PhysicalID))}); err != nil {
		t.Fatal(err)
	}
	encryption, err := client.GetBucketEncryption(t.Context(), &sdk.GetBucketEncryptionInput{
		Bucket: &created.PhysicalID,
	})
	if err != nil {
		t.Fatal(err)
	}
	rule := encryption.ServerSideEncryptionConfiguration.Rules[0]
	if got := rule.ApplyServerSideEncryptionByDefault; got.SSEAlgorithm != "aws:kms" ||
		*got.KMSMasterKeyID != "key-arn" || !*rule.BucketKeyEnabled {
		t.Errorf("encryption: got %+v", rule)
	}
	versioning, err := client.GetBucketVersioning(t.Context(), &sdk.GetBucketVersioningInput{
		Bucket: &created.PhysicalID,
	})
	if err != nil || versioning.Status != types.BucketVersioningStatusSuspended {
		t.Errorf("versioning: got %+v, %v", versioning, err)
	}
	document, err := client.GetBucketPolicy(t.Context(), &sdk.GetBucketPolicyInput{Bucket: &created.PhysicalID})
	if err != nil || *document.Policy != `{"Statement": [{"Effect": "Deny"}]}` {
		t.Errorf("policy: got %+v, %v", document, err)
	}
	location, err := client.GetBucketLocation(t.Context(), &sdk.GetBucketLocationInput{Bucket: &created.PhysicalID})
	if err != nil || location.LocationConstraint != "eu-central-1" {
		t.Errorf("location: got %+v, %v", location, err)
	}

	key := aws.String("k")
	if _, err := client.PutObject(t.Context(), &sdk.PutObjectInput{
		Bucket: &created.PhysicalID, Key: key,
	}); err != nil {
		t.Fatal(err)
	}
	gone := resource.Request{LogicalID: "Lake", PhysicalID: created.PhysicalID}
	if err := kind.Delete(t.Context(), gone); err == nil || !strings.HasPrefix(err.Error(), "BucketNotEmpty") {
		t.Errorf("delete a bucket that is not empty: got %v, want BucketNotEmpty", err)
	}
	if _, err := client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{
		Bucket: &created.PhysicalID, Key: key,
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := kind.Delete(t.Context(), gone); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if _, err := client.HeadBucket(t.Context(), &sdk.HeadBucketInput{Bucket: &created.PhysicalID}); err == nil {
		t.Error("head the deleted bucket: got no error")
	}
}

func TestErrorNamesWhatIsNotImplemented(t *testing.T) {
	_, client, _ := start(t, "")
	bucket := aws.String(s3.AssetsBucket(acct))
	for want, call := range map[string]func() error{
		"PUT bucket ?versioning": func() error {
			_, err := client.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningInput{
				Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"},
			})
			return err
		},
		"?versionId": func() error {
			_, err := client.GetObject(t.Context(), &sdk.GetObjectInput{
				Bucket: bucket, Key: aws.String("k"), VersionId: aws.String("1"),
			})
			return err
		},
		"X-Amz-Tagging": func() error {
			_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{
				Bucket: bucket, Key: aws.String("k"), Tagging: aws.String("a=b"),
			})
			return err
		},
		"GLACIER": func() error {
			_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{
				Bucket: bucket, Key: aws.String("k"), StorageClass: "GLACIER",
			})
			return err
		},
		"If-Match of DeleteObject": func() error {
			_, err := client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{
				Bucket: bucket, Key: aws.String("k"), IfMatch: aws.String(`"x"`),
			})
			return err
		},
		"X-Amz-If-Match-Size of DeleteObject": func() error {
			_, err := client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{
				Bucket: bucket, Key: aws.String("k"), IfMatchSize: aws.Int64(1),
			})
			return err
		},
		"If-Match of GetObject": func() error {
			_, err := client.GetObject(t.Context(), &sdk.GetObjectInput{
				Bucket: bucket, Key: aws.String("k"), IfMatch: aws.String(`"x"`),
			})
			return err
		},
		"If-None-Match of CompleteMultipartUpload": func() error {
			_, err := client.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadInput{
				Bucket: bucket, Key: aws.String("k"), UploadId: aws.String("u"), IfNoneMatch: aws.String("*"),
			})
			return err
		},
		"X-Amz-Copy-Source-If-Match of CopyObject": func() error {
			_, err := client.CopyObject(t.Context(), &sdk.CopyObjectInput{
				Bucket: bucket, Key: aws.String("k"), CopySource: aws.String("a/b"), CopySourceIfMatch: aws.String("x"),
			})
			return err
		},
		"not to 999999999999": func() error {
			_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{
				Bucket: bucket, Key: aws.String("k"), ExpectedBucketOwner: aws.String("999999999999"),
			})
			return err
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

func TestGatewayGetsTheOperationNames(t *testing.T) {
	_, client, g := start(t, "")
	var got []string
	g.Observe(func(c gateway.Call) { got = append(got, c.Operation) })
	bucket := aws.String(s3.AssetsBucket(acct))
	_, _ = client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: bucket, Key: aws.String("k")})
	_, _ = client.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: bucket})
	_, _ = client.GetBucketEncryption(t.Context(), &sdk.GetBucketEncryptionInput{Bucket: bucket})
	_, _ = client.HeadBucket(t.Context(), &sdk.HeadBucketInput{Bucket: bucket})
	if diff := cmp.Diff(got, []string{"PutObject", "ListObjectsV2", "GetBucketEncryption", "HeadBucket"}); diff != "" {
		t.Errorf("operations (-got +want):\n%s", diff)
	}
}

func TestVersioningIsNotImplemented(t *testing.T) {
	s, _, _ := start(t, "")
	_, err := s.Resources()["AWS::S3::Bucket"].Create(t.Context(), resource.Request{
		StackName: "oralake-sales", LogicalID: "Lake",
		Properties: json.RawMessage(`{"VersioningConfiguration": {"Status": "Enabled"}}`),
	})
	if err == nil || !strings.Contains(err.Error(), "VersioningConfiguration") {
		t.Errorf("got %v, want an error that names VersioningConfiguration", err)
	}
}
