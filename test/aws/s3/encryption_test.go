package s3_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
)

// testKeys has the keys whose ids begin with "good".
type testKeys struct{}

func (testKeys) Usable(id string) (string, error) {
	if !strings.HasPrefix(id, "good") {
		return "", gateway.Errorf("KMS.DisabledException", "%s is disabled.", id)
	}
	return "arn:aws:kms:eu-central-1:123456789012:key/" + id, nil
}

func (testKeys) Access(string, string, string, map[string]string) (gateway.Access, bool) {
	return gateway.Access{}, false
}

// encryption is the content of the encryption headers of an object.
type encryption struct {
	Algorithm types.ServerSideEncryption
	Key       string
	BucketKey bool
}

func withKey(id string) encryption {
	return encryption{types.ServerSideEncryptionAwsKms, "arn:aws:kms:eu-central-1:123456789012:key/" + id, true}
}

// encryptedBuckets creates the bucket "plain-bucket", and "kms-bucket" with the KMS key keyID.
func encryptedBuckets(t *testing.T, keyID string) *sdk.Client {
	s, client, _ := start(t, "")
	s.UseKeys(testKeys{})
	for name, settings := range map[string]string{
		"plain-bucket": `{}`,
		"kms-bucket": `{"ServerSideEncryptionConfiguration": [{"BucketKeyEnabled": true,
			"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "` + keyID + `"}}]}`,
	} {
		properties := `{"BucketName": "` + name + `", "BucketEncryption": ` + settings + `}`
		if _, err := s.Resources()["AWS::S3::Bucket"].Create(t.Context(), resource.Request{
			StackName: "lake", LogicalID: "B", Properties: json.RawMessage(properties),
		}); err != nil {
			t.Fatal(err)
		}
	}
	return client
}

var (
	plain = aws.String("plain-bucket")
	kms   = aws.String("kms-bucket")
	name  = aws.String("k")
)

// encryptionOf returns the encryption headers of HeadObject. It checks that GetObject has the same.
func encryptionOf(t *testing.T, client *sdk.Client, bucket *string) encryption {
	t.Helper()
	head, err := client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: bucket, Key: name})
	if err != nil {
		t.Fatal(err)
	}
	e := encryption{head.ServerSideEncryption, aws.ToString(head.SSEKMSKeyId), aws.ToBool(head.BucketKeyEnabled)}
	got, err := client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: bucket, Key: name})
	if err != nil {
		t.Fatal(err)
	}
	_ = got.Body.Close()
	if diff := cmp.Diff(encryption{
		got.ServerSideEncryption, aws.ToString(got.SSEKMSKeyId), aws.ToBool(got.BucketKeyEnabled),
	}, e); diff != "" {
		t.Errorf("GetObject (-) and HeadObject (+) differ:\n%s", diff)
	}
	return e
}

func TestEncryptionOfObjects(t *testing.T) {
	client := encryptedBuckets(t, "good-key")
	for _, c := range []struct {
		what string
		in   sdk.PutObjectInput
		want encryption
	}{
		{"the default", sdk.PutObjectInput{Bucket: plain}, encryption{Algorithm: types.ServerSideEncryptionAes256}},
		{"the key of the bucket", sdk.PutObjectInput{Bucket: kms}, withKey("good-key")},
		{"the key of the request", sdk.PutObjectInput{
			Bucket: kms, ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String("good-other"),
		}, withKey("good-other")},
		{"AES256 in a bucket with a key", sdk.PutObjectInput{
			Bucket: kms, ServerSideEncryption: types.ServerSideEncryptionAes256,
		}, encryption{Algorithm: types.ServerSideEncryptionAes256}},
		{"the AWS managed key", sdk.PutObjectInput{
			Bucket: plain, ServerSideEncryption: types.ServerSideEncryptionAwsKms,
		}, encryption{types.ServerSideEncryptionAwsKms, "arn:aws:kms:eu-central-1:123456789012:alias/aws/s3", false}},
	} {
		t.Run(c.what, func(t *testing.T) {
			c.in.Key = name
			out, err := client.PutObject(t.Context(), &c.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(encryptionOf(t, client, c.in.Bucket), c.want); diff != "" {
				t.Errorf("got -, want +:\n%s", diff)
			}
			if out.ServerSideEncryption != c.want.Algorithm || aws.ToString(out.SSEKMSKeyId) != c.want.Key {
				t.Errorf("PutObject: got %s %s", out.ServerSideEncryption, aws.ToString(out.SSEKMSKeyId))
			}
		})
	}
}

func TestEncryptionOfUploadsAndCopies(t *testing.T) {
	client := encryptedBuckets(t, "good-key")
	upload, err := client.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{Bucket: kms, Key: name})
	if err != nil {
		t.Fatal(err)
	}
	part, err := client.UploadPart(t.Context(), &sdk.UploadPartInput{
		Bucket: kms, Key: name, UploadId: upload.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("x"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadInput{
		Bucket: kms, Key: name, UploadId: upload.UploadId, MultipartUpload: &types.CompletedMultipartUpload{
			Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag}},
		},
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(encryptionOf(t, client, kms), withKey("good-key")); diff != "" {
		t.Errorf("an upload: got -, want +:\n%s", diff)
	}
	if _, err := client.CopyObject(t.Context(), &sdk.CopyObjectInput{
		Bucket: plain, Key: name, CopySource: aws.String("kms-bucket/k"),
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(encryptionOf(t, client, plain), encryption{Algorithm: types.ServerSideEncryptionAes256}); diff != "" {
		t.Errorf("a copy: got -, want +:\n%s", diff)
	}
}

func TestInvalidEncryption(t *testing.T) {
	client := encryptedBuckets(t, "gone-key")
	for want, in := range map[string]*sdk.PutObjectInput{
		"KMS.DisabledException":           {Bucket: kms},
		"InvalidEncryptionAlgorithmError": {Bucket: plain, ServerSideEncryption: "rot13"},
		"InvalidArgument": {
			Bucket: plain, ServerSideEncryption: types.ServerSideEncryptionAes256, SSEKMSKeyId: aws.String("good-key"),
		},
	} {
		in.Key = name
		if _, err := client.PutObject(t.Context(), in); code(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		var missing *types.NotFound
		_, err := client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: in.Bucket, Key: name})
		if !errors.As(err, &missing) {
			t.Errorf("head after a failed put: got %v, want NotFound", err)
		}
	}
}
