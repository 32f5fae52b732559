package dms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"
)

// metrics is a CloudWatch that returns one value of each query a page. values are by metric name and task, the newest first.
type metrics struct {
	values  map[string][]float64
	status  types.StatusCode
	err     error
	queries []int // number of queries in each call
}

// newest is the time of the newest values.
var newest = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func (m *metrics) GetMetricData(
	_ context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options),
) (*cloudwatch.GetMetricDataOutput, error) {
	if m.err != nil {
		return nil, m.err
	}
	if in.ScanBy != types.ScanByTimestampDescending || in.EndTime.Sub(*in.StartTime) != 16*time.Minute {
		return nil, fmt.Errorf("scan %s of %v", in.ScanBy, in.EndTime.Sub(*in.StartTime))
	}
	page := 0
	if in.NextToken != nil {
		page = int((*in.NextToken)[0] - '0')
	}
	m.queries = append(m.queries, len(in.MetricDataQueries))
	out := &cloudwatch.GetMetricDataOutput{}
	for _, q := range in.MetricDataQueries {
		dimensions := map[string]string{}
		for _, d := range q.MetricStat.Metric.Dimensions {
			dimensions[*d.Name] = *d.Value
		}
		if dimensions["ReplicationInstanceIdentifier"] != "instance" || *q.MetricStat.Stat != "Maximum" {
			return nil, fmt.Errorf("query %v %s", dimensions, *q.MetricStat.Stat)
		}
		r := types.MetricDataResult{Id: q.Id, Label: q.MetricStat.Metric.MetricName, StatusCode: m.status}
		if all := m.values[*q.MetricStat.Metric.MetricName+" "+dimensions["ReplicationTaskIdentifier"]]; page < len(all) {
			r.Values, r.Timestamps = all[page:page+1], []time.Time{newest.Add(-time.Duration(page) * time.Minute)}
			out.NextToken = aws.String(fmt.Sprint(page + 1))
		}
		out.MetricDataResults = append(out.MetricDataResults, r)
	}
	return out, nil
}

func TestLatencies(t *testing.T) {
	api := &metrics{status: types.StatusCodeComplete, values: map[string][]float64{
		"CDCLatencySource A": {1, 50, 60}, "CDCLatencyTarget A": {2.5, 70},
		"CDCLatencyTarget B": {300},
	}}
	got, err := Latencies(t.Context(), api, "instance", []string{"arn:task:A", "arn:task:B", "arn:task:C"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Latency{
		"arn:task:A": {Source: aws.Float64(1), Target: aws.Float64(2.5), Written: newest.Add(-2500 * time.Millisecond)},
		"arn:task:B": {Target: aws.Float64(300), Written: newest.Add(-5 * time.Minute)},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
}

func TestLatenciesOfManyTasksTakeFewCalls(t *testing.T) {
	api := &metrics{status: types.StatusCodeComplete}
	if _, err := Latencies(t.Context(), api, "instance", nil); err != nil || len(api.queries) != 0 {
		t.Errorf("no tasks: got error %v and calls %v, want none", err, api.queries)
	}
	var arns []string
	for i := range 251 {
		arns = append(arns, fmt.Sprintf("arn:task:T%d", i))
	}
	if _, err := Latencies(t.Context(), api, "instance", arns); err != nil {
		t.Fatal(err)
	}
	if want := []int{500, 2}; !slices.Equal(api.queries, want) {
		t.Errorf("queries of each call: got %v, want %v", api.queries, want)
	}
}

func TestLatenciesReturnErrorsOfCloudWatch(t *testing.T) {
	noRoute := errors.New("no route to host")
	if _, err := Latencies(t.Context(), &metrics{err: noRoute}, "instance", []string{"a"}); !errors.Is(err, noRoute) {
		t.Errorf("got error %v, want %v", err, noRoute)
	}
	for _, status := range []types.StatusCode{types.StatusCodeForbidden, types.StatusCodeInternalError} {
		if got, err := Latencies(t.Context(), &metrics{status: status}, "instance", []string{"a"}); err == nil {
			t.Errorf("status %s: got %v and no error", status, got)
		}
	}
}
