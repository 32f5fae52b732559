package target

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/oralake/oralake/test/aws/gateway"
)

type everyone struct{}

func (everyone) Principal(string) (gateway.Principal, error) { return gateway.Principal{}, nil }

// lake returns a bucket in memory and a list of its requests. Each request is recorded as its METHOD and kind. A request
// fails when fail returns true.
func lake(t *testing.T, fail func(r *http.Request) bool) (*Bucket, *[]string) {
	t.Helper()
	settings, err := ParseSettings(json.RawMessage(`{"BucketName":"lake","ServiceAccessRoleArn":"role"}`))
	if err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(s3mem.New()).Server()
	requests := &[]string{}
	g := gateway.New(everyone{})
	g.Handle("s3", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, _, _ := strings.Cut(r.URL.RawQuery, "=")
		*requests = append(*requests, strings.TrimSpace(r.Method+" "+query))
		if fail != nil && fail(r) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fake.ServeHTTP(w, r)
	}))
	config := g.Config("eu-west-1", aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}, nil
	}))
	b := NewBucket(config, settings)
	if _, err := b.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("lake")}); err != nil {
		t.Fatal(err)
	}
	*requests = nil
	return b, requests
}

func TestUpload(t *testing.T) {
	tests := []struct {
		name     string
		size     int
		requests int
	}{
		{"small", 1000, 1},
		{"one part exactly", partSize, 1},
		{"one byte more", partSize + 1, 4},
		{"several parts", 3*partSize + 17, 6},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, requests := lake(t, nil)
			content := make([]byte, test.size)
			random := rand.NewChaCha8([32]byte{})
			_, _ = random.Read(content) // never fails
			u := b.create(t.Context(), "key")
			for rest := content; len(rest) > 0; {
				n := min(len(rest), 1_000_003)
				if _, err := u.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := u.close(); err != nil {
				t.Fatal(err)
			}
			if len(*requests) != test.requests {
				t.Errorf("requests: %v, want %d", *requests, test.requests)
			}
			out, err := b.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String("key")})
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(out.Body)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, content) {
				t.Errorf("%d bytes were read and differ from the %d bytes that were written", len(got), len(content))
			}
		})
	}
}

// TestUploadThatFails checks that a failed upload is aborted and leaves no parts.
func TestUploadThatFails(t *testing.T) {
	b, requests := lake(t, func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == "2" })
	u := b.create(t.Context(), "key")
	_, err := u.Write(make([]byte, 4*partSize))
	if err == nil {
		err = u.close()
	}
	if err == nil || !strings.Contains(err.Error(), "write s3://lake/key") {
		t.Errorf("got %v, want an error that names s3://lake/key", err)
	}
	if err := u.abort(); err != nil {
		t.Error(err)
	}
	if last := (*requests)[len(*requests)-1]; !strings.HasPrefix(last, http.MethodDelete) {
		t.Errorf("the last request is %s, want an abort of the upload", last)
	}
}
