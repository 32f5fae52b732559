package s3_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/local/account"
	"github.com/oralake/oralake/local/gateway"
	"github.com/oralake/oralake/local/iam"
	"github.com/oralake/oralake/local/resource"
	"github.com/oralake/oralake/local/s3"
)

var acct = account.Account{ID: "123456789012", Region: "eu-central-1"}

func start(t *testing.T, dir string) (*s3.Service, *sdk.Client, *gateway.Gateway) {
	t.Helper()
	s, err := s3.New(acct, dir)
	if err != nil {
		t.Fatal(err)
	}
	g := gateway.New(iam.New(acct))
	g.Handle("s3", s.Handler())
	return s, sdk.NewFromConfig(g.Config(acct.Region, iam.AdminCredentials())), g
}

// inBoth runs a test against objects in files and in memory.
func inBoth(t *testing.T, test func(t *testing.T, s *s3.Service, client *sdk.Client)) {
	for _, where := range []string{"files", "memory"} {
		t.Run(where, func(t *testing.T) {
			dir := ""
			if where == "files" {
				dir = t.TempDir()
			}
			s, client, _ := start(t, dir)
			if _, err := client.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("lake")}); err != nil {
				t.Fatal(err)
			}
			test(t, s, client)
		})
	}
}

func put(t *testing.T, client *sdk.Client, key, body string) {
	t.Helper()
	_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{
		Bucket: aws.String("lake"), Key: &key, Body: strings.NewReader(body), ContentType: aws.String("text/plain"),
		Metadata: map[string]string{"rows": "3"},
	})
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
}

func get(t *testing.T, client *sdk.Client, key, byteRange string) (string, *sdk.GetObjectOutput, error) {
	t.Helper()
	in := &sdk.GetObjectInput{Bucket: aws.String("lake"), Key: &key, ChecksumMode: types.ChecksumModeEnabled}
	if byteRange != "" {
		in.Range = &byteRange
	}
	out, err := client.GetObject(t.Context(), in)
	if err != nil {
		return "", nil, err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatalf("read %s: %v", key, err)
	}
	return string(body), out, nil
}

func TestObjects(t *testing.T) {
	inBoth(t, func(t *testing.T, _ *s3.Service, client *sdk.Client) {
		put(t, client, "full/SALES/ORDERS/LOAD00000001.parquet", "0123456789")
		body, out, err := get(t, client, "full/SALES/ORDERS/LOAD00000001.parquet", "")
		if err != nil || body != "0123456789" {
			t.Errorf("get: got %q, %v", body, err)
		}
		if *out.ContentType != "text/plain" || out.Metadata["rows"] != "3" || aws.ToString(out.ChecksumCRC32) != "poTHxg==" {
			t.Errorf("headers: got %v, %v, checksum %v", *out.ContentType, out.Metadata, aws.ToString(out.ChecksumCRC32))
		}
		if body, out, err := get(t, client, "full/SALES/ORDERS/LOAD00000001.parquet", "bytes=2-4"); err != nil ||
			body != "234" || *out.ContentRange != "bytes 2-4/10" {
			t.Errorf("range: got %q, %+v, %v", body, out, err)
		}
		if body, _, err := get(t, client, "full/SALES/ORDERS/LOAD00000001.parquet", "bytes=-3"); err != nil || body != "789" {
			t.Errorf("suffix range: got %q, %v", body, err)
		}
		head, err := client.HeadObject(t.Context(), &sdk.HeadObjectInput{
			Bucket: aws.String("lake"), Key: aws.String("full/SALES/ORDERS/LOAD00000001.parquet"),
		})
		if err != nil || *head.ContentLength != 10 || *head.ETag != *out.ETag {
			t.Errorf("head: got %+v, %v", head, err)
		}
		if _, err := client.CopyObject(t.Context(), &sdk.CopyObjectInput{
			Bucket: aws.String("lake"), Key: aws.String("copy"), CopySource: aws.String("lake/full/SALES/ORDERS/LOAD00000001.parquet"),
		}); err != nil {
			t.Fatal(err)
		}
		if body, out, err := get(t, client, "copy", ""); err != nil || body != "0123456789" || out.Metadata["rows"] != "3" {
			t.Errorf("copy: got %q, %+v, %v", body, out, err)
		}
		if _, err := client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String("lake"), Key: aws.String("copy")}); err != nil {
			t.Fatal(err)
		}
		var missing *types.NoSuchKey
		if _, _, err := get(t, client, "copy", ""); !errors.As(err, &missing) {
			t.Errorf("get what was deleted: got %v, want NoSuchKey", err)
		}
		if _, err := client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("sea"), Key: aws.String("a")}); code(err) != "NoSuchBucket" {
			t.Errorf("put into no bucket: got %v, want NoSuchBucket", err)
		}
	})
}

