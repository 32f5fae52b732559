package cloudwatch

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// The limits of PutMetricData (API_PutMetricData, API_MetricDatum).
const (
	maxData       = 1000
	maxDimensions = 30
)

type putInput struct {
	Namespace  string
	MetricData []struct {
		MetricName string
		Dimensions []struct{ Name, Value string }
		Timestamp  *gateway.Time
		Unit       string
		Value      *float64
	}
}

// putMetricData takes values of metrics of programs.
func (s *Service) putMetricData(_ context.Context, in putInput) (gateway.Empty, error) {
	switch {
	case in.Namespace == "" || strings.HasPrefix(in.Namespace, "AWS/"):
		return gateway.Empty{}, invalid("The value %q for parameter Namespace is invalid.", in.Namespace)
	case len(in.MetricData) == 0:
		return gateway.Empty{}, invalid("The parameter MetricData is required.")
	case len(in.MetricData) > maxData:
		return gateway.Empty{}, invalid("The collection MetricData must not have a size greater than %d.", maxData)
	}
	now := time.Now()
	var data []Datum
	for i, one := range in.MetricData {
		d := Datum{Namespace: in.Namespace, Metric: one.MetricName, Dimensions: map[string]string{}, Time: now}
		switch {
		case one.MetricName == "":
			return gateway.Empty{}, invalid("The parameter MetricData.member.%d.MetricName is required.", i+1)
		case one.Value == nil || math.IsNaN(*one.Value) || math.IsInf(*one.Value, 0):
			return gateway.Empty{}, invalid("The value for parameter MetricData.member.%d.Value is invalid.", i+1)
		case len(one.Dimensions) > maxDimensions:
			return gateway.Empty{}, invalid("The collection MetricData.member.%d.Dimensions must not have a size greater than %d.", i+1, maxDimensions)
		case one.Timestamp != nil && (one.Timestamp.Before(now.AddDate(0, 0, -14)) || one.Timestamp.After(now.Add(2*time.Hour))):
			return gateway.Empty{}, invalid("The parameter MetricData.member.%d.Timestamp must specify a time within the past two weeks.", i+1)
		}
		for _, dimension := range one.Dimensions {
			if dimension.Name == "" || dimension.Value == "" {
				return gateway.Empty{}, invalid("The parameter MetricData.member.%d.Dimensions has a part without name or value.", i+1)
			}
			d.Dimensions[dimension.Name] = dimension.Value
		}
		if one.Timestamp != nil {
			d.Time = one.Timestamp.Time
		}
		d.Value = *one.Value
		data = append(data, d)
	}
	s.Put(data...)
	return gateway.Empty{}, nil
}
