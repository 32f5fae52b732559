package s3_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/test/aws/s3"
)

// An HTTP client that does not know S3 sends a presigned PUT without a content type.
func TestPresignedPut(t *testing.T) {
	inBoth(t, func(t *testing.T, _ *s3.Service, client *sdk.Client) {
		const key, body = "arn:aws:cloudformation:eu-central-1:123456789012:stack/house/1|A|2", `{"Status": "SUCCESS"}`
		presigned, err := sdk.NewPresignClient(client).PresignPutObject(t.Context(), &sdk.PutObjectInput{
			Bucket: aws.String("lake"), Key: aws.String(key),
		})
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, presigned.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "")
		answer, err := client.Options().HTTPClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("put: %d, %s, %v", answer.StatusCode, text, err)
		}
		if got, _, err := get(t, client, key, ""); err != nil || got != body {
			t.Errorf("got %q, %v, want %q", got, err, body)
		}
	})
}
