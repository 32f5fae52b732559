package dms

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Latency says how many seconds a CDC task is behind its source. A member is nil if CloudWatch has no value of it.
type Latency struct {
	// Source is the time from a commit until DMS captures it. Target is the time from the commit until DMS writes it to the
	// target; it includes Source (CHAP_Monitoring, "Replication task metrics").
	Source, Target *float64
	// Written is up to when the task had written all commits of the source, at the newest values.
	Written time.Time
}

// MetricReader reads metrics of CloudWatch.
type MetricReader interface {
	GetMetricData(
		context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options),
	) (*cloudwatch.GetMetricDataOutput, error)
}

const (
	// maxLatencyAge is how old a value may be. DMS publishes one a minute, and CloudWatch returns it some minutes later.
	maxLatencyAge = 15 * time.Minute
	// tasksPerCall is how many tasks one call of GetMetricData reads: it takes 500 queries, two for each task.
	tasksPerCall = 250
)

// Latencies reads the latencies of tasks of one replication instance, given by the instance's identifier. The map is by task
// ARN; each value is the maximum of the newest minute. A task that published nothing in the last 15 minutes is not in the map:
// it is not running, or has just started.
func Latencies(ctx context.Context, api MetricReader, instanceID string, taskARNs []string) (map[string]Latency, error) {
	found := map[string]Latency{}
	for arns := range slices.Chunk(taskARNs, tasksPerCall) {
		if err := readLatencies(ctx, api, instanceID, arns, found); err != nil {
			return nil, fmt.Errorf("read the latency of CDC tasks from CloudWatch: %w", err)
		}
	}
	return found, nil
}

// readLatencies reads the latencies of at most tasksPerCall tasks into found.
func readLatencies(
	ctx context.Context, api MetricReader, instanceID string, arns []string, found map[string]Latency,
) error {
	now := time.Now()
	in := &cloudwatch.GetMetricDataInput{
		// EndTime is exclusive: one minute more includes the current minute.
		StartTime: aws.Time(now.Add(-maxLatencyAge)), EndTime: aws.Time(now.Add(time.Minute)), ScanBy: types.ScanByTimestampDescending,
	}
	tasks := map[string]string{} // task ARN by query ID
	for i, arn := range arns {
		for prefix, metric := range map[string]string{"source": "CDCLatencySource", "target": "CDCLatencyTarget"} {
			id := fmt.Sprintf("%s%d", prefix, i)
			tasks[id] = arn
			in.MetricDataQueries = append(in.MetricDataQueries, latencyQuery(id, metric, instanceID, arn))
		}
	}
	pages := cloudwatch.NewGetMetricDataPaginator(api, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, r := range page.MetricDataResults {
			id := aws.ToString(r.Id)
			if r.StatusCode == types.StatusCodeInternalError || r.StatusCode == types.StatusCodeForbidden {
				return fmt.Errorf("CloudWatch did not read %s of %s: %s", aws.ToString(r.Label), tasks[id], r.StatusCode)
			}
			if len(r.Values) == 0 {
				continue
			}
			latency := found[tasks[id]]
			value := &latency.Target
			if strings.HasPrefix(id, "source") {
				value = &latency.Source
			}
			if *value == nil { // The first page has the newest value.
				*value = &r.Values[0]
				if len(r.Timestamps) > 0 {
					latency.noteWritten(r.Timestamps[0].Add(-time.Duration(r.Values[0] * float64(time.Second))))
				}
			}
			found[tasks[id]] = latency
		}
	}
	return nil
}

// noteWritten notes that one of the values says up to when the task had written. The earlier one counts.
func (l *Latency) noteWritten(at time.Time) {
	if l.Written.IsZero() || at.Before(l.Written) {
		l.Written = at
	}
}

// latencyQuery is the query for one metric of a task. The dimension ReplicationTaskIdentifier is the last part of the task's
// ARN (AWS DMS User Guide, "Monitoring AWS DMS tasks").
func latencyQuery(id, metric, instanceID, taskARN string) types.MetricDataQuery {
	return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{
		Metric: &types.Metric{
			Namespace: aws.String("AWS/DMS"), MetricName: &metric,
			Dimensions: []types.Dimension{
				{Name: aws.String("ReplicationInstanceIdentifier"), Value: &instanceID},
				{Name: aws.String("ReplicationTaskIdentifier"), Value: aws.String(taskARN[strings.LastIndexByte(taskARN, ':')+1:])},
			},
		},
		Period: aws.Int32(60), Stat: aws.String("Maximum"),
	}}
}
