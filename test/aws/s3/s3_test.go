package s3_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/iam"
	"github.com/oralake/oralake/test/aws/s3"
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

// inBoth runs a test twice: with objects in files and with objects in memory.
func inBoth(t *testing.T, test func(t *testing.T, s *s3.Service, client *sdk.Client)) {
	for _, where := range []string{"files", "memory"} {
		t.Run(where, func(t *testing.T) {
			dir := ""
			if where == "files" {
				dir = t.TempDir()
			}
			s, client, _ := start(t, dir)
			if _, err := client.CreateBucket(t.Context(), &sdk.CreateBucketInput{
				Bucket: aws.String("lake"),
			}); err != nil {
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

// A response without a body has no checksum: boto3 would compare it with that of the empty body.
func TestNotModifiedHasNoChecksum(t *testing.T) {
	inBoth(t, func(t *testing.T, _ *s3.Service, client *sdk.Client) {
		put(t, client, "key", "0123456789")
		_, out, err := get(t, client, "key", "")
		if err != nil || out.ChecksumCRC32 == nil {
			t.Fatalf("get: got %+v, %v, want a checksum", out, err)
		}
		_, err = client.GetObject(t.Context(), &sdk.GetObjectInput{
			Bucket: aws.String("lake"), Key: aws.String("key"), IfNoneMatch: out.ETag, ChecksumMode: types.ChecksumModeEnabled,
		})
		var answer *awshttp.ResponseError
		if !errors.As(err, &answer) || answer.HTTPStatusCode() != http.StatusNotModified {
			t.Fatalf("get with If-None-Match: got %v, want 304", err)
		}
		for name := range answer.Response.Header {
			if strings.HasPrefix(strings.ToLower(name), "x-amz-checksum") {
				t.Errorf("the response 304 has the header %s", name)
			}
		}
	})
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
			Bucket: aws.String("lake"), Key: aws.String("copy"),
			CopySource: aws.String("lake/full/SALES/ORDERS/LOAD00000001.parquet"),
		}); err != nil {
			t.Fatal(err)
		}
		if body, out, err := get(t, client, "copy", ""); err != nil || body != "0123456789" || out.Metadata["rows"] != "3" {
			t.Errorf("copy: got %q, %+v, %v", body, out, err)
		}
		if _, err := client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{
			Bucket: aws.String("lake"), Key: aws.String("copy"),
		}); err != nil {
			t.Fatal(err)
		}
		var missing *types.NoSuchKey
		if _, _, err := get(t, client, "copy", ""); !errors.As(err, &missing) {
			t.Errorf("get a deleted object: got %v, want NoSuchKey", err)
		}
		if _, err := client.PutObject(t.Context(), &sdk.PutObjectInput{
			Bucket: aws.String("sea"), Key: aws.String("a"),
		}); code(err) != "NoSuchBucket" {
			t.Errorf("put into a missing bucket: got %v, want NoSuchBucket", err)
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
			t.Errorf("content: got %q, want mine", body)
		}
	})
}

func TestKeysThatAreNotValidPaths(t *testing.T) {
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
			_, restarted, _ := start(t, filepath.Dir(folder))
			for _, key := range keys {
				if body, _, err := get(t, restarted, key, ""); err != nil || body != "body of "+key {
					t.Errorf("%q after a restart: got %q, %v", key, body, err)
				}
			}
		}
		for _, key := range keys {
			if _, err := client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{
				Bucket: aws.String("lake"), Key: &key,
			}); err != nil {
				t.Errorf("delete %q: %v", key, err)
			}
		}
		if _, err := client.DeleteBucket(t.Context(), &sdk.DeleteBucketInput{
			Bucket: aws.String("lake"),
		}); err != nil {
			t.Errorf("delete the empty bucket: %v", err)
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
			want := []string{"full/A/1", "full/A/2", "full/B-1", "full/B/1", "full/top"}
			if diff := cmp.Diff(list("full/", "", page), want); diff != "" {
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
		out, err := client.DeleteObjects(t.Context(), &sdk.DeleteObjectsInput{
			Bucket: aws.String("lake"), Delete: &types.Delete{
				Objects: []types.ObjectIdentifier{{Key: aws.String("a")}, {Key: aws.String("b")}, {Key: aws.String("c")}},
			},
		})
		if err != nil || len(out.Deleted) != 3 {
			t.Errorf("got %+v, %v, want three deleted", out, err)
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

func TestLargeObjectsAreStreamed(t *testing.T) {
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
	out, err := client.GetObject(t.Context(), &sdk.GetObjectInput{
		Bucket: aws.String("lake"), Key: aws.String("big"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	if n, err := io.Copy(io.Discard, out.Body); n != size || err != nil {
		t.Errorf("read %d bytes, %v, want %d", n, err, size)
	}
	runtime.ReadMemStats(&after)
	// The body that the test allocates has 64 MiB. An allocation near twice that size means that the service buffers
	// bodies.
	if grown := after.TotalAlloc - before.TotalAlloc; grown > size+16<<20 {
		t.Errorf("allocated %d MiB to write and read %d MiB", grown>>20, size>>20)
	}
}

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}
