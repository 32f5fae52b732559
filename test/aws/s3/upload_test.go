package s3_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/oralake/oralake/test/aws/s3"
)

func TestMultipart(t *testing.T) {
	inBoth(t, func(t *testing.T, s *s3.Service, client *sdk.Client) {
		upload, err := client.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{
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
				Bucket: aws.String("lake"), Key: aws.String("big"), UploadId: upload.UploadId,
				PartNumber: aws.Int32(int32(i + 1)), Body: bytes.NewReader(body),
			})
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, types.CompletedPart{ETag: out.ETag, PartNumber: aws.Int32(int32(i + 1))})
		}
		complete := func(parts []types.CompletedPart) error {
			_, err := client.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadInput{
				Bucket: aws.String("lake"), Key: aws.String("big"), UploadId: upload.UploadId,
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
			t.Errorf("the content of the object is not the content of its parts (error %v)", err)
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

// The SDK of the CDK CLI streams a file with the aws-chunked coding and a checksum in the trailer.
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
	out, err := client.GetObject(t.Context(), &sdk.GetObjectInput{
		Bucket: aws.String(s3.AssetsBucket(acct)), Key: aws.String("asset.zip"),
	})
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
