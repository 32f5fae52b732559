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

// ring has the keys whose ids begin with "good".
type ring struct{}

func (ring) Usable(id string) (string, error) {
	if !strings.HasPrefix(id, "good") {
		return "", gateway.Errorf("KMS.DisabledException", "%s is disabled.", id)
	}
	return "arn:aws:kms:eu-central-1:123456789012:key/" + id, nil
}

// encryption is how an object tells that it is encrypted.
type encryption struct {
	Algorithm types.ServerSideEncryption
	Key       string
	BucketKey bool
}

func withKey(id string) encryption {
	return encryption{types.ServerSideEncryptionAwsKms, "arn:aws:kms:eu-central-1:123456789012:key/" + id, true}
}

// encryptedBuckets has a bucket "plain", and "sealed", which encrypts with the key of an id.
func encryptedBuckets(t *testing.T, keyID string) *sdk.Client {
	s, client, _ := start(t, "")
	s.UseKeys(ring{})
	for name, settings := range map[string]string{
		"plain-bucket": `{}`,
		"sealed-bucket": `{"ServerSideEncryptionConfiguration": [{"BucketKeyEnabled": true,
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
	plain  = aws.String("plain-bucket")
	sealed = aws.String("sealed-bucket")
	name   = aws.String("k")
)

// told is what GetObject and HeadObject say.
func told(t *testing.T, client *sdk.Client, bucket *string) encryption {
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

func TestObjectsTellTheirEncryption(t *testing.T) {
	client := encryptedBuckets(t, "good-key")
	for _, c := range []struct {
		what string
		in   sdk.PutObjectInput
		want encryption
	}{
		{"S3's own", sdk.PutObjectInput{Bucket: plain}, encryption{Algorithm: types.ServerSideEncryptionAes256}},
		{"the bucket's", sdk.PutObjectInput{Bucket: sealed}, withKey("good-key")},
		{"asked for", sdk.PutObjectInput{
			Bucket: sealed, ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String("good-other"),
		}, withKey("good-other")},
		{"S3's own in spite of the bucket", sdk.PutObjectInput{
			Bucket: sealed, ServerSideEncryption: types.ServerSideEncryptionAes256,
		}, encryption{Algorithm: types.ServerSideEncryptionAes256}},
		{"the key of AWS", sdk.PutObjectInput{
			Bucket: plain, ServerSideEncryption: types.ServerSideEncryptionAwsKms,
		}, encryption{types.ServerSideEncryptionAwsKms, "arn:aws:kms:eu-central-1:123456789012:alias/aws/s3", false}},
	} {
		t.Run(c.what, func(t *testing.T) {
			c.in.Key = name
			out, err := client.PutObject(t.Context(), &c.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(told(t, client, c.in.Bucket), c.want); diff != "" {
				t.Errorf("got -, want +:\n%s", diff)
			}
			if out.ServerSideEncryption != c.want.Algorithm || aws.ToString(out.SSEKMSKeyId) != c.want.Key {
				t.Errorf("PutObject says %s %s", out.ServerSideEncryption, aws.ToString(out.SSEKMSKeyId))
			}
		})
	}
}

func TestUploadsAndCopiesTellTheirEncryption(t *testing.T) {
	client := encryptedBuckets(t, "good-key")
	begun, err := client.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{Bucket: sealed, Key: name})
	if err != nil {
		t.Fatal(err)
	}
	part, err := client.UploadPart(t.Context(), &sdk.UploadPartInput{
		Bucket: sealed, Key: name, UploadId: begun.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("x"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadInput{
		Bucket: sealed, Key: name, UploadId: begun.UploadId, MultipartUpload: &types.CompletedMultipartUpload{
			Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag}},
		},
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(told(t, client, sealed), withKey("good-key")); diff != "" {
		t.Errorf("an upload: got -, want +:\n%s", diff)
	}
	if _, err := client.CopyObject(t.Context(), &sdk.CopyObjectInput{
		Bucket: plain, Key: name, CopySource: aws.String("sealed-bucket/k"),
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(told(t, client, plain), encryption{Algorithm: types.ServerSideEncryptionAes256}); diff != "" {
		t.Errorf("a copy: got -, want +:\n%s", diff)
	}
}

func TestEncryptionThatCannotBe(t *testing.T) {
	client := encryptedBuckets(t, "gone-key")
	for want, in := range map[string]*sdk.PutObjectInput{
		"KMS.DisabledException":           {Bucket: sealed},
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
			t.Errorf("the object is there all the same: %v", err)
		}
	}
}
