package cloudwatch

import (
	"fmt"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// The states of an alarm.
const (
	StateOK           = "OK"
	StateAlarm        = "ALARM"
	StateInsufficient = "INSUFFICIENT_DATA"
)

// alarmProperties are the properties of AWS::CloudWatch::Alarm that are implemented: an alarm on one metric, with a fixed threshold.
type alarmProperties struct {
	actions
	Namespace, MetricName, Statistic string
	Dimensions                       []struct{ Name, Value string }
	ComparisonOperator               string
	Threshold                        *float64
	Period                           int // seconds
	EvaluationPeriods                int
	DatapointsToAlarm                int // EvaluationPeriods if 0
	TreatMissingData                 string
	WarmUpConfiguration              *warmUp
}

// actions are the properties that metric alarms and composite alarms have.
type actions struct {
	AlarmName, AlarmDescription                      string
	ActionsEnabled                                   *bool
	AlarmActions, OKActions, InsufficientDataActions []string
	Tags                                             []struct{ Key, Value string }
}

// warmUp keeps a new alarm in INSUFFICIENT_DATA, until the time has passed or its window is full of values ("Alarm warm-up periods").
type warmUp struct {
	WarmUpPeriodDurationInMinutes            int
	OnlyStartEvaluatingAfterWarmUpPeriodEnds bool
}

// of returns the actions of a state; none if actions are disabled.
func (a actions) of(state string) []string {
	if a.ActionsEnabled != nil && !*a.ActionsEnabled {
		return nil
	}
	return map[string][]string{StateAlarm: a.AlarmActions, StateOK: a.OKActions, StateInsufficient: a.InsufficientDataActions}[state]
}

// alarm is a metric alarm.
type alarm struct {
	arn string
	alarmProperties
	key     string // of its series
	created time.Time
	warm    bool // the warm-up is over
	state   string
	reason  string
	changed time.Time
	// settled is set if no evaluation can change the state before the metric gets a value.
	settled bool
}

// The longest time that an alarm looks back (API_PutMetricAlarm): a week, and a day if its period is shorter than an hour.
const (
	longestRange      = 7 * 24 * time.Hour
	longestShortRange = 24 * time.Hour
)

// missing are the values of TreatMissingData.
var missing = map[string]bool{"": true, "missing": true, "ignore": true, "breaching": true, "notBreaching": true}

func (p *alarmProperties) check() error {
	if p.DatapointsToAlarm == 0 {
		p.DatapointsToAlarm = p.EvaluationPeriods
	}
	span := time.Duration(p.Period*p.EvaluationPeriods) * time.Second
	switch {
	case p.MetricName == "" || p.Namespace == "" || p.Threshold == nil:
		return gateway.NotImplemented("an alarm without Namespace, MetricName and Threshold: only alarms on one metric")
	case p.Period < 60 || p.Period%60 != 0:
		return invalid("Period must be 10, 20, 30 or a multiple of 60")
	case p.EvaluationPeriods < 1 || p.DatapointsToAlarm < 1 || p.DatapointsToAlarm > p.EvaluationPeriods:
		return invalid("DatapointsToAlarm must be at least 1 and at most EvaluationPeriods")
	case span > longestRange || p.Period < 3600 && span > longestShortRange:
		return invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400), or across more "+
			"than a week if the period is an hour or longer: got %v", span)
	case !missing[p.TreatMissingData]:
		return invalid("Option %q for TreatMissingData is not supported", p.TreatMissingData)
	case p.WarmUpConfiguration != nil && (p.WarmUpConfiguration.WarmUpPeriodDurationInMinutes < 1 || p.WarmUpConfiguration.WarmUpPeriodDurationInMinutes > 2880):
		return invalid("WarmUpPeriodDurationInMinutes must be from 1 to 2880")
	}
	if _, ok := (bucket{count: 1}).statistic(p.Statistic); !ok {
		return invalid("Statistic %q is not supported", p.Statistic)
	}
	if _, err := p.breaches(0); err != nil {
		return err
	}
	return checkKnown(p.Namespace, p.MetricName, dimensionNames(p.Dimensions))
}

func dimensionNames(dimensions []struct{ Name, Value string }) (names []string) {
	for _, d := range dimensions {
		names = append(names, d.Name)
	}
	return names
}

// breaches reports whether a value is beyond the threshold.
func (p alarmProperties) breaches(value float64) (bool, error) {
	switch p.ComparisonOperator {
	case "GreaterThanThreshold":
		return value > *p.Threshold, nil
	case "GreaterThanOrEqualToThreshold":
		return value >= *p.Threshold, nil
	case "LessThanThreshold":
		return value < *p.Threshold, nil
	case "LessThanOrEqualToThreshold":
		return value <= *p.Threshold, nil
	}
	return false, gateway.NotImplemented("the comparison " + p.ComparisonOperator + " of alarms")
}

// furtherPeriods is how many more periods than EvaluationPeriods are read. CloudWatch reads more, and does not document how many;
// its examples read 5 for 3 ("Configuring how CloudWatch alarms treat missing data").
const furtherPeriods = 2

// evaluate returns the state of an alarm at a whole minute, and whether there are values in its range. s.mu must be held.
//
// If there are values of at least EvaluationPeriods periods in the range, only the newest of them count. Otherwise TreatMissingData
// stands for those that are missing.
func (a *alarm) evaluate(s *Service, at time.Time) (state, reason string, values int) {
	period := time.Duration(a.Period) * time.Second
	breaching := 0
	for n := 1; n <= a.EvaluationPeriods+furtherPeriods && values < a.EvaluationPeriods; n++ {
		b, any := s.between(a.key, at.Add(-time.Duration(n)*period), at.Add(-time.Duration(n-1)*period))
		if !any {
			continue
		}
		values++
		value, _ := b.statistic(a.Statistic)
		if bad, _ := a.breaches(value); bad {
			breaching++
			if reason == "" {
				reason = fmt.Sprintf("Threshold Crossed: %g beyond the threshold %g", value, *a.Threshold)
			}
		}
	}
	lacking := a.EvaluationPeriods - values
	switch a.TreatMissingData {
	case "breaching":
		breaching += lacking
	case "ignore":
		if lacking > 0 && breaching < a.DatapointsToAlarm {
			return a.state, a.reason, values
		}
	case "", "missing":
		if values == 0 {
			return StateInsufficient, "Insufficient Data: no datapoints were received", values
		}
	}
	if breaching >= a.DatapointsToAlarm {
		if reason == "" {
			reason = "Threshold Crossed: no datapoints were received, and missing datapoints were treated as breaching"
		}
		return StateAlarm, reason, values
	}
	return StateOK, "Threshold not crossed", values
}

// warmed reports whether the warm-up of an alarm is over.
func (a *alarm) warmed(at time.Time, values int) bool {
	w := a.WarmUpConfiguration
	if w == nil || a.warm {
		return true
	}
	over := !at.Before(a.created.Add(time.Duration(w.WarmUpPeriodDurationInMinutes) * time.Minute))
	a.warm = over || !w.OnlyStartEvaluatingAfterWarmUpPeriodEnds && values >= a.EvaluationPeriods
	return a.warm
}