func TestConditionalPut(t *testing.T) {
	inBoth(t, func(t *testing.T, _ *s3.Service, client *sdk.Client) {
		put(t, client, "lock", "mine")
		_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{
			Bucket: aws.String("lake"), Key: aws.String("lock"), IfNoneMatch: aws.String("*"), Body: strings.NewReader("theirs"),
		})
		if code(err) != "PreconditionFailed" {
			t.Errorf("put over an object: got %v, want PreconditionFailed", err)
		}
		if body, _, _ := get(t, client, "lock", ""); body != "mine" {
			t.Errorf("the object is now %q", body)
		}
	})
}

func TestKeysThatAFileSystemCannotHold(t *testing.T) {
	keys := []string{
		"a", "a/b", "a/b/c", "a/", "a//b", "/a", "x/y", "x", ".", "..", "../../etc/passwd", "50%", "a/50%/b", "d ä 日本=1",
		"%", "a/%", "%41",
	}
	inBoth(t, func(t *testing.T, s *s3.Service, client *sdk.Client) {
		for _, key := range keys {
			put(t, client, key, "body of "+key)
		}
		for _, key := range keys {
			if body, _, err := get(t, client, key, ""); err != nil || body != "body of "+key {
				t.Errorf("%q: got %q, %v", key, body, err)
			}
		}
		if folder := s.Folder("lake"); folder != "" {
			_, again, _ := start(t, filepath.Dir(folder))
			for _, key := range keys {
				if body, _, err := get(t, again, key, ""); err != nil || body != "body of "+key {
					t.Errorf("%q after a new start: got %q, %v", key, body, err)
				}
			}
		}
		for _, key := range keys {
			if _, err := client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String("lake"), Key: &key}); err != nil {
				t.Errorf("delete %q: %v", key, err)
			}
		}
		if _, err := client.DeleteBucket(t.Context(), &sdk.DeleteBucketInput{Bucket: aws.String("lake")}); err != nil {
			t.Errorf("the bucket is not empty: %v", err)
		}
	})
}

func TestListing(t *testing.T) {
	inBoth(t, func(t *testing.T, _ *s3.Service, client *sdk.Client) {
		for _, key := range []string{"full/A/1", "full/A/2", "full/B/1", "full/B-1", "full/top", "cdc/A/1", "fulla"} {
			put(t, client, key, key)
		}
		list := func(prefix, delimiter string, page int32) (all []string) {
			in := &sdk.ListObjectsV2Input{Bucket: aws.String("lake"), Prefix: &prefix, MaxKeys: &page}
			if delimiter != "" {
				in.Delimiter = &delimiter
			}
			for pages := sdk.NewListObjectsV2Paginator(client, in); pages.HasMorePages(); {
				out, err := pages.NextPage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range out.CommonPrefixes {
					all = append(all, *p.Prefix)
				}
				for _, o := range out.Contents {
					all = append(all, *o.Key)
				}
			}
			return all
		}
		for _, page := range []int32{1, 2, 1000} {
			if diff := cmp.Diff(list("full/", "", page), []string{"full/A/1", "full/A/2", "full/B-1", "full/B/1", "full/top"}); diff != "" {
				t.Errorf("pages of %d, no delimiter (-got +want):\n%s", page, diff)
			}
		}
		if diff := cmp.Diff(list("full/", "/", 1), []string{"full/A/", "full/B-1", "full/B/", "full/top"}); diff != "" {
			t.Errorf("pages of 1, delimiter (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(list("", "/", 1000), []string{"cdc/", "full/", "fulla"}); diff != "" {
			t.Errorf("top (-got +want):\n%s", diff)
		}
	})
}

func TestDeleteObjects(t *testing.T) {
	inBoth(t, func(t *testing.T, _ *s3.Service, client *sdk.Client) {
		put(t, client, "a", "a")
		put(t, client, "b", "b")
		out, err := client.DeleteObjects(t.Context(), &sdk.DeleteObjectsInput{Bucket: aws.String("lake"), Delete: &types.Delete{
			Objects: []types.ObjectIdentifier{{Key: aws.String("a")}, {Key: aws.String("b")}, {Key: aws.String("c")}},
		}})
		if err != nil || len(out.Deleted) != 3 {
			t.Errorf("got %+v, %v, want three deleted", out, err)
		}
	})
}

func TestMultipart(t *testing.T) {
	inBoth(t, func(t *testing.T, s *s3.Service, client *sdk.Client) {
		begun, err := client.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{
			Bucket: aws.String("lake"), Key: aws.String("big"), ContentType: aws.String("text/plain"),
		})
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		var parts []types.CompletedPart
		for i, size := range []int{5 << 20, 5 << 20, 7} {
			body := make([]byte, size)
			_, _ = rand.Read(body)
			want.Write(body)
			out, err := client.UploadPart(t.Context(), &sdk.UploadPartInput{
				Bucket: aws.String("lake"), Key: aws.String("big"), UploadId: begun.UploadId,
				PartNumber: aws.Int32(int32(i + 1)), Body: bytes.NewReader(body),
			})
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, types.CompletedPart{ETag: out.ETag, PartNumber: aws.Int32(int32(i + 1))})
		}
		complete := func(parts []types.CompletedPart) error {
			_, err := client.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadInput{
				Bucket: aws.String("lake"), Key: aws.String("big"), UploadId: begun.UploadId,
				MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
			})
			return err
		}
		if err := complete([]types.CompletedPart{parts[1], parts[0]}); code(err) != "InvalidPartOrder" {
			t.Errorf("parts in the wrong order: got %v, want InvalidPartOrder", err)
		}
		if err := complete(parts); err != nil {
			t.Fatal(err)
		}
		body, out, err := get(t, client, "big", "")
		if err != nil || body != want.String() || *out.ContentType != "text/plain" {
			t.Errorf("the object is not its parts (%v)", err)
		}
		if err := complete(parts); code(err) != "NoSuchUpload" {
			t.Errorf("complete twice: got %v, want NoSuchUpload", err)
		}
		if folder := s.Folder("lake"); folder != "" {
			left, err := os.ReadDir(filepath.Join(filepath.Dir(folder), ".drafts"))
			if err != nil || len(left) != 0 {
				t.Errorf("drafts left: %v, %v", left, err)
			}
		}
	})
}

