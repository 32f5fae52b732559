package cloudwatch

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// maxQueries is the maximum number of metrics in one call.
const maxQueries = 500

type metricDataInput struct {
	StartTime, EndTime *gateway.Time
	MetricDataQueries  []query
	ScanBy             string // ignored: a metric has one data point
	MaxDatapoints      *int
}

type query struct {
	ID         string `json:"Id"`
	Label      string
	MetricStat *metricStat
	ReturnData *bool
}

type metricStat struct {
	Metric metric
	Period int // seconds
	Stat   string
	Unit   string
}

type metric struct {
	Namespace, MetricName string
	Dimensions            []struct{ Name, Value string }
}

type metricDataOutput struct {
	MetricDataResults []result
	Messages          []struct{}
}

type result struct {
	ID         string `json:"Id"`
	Label      string
	Timestamps []*gateway.Time
	Values     []float64
	StatusCode string
}

func invalid(format string, args ...any) error {
	return gateway.Errorf("ValidationError", format, args...)
}

func (s *Service) getMetricData(_ context.Context, in metricDataInput) (metricDataOutput, error) {
	out := metricDataOutput{MetricDataResults: []result{}, Messages: []struct{}{}}
	if err := in.check(); err != nil {
		return out, err
	}
	for i, q := range in.MetricDataQueries {
		task, err := q.task(fmt.Sprintf("MetricDataQueries.member.%d", i+1))
		if err != nil {
			return out, err
		}
		if q.ReturnData != nil && !*q.ReturnData {
			continue
		}
		r := result{
			ID: q.ID, Label: q.Label, Timestamps: []*gateway.Time{}, Values: []float64{}, StatusCode: "Complete",
		}
		if r.Label == "" {
			r.Label = q.MetricStat.Metric.MetricName
		}
		period := time.Duration(q.MetricStat.Period) * time.Second
		now := time.Now().UTC().Truncate(period)
		source, target, ok := s.tasks.Latency(task)
		if ok && !now.Before(in.StartTime.Truncate(period)) && now.Before(in.EndTime.Time) && fits(q.MetricStat.Unit) {
			r.Timestamps = append(r.Timestamps, gateway.At(now))
			r.Values = append(r.Values, map[string]time.Duration{
				sourceLatency: source, targetLatency: target,
			}[q.MetricStat.Metric.MetricName].Seconds())
		}
		out.MetricDataResults = append(out.MetricDataResults, r)
	}
	return out, nil
}

// fits reports whether the query's unit is seconds or not set. CloudWatch converts no units: for another unit it
// returns no data.
func fits(unit string) bool { return unit == "" || unit == "Seconds" }

func (in metricDataInput) check() error {
	switch {
	case in.StartTime == nil:
		return invalid("The parameter StartTime is required.")
	case in.EndTime == nil:
		return invalid("The parameter EndTime is required.")
	case !in.StartTime.Before(in.EndTime.Time):
		return invalid("The parameter StartTime must be less than the parameter EndTime.")
	case len(in.MetricDataQueries) == 0:
		return invalid("The parameter MetricDataQueries is required.")
	case len(in.MetricDataQueries) > maxQueries:
		return invalid("The collection MetricDataQueries must not have a size greater than %d.", maxQueries)
	case in.ScanBy != "" && in.ScanBy != "TimestampAscending" && in.ScanBy != "TimestampDescending":
		return invalid("The value %q for parameter ScanBy is not supported.", in.ScanBy)
	case in.MaxDatapoints != nil && *in.MaxDatapoints < 1:
		return invalid("The parameter MaxDatapoints must be at least 1.")
	}
	seen := map[string]bool{}
	for i, q := range in.MetricDataQueries {
		at := fmt.Sprintf("MetricDataQueries.member.%d.Id", i+1)
		if !queryID.MatchString(q.ID) {
			return invalid("The value %q for parameter %s is not matching the expected pattern %s.", q.ID, at, queryID)
		}
		if seen[q.ID] {
			return invalid("The values for parameter id in MetricDataQueries are not unique: %s has %q again.", at, q.ID)
		}
		seen[q.ID] = true
	}
	return nil
}

var queryID = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)

// The metrics and their dimensions. Source: AWS DMS User Guide, Monitoring AWS DMS tasks, Replication task metrics.
const (
	namespace         = "AWS/DMS"
	sourceLatency     = "CDCLatencySource"
	targetLatency     = "CDCLatencyTarget"
	instanceDimension = "ReplicationInstanceIdentifier"
	taskDimension     = "ReplicationTaskIdentifier"
)

// task returns the task whose latency a query asks for. at is the query's position in the request.
func (q query) task(at string) (string, error) {
	m := q.MetricStat
	switch {
	case m == nil:
		return "", invalid("The parameter %s.MetricStat is required.", at)
	case m.Metric.Namespace != namespace:
		return "", gateway.NotImplemented("metrics of namespace " + m.Metric.Namespace)
	case m.Metric.MetricName != sourceLatency && m.Metric.MetricName != targetLatency:
		return "", gateway.NotImplemented("the metric " + namespace + " " + m.Metric.MetricName)
	case m.Period < 60 || m.Period%60 != 0:
		return "", invalid("The parameter %s.MetricStat.Period must be a multiple of 60.", at)
	}
	switch m.Stat {
	case "Average", "Maximum", "Minimum": // all the same for one sample
	default:
		return "", gateway.NotImplemented("the statistic " + m.Stat + " of GetMetricData")
	}
	values := map[string]string{}
	for _, d := range m.Metric.Dimensions {
		if d.Name != instanceDimension && d.Name != taskDimension {
			return "", gateway.NotImplemented("the dimension " + d.Name + " of " + namespace + " " + m.Metric.MetricName)
		}
		values[d.Name] = d.Value
	}
	if values[instanceDimension] == "" || values[taskDimension] == "" || len(m.Metric.Dimensions) != 2 {
		return "", gateway.NotImplemented(namespace + " " + m.Metric.MetricName + " without the dimensions " +
			instanceDimension + " and " + taskDimension)
	}
	return values[taskDimension], nil
}
