package cloudwatch_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/cloudwatch"
	"github.com/oralake/oralake/test/aws/gateway"
)

// late has one task, which is 2.5 and 61 seconds behind.
type late struct{}

func (late) Gauge(namespace, metric string, dimensions map[string]string) (float64, bool) {
	value, ok := map[string]float64{"CDCLatencySource": 2.5, "CDCLatencyTarget": 61}[metric]
	return value, ok && dimensions["ReplicationTaskIdentifier"] == "LATE"
}

type anyone struct{}

func (anyone) Principal(key string) (gateway.Principal, error) {
	return gateway.Principal{ARN: key}, nil
}

func serve(operations ...*string) aws.Config {
	g := gateway.New(anyone{})
	g.Handle("monitoring", cloudwatch.New(account.Account{ID: "111122223333", Region: "eu-central-1"}, late{}, nil).Handler())
	g.Observe(func(c gateway.Call) {
		for _, o := range operations {
			*o = c.Operation
		}
	})
	config := g.Config("eu-central-1", credentials.NewStaticCredentialsProvider("a", "b", ""))
	config.RetryMaxAttempts = 1
	return config
}

func latency(id, metric, task string) types.MetricDataQuery {
	return types.MetricDataQuery{Id: aws.String(id), MetricStat: &types.MetricStat{
		Metric: &types.Metric{
			Namespace: aws.String("AWS/DMS"), MetricName: aws.String(metric),
			Dimensions: []types.Dimension{
				{Name: aws.String("ReplicationInstanceIdentifier"), Value: aws.String("instance")},
				{Name: aws.String("ReplicationTaskIdentifier"), Value: aws.String(task)},
			},
		},
		Period: aws.Int32(60), Stat: aws.String("Maximum"),
	}}
}

// lastQuarter requests the last 15 minutes.
func lastQuarter(queries ...types.MetricDataQuery) *sdk.GetMetricDataInput {
	now := time.Now()
	return &sdk.GetMetricDataInput{
		StartTime: aws.Time(now.Add(-15 * time.Minute)), EndTime: &now, MetricDataQueries: queries,
		ScanBy: types.ScanByTimestampDescending,
	}
}

func TestLatencyIsTheDataOfThisMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(10*time.Hour + 90*time.Second) // the bubble's time starts at a whole hour
		minute := time.Now().UTC().Truncate(time.Minute)
		var operation string
		api := sdk.NewFromConfig(serve(&operation))
		out, err := api.GetMetricData(t.Context(), lastQuarter(
			latency("s0", "CDCLatencySource", "LATE"), latency("t0", "CDCLatencyTarget", "LATE"),
			latency("t1", "CDCLatencyTarget", "GONE"),
		))
		if err != nil {
			t.Fatal(err)
		}
		if operation != "GetMetricData" {
			t.Errorf("the audit log has %q", operation)
		}
		type series struct {
			ID, Label string
			Status    types.StatusCode
			Times     []time.Time
			Values    []float64
		}
		var got []series
		for _, r := range out.MetricDataResults {
			got = append(got, series{aws.ToString(r.Id), aws.ToString(r.Label), r.StatusCode, r.Timestamps, r.Values})
		}
		want := []series{
			{"s0", "CDCLatencySource", types.StatusCodeComplete, []time.Time{minute}, []float64{2.5}},
			{"t0", "CDCLatencyTarget", types.StatusCodeComplete, []time.Time{minute}, []float64{61}},
			{"t1", "CDCLatencyTarget", types.StatusCodeComplete, []time.Time{}, []float64{}},
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("got -, want +:\n%s", diff)
		}

		yesterday := lastQuarter(latency("s0", "CDCLatencySource", "LATE"))
		yesterday.StartTime = aws.Time(minute.Add(-24 * time.Hour))
		yesterday.EndTime = &minute // the range excludes its end
		out, err = api.GetMetricData(t.Context(), yesterday)
		if err != nil {
			t.Fatal(err)
		}
		if values := out.MetricDataResults[0].Values; len(values) != 0 {
			t.Errorf("data from before this minute: got %v, want none", values)
		}
	})
}

