package dms

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// LatencySample is how many seconds a CDC task was behind its source, at most, in a period.
type LatencySample struct {
	At      time.Time // the start of the period
	Seconds float64
}

// LatencyHistory reads how far tasks of one replication instance were behind their source in writing changes (CDCLatencyTarget), the
// oldest period first. The period is a multiple of 5 minutes, and of an hour for a time that is more than 63 days ago: CloudWatch keeps
// nothing finer for so long (API_GetMetricData, Period). A period without a value is left out. Several tasks are those of one job, one
// after the other: a period has the maximum of all.
func LatencyHistory(
	ctx context.Context, api MetricReader, instanceID string, taskARNs []string, from, to time.Time, period time.Duration,
) ([]LatencySample, error) {
	if len(taskARNs) == 0 {
		return nil, nil
	}
	// CloudWatch answers faster if the range begins with a period.
	in := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(from.UTC().Truncate(period)), EndTime: &to, ScanBy: types.ScanByTimestampAscending}
	for i, arn := range taskARNs[:min(len(taskARNs), tasksPerCall)] {
		query := latencyQuery(fmt.Sprintf("target%d", i), "CDCLatencyTarget", instanceID, arn)
		query.MetricStat.Period = aws.Int32(int32(period / time.Second))
		in.MetricDataQueries = append(in.MetricDataQueries, query)
	}
	greatest := map[time.Time]float64{}
	for pages := cloudwatch.NewGetMetricDataPaginator(api, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the earlier latency of CDC tasks from CloudWatch: %w", err)
		}
		for _, r := range page.MetricDataResults {
			if r.StatusCode == types.StatusCodeInternalError || r.StatusCode == types.StatusCodeForbidden {
				return nil, fmt.Errorf("read the earlier latency of CDC tasks from CloudWatch: %s is %s", aws.ToString(r.Label), r.StatusCode)
			}
			for i, at := range r.Timestamps[:min(len(r.Timestamps), len(r.Values))] {
				at = at.UTC().Truncate(period)
				greatest[at] = max(greatest[at], r.Values[i])
			}
		}
	}
	var all []LatencySample
	for at := from.UTC().Truncate(period); at.Before(to); at = at.Add(period) {
		if seconds, known := greatest[at]; known {
			all = append(all, LatencySample{at, seconds})
		}
	}
	return all, nil
}
