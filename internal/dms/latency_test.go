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

// pastMetrics is a CloudWatch that returns pages of values of several tasks.
type pastMetrics struct {
	in    []*cloudwatch.GetMetricDataInput
	pages []*cloudwatch.GetMetricDataOutput
}

func (m *pastMetrics) GetMetricData(
	_ context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options),
) (*cloudwatch.GetMetricDataOutput, error) {
	copied := *in
	m.in = append(m.in, &copied)
	page := m.pages[len(m.in)-1]
	if len(m.in) < len(m.pages) {
		page.NextToken = aws.String("more")
	}
	return page, nil
}

// The history of a job has the greatest value of all its tasks in each period, in the order of time, over all pages.
func TestLatencyHistory(t *testing.T) {
	from := newest.Add(-3 * time.Hour)
	of := func(id string, status types.StatusCode, values map[time.Duration]float64) types.MetricDataResult {
		r := types.MetricDataResult{Id: &id, Label: aws.String("CDCLatencyTarget"), StatusCode: status}
		for after, value := range values {
			r.Timestamps, r.Values = append(r.Timestamps, from.Add(after)), append(r.Values, value)
		}
		return r
	}
	api := &pastMetrics{pages: []*cloudwatch.GetMetricDataOutput{
		{MetricDataResults: []types.MetricDataResult{
			of("target0", types.StatusCodePartialData, map[time.Duration]float64{0: 5}),
			of("target1", types.StatusCodeComplete, map[time.Duration]float64{0: 9, 2 * time.Hour: 1}),
		}},
		{MetricDataResults: []types.MetricDataResult{of("target0", types.StatusCodeComplete, map[time.Duration]float64{2 * time.Hour: 0})}},
	}}
	got, err := LatencyHistory(t.Context(), api, "instance", []string{"arn:task:A", "arn:task:B"}, from.Add(20*time.Minute), newest, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	want := []LatencySample{{from, 9}, {from.Add(2 * time.Hour), 1}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
	in := api.in[0]
	if !in.StartTime.Equal(from) || !in.EndTime.Equal(newest) || len(in.MetricDataQueries) != 2 || *in.MetricDataQueries[1].MetricStat.Period != 3600 {
		t.Errorf("it asks for %s to %s, %d queries", in.StartTime, in.EndTime, len(in.MetricDataQueries))
	}
	refused := &pastMetrics{pages: []*cloudwatch.GetMetricDataOutput{
		{MetricDataResults: []types.MetricDataResult{of("target0", types.StatusCodeForbidden, nil)}},
	}}
	if got, err := LatencyHistory(t.Context(), refused, "instance", []string{"a"}, from, newest, time.Hour); err == nil {
		t.Errorf("got %v and no error of a metric that must not be read", got)
	}
	if got, err := LatencyHistory(t.Context(), &pastMetrics{}, "instance", nil, from, newest, time.Hour); err != nil || got != nil {
		t.Errorf("no task: got %v, %v", got, err)
	}
}