func TestObjectsArePlainFiles(t *testing.T) {
	s, client, _ := start(t, t.TempDir())
	_, err := client.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("lake")})
	if err != nil {
		t.Fatal(err)
	}
	put(t, client, "full/SALES/ORDERS/LOAD00000001.parquet", "PAR1")
	got, err := os.ReadFile(filepath.Join(s.Folder("lake"), "full", "SALES", "ORDERS", "LOAD00000001.parquet"))
	if err != nil || string(got) != "PAR1" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestMemoryStaysSmallWhileAFileIsWritten(t *testing.T) {
	_, client, _ := start(t, t.TempDir())
	_, err := client.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("lake")})
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := client.PutObject(t.Context(), &sdk.PutObjectInput{
		Bucket: aws.String("lake"), Key: aws.String("big"), Body: bytes.NewReader(make([]byte, size)),
	}); err != nil {
		t.Fatal(err)
	}
	out, err := client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String("big")})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	if n, err := io.Copy(io.Discard, out.Body); n != size || err != nil {
		t.Errorf("read %d bytes, %v, want %d", n, err, size)
	}
	runtime.ReadMemStats(&after)
	// The test's own copy is the 64 MiB; anything near twice that means that a body was buffered.
	if grown := after.TotalAlloc - before.TotalAlloc; grown > size+16<<20 {
		t.Errorf("allocated %d MiB to write and read %d MiB", grown>>20, size>>20)
	}
}

// TestChunkedUpload sends what the CDK CLI's SDK sends when it streams a file: aws-chunked with a trailing checksum.
func TestChunkedUpload(t *testing.T) {
	_, client, g := start(t, t.TempDir())
	send := func(checksum string) int {
		body := "5\r\nhello\r\n6;chunk-signature=00\r\n world\r\n0\r\nx-amz-checksum-crc32:" + checksum + "\r\n\r\n"
		r := httptest.NewRequest(http.MethodPut, "/"+s3.AssetsBucket(acct)+"/asset.zip", strings.NewReader(body))
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20261101/eu-central-1/s3/aws4_request, Signature=0")
		r.Header.Set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
		r.Header.Set("X-Amz-Decoded-Content-Length", "11")
		r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
		r.Header.Set("Content-Encoding", "aws-chunked")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		return w.Code
	}
	if got := send("DUoRhQ=="); got != http.StatusOK {
		t.Fatalf("upload: status %d", got)
	}
	out, err := client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String(s3.AssetsBucket(acct)), Key: aws.String("asset.zip")})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	if body, _ := io.ReadAll(out.Body); string(body) != "hello world" || out.ContentEncoding != nil {
		t.Errorf("got %q, encoding %v", body, aws.ToString(out.ContentEncoding))
	}
	if got := send("AAAAAA=="); got != http.StatusBadRequest {
		t.Errorf("upload with a wrong checksum: status %d, want 400", got)
	}
}

