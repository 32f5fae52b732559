package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
)

// cborClient is a client of an operation that answers with the times that it was asked for.
func cborClient(g *gateway.Gateway) *cloudwatch.Client {
	type request struct {
		StartTime, EndTime *gateway.Time
		MetricDataQueries  []struct {
			ID string `json:"Id"`
		}
	}
	type result struct{ Timestamps []*gateway.Time }
	type answer struct{ MetricDataResults []result }
	g.Handle("monitoring", gateway.CBOR("monitoring", map[string]gateway.Operation{
		"GetMetricData": gateway.Op(func(_ context.Context, in request) (answer, error) {
			return answer{[]result{{[]*gateway.Time{in.StartTime, in.EndTime}}}}, nil
		}),
	}))
	config := g.Config("eu-central-1", credentials.NewStaticCredentialsProvider("a", "b", ""))
	config.RetryMaxAttempts = 1
	return cloudwatch.NewFromConfig(config)
}

func TestCBORKeepsTimes(t *testing.T) {
	whole := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	fraction := whole.Add(1234 * time.Millisecond)
	out, err := cborClient(gateway.New(anyone{})).GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
		StartTime: &whole, EndTime: &fraction, MetricDataQueries: []types.MetricDataQuery{{Id: aws.String("a")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(out.MetricDataResults[0].Timestamps, []time.Time{whole, fraction}); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

func TestRefusalsInCBOR(t *testing.T) {
	ask := func(api *cloudwatch.Client) (code, message string) {
		_, err := api.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{})
		var refused smithy.APIError
		if !errors.As(err, &refused) {
			t.Fatalf("got %v, want a refusal", err)
		}
		return refused.ErrorCode(), refused.ErrorMessage()
	}
	code, message := ask(cborClient(gateway.New(anyone{})))
	if code != "UnknownOperationException" || !strings.Contains(message, "monitoring:ListMetrics") {
		t.Errorf("no such operation: got %s: %s", code, message)
	}
	if code, message = ask(cborClient(gateway.New(nobody{}))); code != "InvalidClientTokenId" || message != "who?" {
		t.Errorf("no such principal: got %s: %s", code, message)
	}
	g := gateway.New(anyone{})
	g.Disturb(clock.Clock{Scale: 1}, func(gateway.Call) gateway.Disturbance {
		return gateway.Disturbance{Refuse: gateway.Throttled()}
	})
	if code, message = ask(cborClient(g)); code != "ThrottlingException" || message != "Rate exceeded" {
		t.Errorf("throttled: got %s: %s", code, message)
	}
}

func TestWhatIsNoCBORIsRefused(t *testing.T) {
	g := gateway.New(anyone{})
	cborClient(g)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		"http://127.0.0.1/service/S/operation/GetMetricData", strings.NewReader("\xa1\x01"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/monitoring/aws4_request, ...")
	r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
	answer, err := g.Config("eu-central-1", aws.AnonymousCredentials{}).HTTPClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "SerializationException") {
		t.Errorf("got %d %q", answer.StatusCode, body)
	}
}
