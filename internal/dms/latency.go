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

// Latency is how far a CDC task is behind its source, in seconds; nil is what CloudWatch has no value of.
type Latency struct {
	// Source is from a commit until DMS captured it; Target is until it was written, and includes Source.
	Source, Target *float64
}

// MetricReader reads metrics of CloudWatch.
type MetricReader interface {
	GetMetricData(
		context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options),
	) (*cloudwatch.GetMetricDataOutput, error)
}

const (
	// latencyWindow is how old a latency may be: DMS publishes one a minute, and CloudWatch has it some minutes later.
	latencyWindow = 15 * time.Minute
	// latencyTasks is how many tasks one call reads: it takes 500 queries, and a task has two.
	latencyTasks = 250
)

// Latencies reads how far tasks of one replication instance, named by its identifier, are behind, by the ARN of the
// task: for each the newest maximum of a minute. A task that published nothing in the last 15 minutes, since it does not
// run or has just begun, is not in the map.
func Latencies(ctx context.Context, api MetricReader, instanceID string, taskARNs []string) (map[string]Latency, error) {
	found := map[string]Latency{}
	for arns := range slices.Chunk(taskARNs, latencyTasks) {
		if err := readLatencies(ctx, api, instanceID, arns, found); err != nil {
			return nil, fmt.Errorf("read the latency of CDC tasks: %w", err)
		}
	}
	return found, nil
}

// readLatencies adds the latencies of as many tasks as one call reads to found.
func readLatencies(
	ctx context.Context, api MetricReader, instanceID string, arns []string, found map[string]Latency,
) error {
	now := time.Now()
	in := &cloudwatch.GetMetricDataInput{
		// The end is exclusive, and the minute under way counts.
		StartTime: aws.Time(now.Add(-latencyWindow)), EndTime: aws.Time(now.Add(time.Minute)), ScanBy: types.ScanByTimestampDescending,
	}
	tasks := map[string]string{} // ARN by query
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
			if *value == nil { // The first of several pages has the newest.
				*value = &r.Values[0]
			}
			found[tasks[id]] = latency
		}
	}
	return nil
}

// latencyQuery asks for a metric of a task, which CloudWatch knows by the last part of its ARN. Source: AWS DMS User
// Guide, Monitoring AWS DMS tasks.
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
