package cloudwatch

import (
	"context"
	"slices"
	"strings"

	"github.com/oralake/oralake/test/aws/gateway"
)

type describeInput struct {
	AlarmNames      []string
	AlarmNamePrefix string
	AlarmTypes      []string // MetricAlarm if empty
	StateValue      string
	MaxRecords      *int
}

type alarmAnswer struct {
	AlarmArn, AlarmName, AlarmDescription        string
	ActionsEnabled                               bool
	AlarmActions, OKActions                      []string
	StateValue, StateReason                      string
	StateUpdatedTimestamp                        *gateway.Time `json:",omitempty"`
	Namespace, MetricName, Statistic             string        `json:",omitempty"`
	ComparisonOperator, TreatMissingData         string        `json:",omitempty"`
	Threshold                                    float64
	Period, EvaluationPeriods, DatapointsToAlarm int                            `json:",omitempty"`
	Dimensions                                   []struct{ Name, Value string } `json:",omitempty"`
}

func (a alarmAnswer) name() string { return a.AlarmName }

type compositeAnswer struct {
	AlarmArn, AlarmName, AlarmDescription string
	ActionsEnabled                        bool
	AlarmActions, OKActions               []string
	StateValue, StateReason               string
	StateUpdatedTimestamp                 *gateway.Time `json:",omitempty"`
	AlarmRule                             string
}

func (a compositeAnswer) name() string { return a.AlarmName }

type describeAnswer struct {
	MetricAlarms    []alarmAnswer
	CompositeAlarms []compositeAnswer
}

// most is how many alarms an answer has (API_DescribeAlarms). More are refused: an answer has no second page here.
const most = 100

func (s *Service) describeAlarms(_ context.Context, in describeInput) (describeAnswer, error) {
	if len(in.AlarmTypes) == 0 {
		in.AlarmTypes = []string{"MetricAlarm"}
	}
	wanted := func(name, state string) bool {
		return (len(in.AlarmNames) == 0 || slices.Contains(in.AlarmNames, name)) && strings.HasPrefix(name, in.AlarmNamePrefix) &&
			(in.StateValue == "" || in.StateValue == state)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := describeAnswer{MetricAlarms: []alarmAnswer{}, CompositeAlarms: []compositeAnswer{}}
	for name, a := range s.alarms {
		if !wanted(name, a.state) || !slices.Contains(in.AlarmTypes, "MetricAlarm") {
			continue
		}
		out.MetricAlarms = append(out.MetricAlarms, alarmAnswer{
			AlarmArn: a.arn, AlarmName: name, AlarmDescription: a.AlarmDescription, ActionsEnabled: a.ActionsEnabled == nil || *a.ActionsEnabled,
			AlarmActions: a.AlarmActions, OKActions: a.OKActions, StateValue: a.state, StateReason: a.reason,
			StateUpdatedTimestamp: gateway.At(a.changed), Namespace: a.Namespace, MetricName: a.MetricName, Statistic: a.Statistic,
			ComparisonOperator: a.ComparisonOperator, TreatMissingData: a.TreatMissingData, Threshold: *a.Threshold, Period: a.Period,
			EvaluationPeriods: a.EvaluationPeriods, DatapointsToAlarm: a.DatapointsToAlarm, Dimensions: a.Dimensions,
		})
	}
	for name, c := range s.composites {
		if wanted(name, c.state) && slices.Contains(in.AlarmTypes, "CompositeAlarm") {
			out.CompositeAlarms = append(out.CompositeAlarms, compositeAnswer{
				AlarmArn: c.arn, AlarmName: name, AlarmDescription: c.AlarmDescription, ActionsEnabled: c.ActionsEnabled == nil || *c.ActionsEnabled,
				AlarmActions: c.AlarmActions, OKActions: c.OKActions, StateValue: c.state, StateReason: c.reason,
				StateUpdatedTimestamp: gateway.At(c.changed), AlarmRule: c.AlarmRule,
			})
		}
	}
	if n := len(out.MetricAlarms) + len(out.CompositeAlarms); in.MaxRecords != nil && n > *in.MaxRecords || n > most {
		return describeAnswer{}, gateway.NotImplemented("pages of cloudwatch:DescribeAlarms")
	}
	byName(out.MetricAlarms)
	byName(out.CompositeAlarms)
	return out, nil
}