func TestBucketResource(t *testing.T) {
	s, client, _ := start(t, t.TempDir())
	kind := s.Resources()["AWS::S3::Bucket"]
	made, err := kind.Create(t.Context(), resource.Request{
		StackName: "oralake-sales", LogicalID: "Lake", Properties: json.RawMessage(`{
			"BucketEncryption": {"ServerSideEncryptionConfiguration": [{"BucketKeyEnabled": true,
				"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key-arn"}}]},
			"VersioningConfiguration": {"Status": "Enabled"},
			"PublicAccessBlockConfiguration": {"BlockPublicAcls": true, "BlockPublicPolicy": true,
				"IgnorePublicAcls": true, "RestrictPublicBuckets": true}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(made.PhysicalID, "oralake-sales-lake-") || made.PhysicalID != strings.ToLower(made.PhysicalID) {
		t.Errorf("name: got %s", made.PhysicalID)
	}
	policy := s.Resources()["AWS::S3::BucketPolicy"]
	if _, err := policy.Create(t.Context(), resource.Request{LogicalID: "P", Properties: json.RawMessage(fmt.Sprintf(
		`{"Bucket": %q, "PolicyDocument": {"Statement": [{"Effect": "Deny"}]}}`, made.PhysicalID))}); err != nil {
		t.Fatal(err)
	}
	encryption, err := client.GetBucketEncryption(t.Context(), &sdk.GetBucketEncryptionInput{Bucket: &made.PhysicalID})
	if err != nil {
		t.Fatal(err)
	}
	rule := encryption.ServerSideEncryptionConfiguration.Rules[0]
	if got := rule.ApplyServerSideEncryptionByDefault; got.SSEAlgorithm != "aws:kms" || *got.KMSMasterKeyID != "key-arn" || !*rule.BucketKeyEnabled {
		t.Errorf("encryption: got %+v", rule)
	}
	versioning, err := client.GetBucketVersioning(t.Context(), &sdk.GetBucketVersioningInput{Bucket: &made.PhysicalID})
	if err != nil || versioning.Status != types.BucketVersioningStatusEnabled {
		t.Errorf("versioning: got %+v, %v", versioning, err)
	}
	document, err := client.GetBucketPolicy(t.Context(), &sdk.GetBucketPolicyInput{Bucket: &made.PhysicalID})
	if err != nil || *document.Policy != `{"Statement": [{"Effect": "Deny"}]}` {
		t.Errorf("policy: got %+v, %v", document, err)
	}
	location, err := client.GetBucketLocation(t.Context(), &sdk.GetBucketLocationInput{Bucket: &made.PhysicalID})
	if err != nil || location.LocationConstraint != "eu-central-1" {
		t.Errorf("location: got %+v, %v", location, err)
	}

	key := aws.String("k")
	if _, err := client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: &made.PhysicalID, Key: key}); err != nil {
		t.Fatal(err)
	}
	gone := resource.Request{LogicalID: "Lake", PhysicalID: made.PhysicalID}
	if err := kind.Delete(t.Context(), gone); err == nil || !strings.HasPrefix(err.Error(), "BucketNotEmpty") {
		t.Errorf("delete a bucket that is not empty: got %v", err)
	}
	if _, err := client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: &made.PhysicalID, Key: key}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := kind.Delete(t.Context(), gone); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if _, err := client.HeadBucket(t.Context(), &sdk.HeadBucketInput{Bucket: &made.PhysicalID}); err == nil {
		t.Error("the bucket is still there")
	}
}

func TestRefusedByName(t *testing.T) {
	_, client, _ := start(t, "")
	bucket := aws.String(s3.AssetsBucket(acct))
	for says, call := range map[string]func() error{
		"PUT bucket ?versioning": func() error {
			_, err := client.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningInput{
				Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"},
			})
			return err
		},
		"?versionId": func() error {
			_, err := client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: bucket, Key: aws.String("k"), VersionId: aws.String("1")})
			return err
		},
		"X-Amz-Tagging": func() error {
			_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: bucket, Key: aws.String("k"), Tagging: aws.String("a=b")})
			return err
		},
		"GLACIER": func() error {
			_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: bucket, Key: aws.String("k"), StorageClass: "GLACIER"})
			return err
		},
		"not to 999999999999": func() error {
			_, err := client.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: bucket, Key: aws.String("k"), ExpectedBucketOwner: aws.String("999999999999")})
			return err
		},
	} {
		if err := call(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want an error that says %s", err, says)
		}
	}
}

func TestOperationsAreNamedForTheAudit(t *testing.T) {
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

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}