func TestRefusals(t *testing.T) {
	api := sdk.NewFromConfig(serve())
	type change = func(in *sdk.GetMetricDataInput, q *types.MetricDataQuery)
	tests := map[string]struct {
		change change
		want   string // a part of the error
	}{
		"expression": {func(_ *sdk.GetMetricDataInput, q *types.MetricDataQuery) {
			*q = types.MetricDataQuery{Id: aws.String("a"), Expression: aws.String("a*2")}
		}, `unknown field "Expression"`},
		"other account": {func(_ *sdk.GetMetricDataInput, q *types.MetricDataQuery) {
			q.AccountId = aws.String("1")
		}, `"AccountId"`},
		"page": {func(in *sdk.GetMetricDataInput, _ *types.MetricDataQuery) {
			in.NextToken = aws.String("x")
		}, `"NextToken"`},
		"other namespace": {func(_ *sdk.GetMetricDataInput, q *types.MetricDataQuery) {
			q.MetricStat.Metric.Namespace = aws.String("AWS/EC2")
		}, "metrics of namespace AWS/EC2"},
		"other metric": {func(_ *sdk.GetMetricDataInput, q *types.MetricDataQuery) {
			q.MetricStat.Metric.MetricName = aws.String("CDCIncomingChanges")
		}, "the metric AWS/DMS CDCIncomingChanges"},
		"other statistic": {func(_ *sdk.GetMetricDataInput, q *types.MetricDataQuery) {
			q.MetricStat.Stat = aws.String("p99")
		}, "the statistic p99"},
		"other dimension": {func(_ *sdk.GetMetricDataInput, q *types.MetricDataQuery) {
			q.MetricStat.Metric.Dimensions[0].Name = aws.String("Color")
		}, "the dimension Color"},
		"no instance": {func(_ *sdk.GetMetricDataInput, q *types.MetricDataQuery) {
			q.MetricStat.Metric.Dimensions = q.MetricStat.Metric.Dimensions[1:]
		}, "without the dimensions"},
		"short period": {func(_ *sdk.GetMetricDataInput, q *types.MetricDataQuery) {
			q.MetricStat.Period = aws.Int32(30)
		}, "multiple of 60"},
		"same id": {func(in *sdk.GetMetricDataInput, q *types.MetricDataQuery) {
			in.MetricDataQueries = append(in.MetricDataQueries, *q)
		}, "not unique"},
		"wrong id": {func(_ *sdk.GetMetricDataInput, q *types.MetricDataQuery) {
			q.Id = aws.String("A")
		}, "expected pattern"},
		"ends at start": {func(in *sdk.GetMetricDataInput, _ *types.MetricDataQuery) {
			in.EndTime = in.StartTime
		}, "StartTime must be less"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := lastQuarter(latency("a", "CDCLatencySource", "LATE"))
			test.change(in, &in.MetricDataQueries[0])
			_, err := api.GetMetricData(t.Context(), in)
			var refused smithy.APIError
			if !errors.As(err, &refused) || !strings.Contains(refused.ErrorMessage(), test.want) {
				t.Errorf("got %v, want an error that contains %q", err, test.want)
			}
		})
	}
	_, err := api.ListMetrics(t.Context(), &sdk.ListMetricsInput{})
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != "UnknownOperationException" ||
		!strings.Contains(refused.ErrorMessage(), "cloudwatch:ListMetrics") {
		t.Errorf("ListMetrics: got %v, want an error that names it", err)
	}
}

// raw sends a request like a client other than the SDK for Go.
func raw(t *testing.T, contentType, target, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/eu-central-1/monitoring/aws4_request, ...")
	r.Header.Set("Content-Type", contentType)
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	config := serve()
	out, err := config.HTTPClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return out.StatusCode, string(b)
}

func TestOtherProtocols(t *testing.T) {
	now := time.Now().Unix()
	body, err := json.Marshal(map[string]any{
		"StartTime": now - 900, "EndTime": now + 1,
		"MetricDataQueries": []any{map[string]any{"Id": "a", "MetricStat": map[string]any{
			"Metric": map[string]any{"Namespace": "AWS/DMS", "MetricName": "CDCLatencyTarget", "Dimensions": []any{
				map[string]string{"Name": "ReplicationTaskIdentifier", "Value": "LATE"},
				map[string]string{"Name": "ReplicationInstanceIdentifier", "Value": "instance"},
			}},
			"Period": 300, "Stat": "Average",
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := raw(t, "application/x-amz-json-1.0", "GraniteServiceVersion20100801.GetMetricData", string(body))
	if status != http.StatusOK || !strings.Contains(answer, `"Values":[61]`) {
		t.Errorf("awsJson: got %d %s", status, answer)
	}
	status, answer = raw(t, "application/x-www-form-urlencoded", "", "Action=GetMetricData&Version=2010-08-01")
	if status != http.StatusBadRequest || !strings.Contains(answer, "the query protocol of cloudwatch") {
		t.Errorf("awsQuery: got %d %s, want an error that names the protocol", status, answer)
	}
}
