package gateway_test

import (
	"bytes"
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
	"github.com/aws/smithy-go/encoding/cbor"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/clock"
	"github.com/oralake/oralake/test/aws/gateway"
)

// cborClient is a client of an operation that answers with the times of its request.
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
			t.Fatalf("got %v, want an error of the gateway", err)
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

// postCBOR sends a body to the operation GetMetricData of a gateway's monitoring. It returns the answer's status and
// body.
func postCBOR(t *testing.T, g *gateway.Gateway, body []byte) (int, cbor.Map) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		"http://127.0.0.1/service/S/operation/GetMetricData", bytes.NewReader(body))
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
	if body, err = io.ReadAll(answer.Body); err != nil {
		t.Fatal(err)
	}
	value, err := cbor.Decode(body)
	if err != nil {
		t.Fatalf("answer %d %q: %v", answer.StatusCode, body, err)
	}
	members, ok := value.(cbor.Map)
	if !ok {
		t.Fatalf("the answer is a %T, want a map", value)
	}
	return answer.StatusCode, members
}

// An operation receives every kind of value in a request, and the answer has every kind of value that the operation
// returns.
func TestCBORKeepsValues(t *testing.T) {
	type inner struct{ Yes, No bool }
	type values struct {
		Text        string
		Bytes       []byte `json:",omitempty"`
		Count, Debt int64
		Share       float64
		None        *string
		Long        string `json:"Short"`
		List        []inner
		At          gateway.Time
		hidden      int
	}
	g := gateway.New(anyone{})
	g.Handle("monitoring", gateway.CBOR("monitoring", map[string]gateway.Operation{
		"GetMetricData": gateway.Op(func(_ context.Context, in values) (values, error) {
			in.Text, in.Bytes, in.hidden = in.Text+string(in.Bytes), nil, 1
			return in, nil
		}),
	}))
	in := cbor.Map{
		"Text": cbor.String("a"), "Bytes": cbor.Slice("b"), "Count": cbor.Uint(1 << 60), "Debt": cbor.NegInt(5),
		"Share": cbor.Float64(0.25), "None": &cbor.Nil{}, "Short": cbor.String("long"),
		"List": cbor.List{cbor.Map{"Yes": cbor.Bool(true), "No": cbor.Bool(false)}},
		"At":   &cbor.Tag{ID: 1, Value: cbor.Float64(1795312801.234)},
	}
	status, out := postCBOR(t, g, cbor.Encode(in))
	delete(in, "Bytes")
	in["Text"] = cbor.String("ab")
	if diff := cmp.Diff(out, in); diff != "" || status != http.StatusOK {
		t.Errorf("%d, got -, want +:\n%s", status, diff)
	}
}

func TestInvalidCBORIsRefused(t *testing.T) {
	g := gateway.New(anyone{})
	cborClient(g)
	for name, body := range map[string][]byte{
		"cut off":        []byte("\xa1\x01"),
		"unknown tag":    cbor.Encode(cbor.Map{"StartTime": &cbor.Tag{ID: 9, Value: cbor.Uint(1)}}),
		"no number":      cbor.Encode(cbor.Map{"StartTime": &cbor.Tag{ID: 1, Value: cbor.String("now")}}),
		"unknown member": cbor.Encode(cbor.Map{"Start": cbor.Uint(1)}),
	} {
		status, answer := postCBOR(t, g, body)
		if status != http.StatusBadRequest || answer["__type"] != cbor.String("SerializationException") {
			t.Errorf("%s: got %d %v", name, status, answer)
		}
	}
}

// An answer that has no CBOR form for the client is an error of the embedded AWS.
func TestAnswersWithoutCBORForm(t *testing.T) {
	type inner struct{ Name string }
	for _, out := range []any{struct{ inner }{}, struct{ Ports []uint16 }{[]uint16{1}}} {
		g := gateway.New(anyone{})
		g.Handle("monitoring", gateway.CBOR("monitoring", map[string]gateway.Operation{
			"GetMetricData": func(context.Context, []byte) (any, error) { return out, nil },
		}))
		if status, answer := postCBOR(t, g, nil); status != http.StatusInternalServerError {
			t.Errorf("%T: got %d %v", out, status, answer)
		}
	}
}
