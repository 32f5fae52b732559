package cloudwatch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// maxQueries is the maximum number of metrics in one call.
const maxQueries = 500

type metricDataInput struct {
	StartTime, EndTime *gateway.Time
	MetricDataQueries  []query
	ScanBy             string // the newest value comes first unless it is TimestampAscending
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
		if err := q.check(fmt.Sprintf("MetricDataQueries.member.%d", i+1)); err != nil {
			return out, err
		}
		if q.ReturnData == nil || *q.ReturnData {
			out.MetricDataResults = append(out.MetricDataResults, s.read(q, in))
		}
	}
	return out, nil
}

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

// check refuses what is wrong with a query. at is its position in the request.
func (q query) check(at string) error {
	m := q.MetricStat
	switch {
	case m == nil:
		return invalid("The parameter %s.MetricStat is required.", at)
	case m.Period < 60 || m.Period%60 != 0:
		return invalid("The parameter %s.MetricStat.Period must be a multiple of 60.", at)
	}
	if _, ok := (bucket{count: 1}).statistic(m.Stat); !ok {
		return gateway.NotImplemented("the statistic " + m.Stat + " of GetMetricData")
	}
	return checkKnown(m.Metric.Namespace, m.Metric.MetricName, slices.Sorted(maps.Keys(m.Metric.dimensions())))
}

// dimensions returns the dimensions by name.
func (m metric) dimensions() map[string]string {
	all := map[string]string{}
	for _, d := range m.Dimensions {
		all[d.Name] = d.Value
	}
	return all
}

// read answers a query: a value for each period that has values, with the newest first or last.
func (s *Service) read(q query, in metricDataInput) result {
	m := q.MetricStat.Metric
	r := result{
		ID: q.ID, Label: cmp.Or(q.Label, m.MetricName), Timestamps: []*gateway.Time{}, Values: []float64{}, StatusCode: "Complete",
	}
	if !fits(q.MetricStat.Unit, m.MetricName) {
		return r
	}
	s.sample(m.Namespace, m.MetricName, m.dimensions())
	period := time.Duration(q.MetricStat.Period) * time.Second
	key := seriesKey(m.Namespace, m.MetricName, m.dimensions())
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := in.StartTime.UTC().Truncate(period); at.Before(in.EndTime.Time); at = at.Add(period) {
		b, any := s.between(key, at, at.Add(period))
		if !any {
			continue
		}
		value, _ := b.statistic(q.MetricStat.Stat)
		r.Timestamps, r.Values = append(r.Timestamps, gateway.At(at)), append(r.Values, value)
	}
	if in.ScanBy != "TimestampAscending" {
		slices.Reverse(r.Timestamps)
		slices.Reverse(r.Values)
	}
	return r
}

// fits reports whether a query's unit is that of the metric, or not set. CloudWatch converts no units: for another unit it returns no
// data.
func fits(unit, metric string) bool {
	return unit == "" || unit == "Seconds" && strings.HasPrefix(metric, "CDCLatency")
}
