package cloudwatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/cloudwatch"
	"github.com/oralake/oralake/test/aws/resource"
)

// watched is a CloudWatch with alarms. It notes the messages that alarms send.
type watched struct {
	*cloudwatch.Service
	t     *testing.T
	sent  []string                // subjects
	value atomic.Pointer[float64] // of the gauge; nil if it has none
	fail  error                   // of publishing
}

func watch(t *testing.T) *watched {
	w := &watched{t: t}
	w.Service = cloudwatch.New(account.Account{ID: "111122223333", Region: "eu-central-1"}, w, func(_ context.Context, _, topic, subject, _ string) error {
		w.sent = append(w.sent, topic+" "+subject)
		return w.fail
	})
	t.Cleanup(w.Close)
	return w
}

// Gauge implements cloudwatch.Gauges.
func (w *watched) Gauge(string, string, map[string]string) (float64, bool) {
	value := w.value.Load()
	if value == nil {
		return 0, false
	}
	return *value, true
}

// create makes a resource from properties, given as JSON.
func (w *watched) create(kind, properties string) error {
	_, err := w.Resources()[kind].Create(w.t.Context(), resource.Request{
		StackName: "oralake-sales", LogicalID: "Alarm", Properties: json.RawMessage(properties),
	})
	return err
}

// alarm makes an alarm on the metric test M. The properties replace those of an alarm on a minute's maximum above 10.
func (w *watched) alarm(properties string) {
	w.t.Helper()
	all := map[string]any{
		"AlarmName": "a", "Namespace": "test", "MetricName": "M", "Statistic": "Maximum", "ComparisonOperator": "GreaterThanThreshold",
		"Threshold": 10, "Period": 60, "EvaluationPeriods": 1, "AlarmActions": []string{"topic"}, "OKActions": []string{"topic"},
	}
	if err := json.Unmarshal([]byte(properties), &all); err != nil {
		w.t.Fatal(err)
	}
	content, err := json.Marshal(all)
	if err == nil {
		err = w.create("AWS::CloudWatch::Alarm", string(content))
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// minutes lets a minute pass for each value: a number, or - for a minute without one. It returns the state after each of them by its
// first letter.
func (w *watched) minutes(values string) (states string) {
	w.t.Helper()
	for _, value := range strings.Fields(values) {
		if value != "-" {
			var number float64
			if _, err := fmt.Sscan(value, &number); err != nil {
				w.t.Fatal(err)
			}
			w.Put(cloudwatch.Datum{Namespace: "test", Metric: "M", Value: number})
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		state, _ := w.State("a")
		states += state[:1]
	}
	return states
}

// The state follows from the newest periods that have values; TreatMissingData stands for those that lack.
func TestAlarmStates(t *testing.T) {
	for _, test := range []struct{ properties, values, want string }{
		{`{}`, "1 20 1", "OAO"},
		{`{}`, "- - 20 - - - -", "IIAAAII"}, // two further periods are read
		{`{"TreatMissingData": "notBreaching"}`, "- 20 - - - -", "OAAAOO"},
		{`{"TreatMissingData": "breaching"}`, "- 1 - - - 1", "AOOOAO"},
		{`{"TreatMissingData": "ignore"}`, "20 - - - - - 1 - - - -", "AAAAAAOOOOO"},
		{`{"EvaluationPeriods": 3, "DatapointsToAlarm": 2}`, "1 20 1 20 20 1 1 1", "OOOAAAOO"},
		{`{"EvaluationPeriods": 2}`, "20 20 20 1 20 20", "OAAOOA"},
		{`{"EvaluationPeriods": 2, "TreatMissingData": "breaching"}`, "20 - - - - 1 1", "AAAAAOO"},
		{`{"Statistic": "Sum", "Period": 120, "TreatMissingData": "notBreaching"}`, "6 6 6 1 1", "OAAOO"},
		{`{"ComparisonOperator": "LessThanThreshold"}`, "20 10 9", "OOA"},
		{`{"ComparisonOperator": "LessThanOrEqualToThreshold"}`, "20 10 9", "OAA"},
		{`{"ComparisonOperator": "GreaterThanOrEqualToThreshold"}`, "9 10 20", "OAA"},
		{`{"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 3}, "TreatMissingData": "breaching"}`, "- - - - 1", "IIAAO"},
		{`{"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 9}, "TreatMissingData": "breaching"}`, "- 1 20", "IOA"},
	} {
		t.Run(test.properties, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := watch(t)
				w.alarm(test.properties)
				if got := w.minutes(test.values); got != test.want {
					t.Errorf("after %s the states are %s, want %s", test.values, got, test.want)
				}
			})
		})
	}
}

// An alarm sends a message when its state changes, and tells when that fails. One with disabled actions sends nothing.
func TestAlarmMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.alarm(`{}`)
		w.minutes("1 20 20")
		w.fail = errors.New("no key")
		w.minutes("1")
		want := []string{`topic OK: "a" in eu-central-1`, `topic ALARM: "a" in eu-central-1`, `topic OK: "a" in eu-central-1`}
		if diff := cmp.Diff(want, w.sent); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		changes := w.Changes("a")
		if last := changes[len(changes)-1]; last.Failed["topic"] != "no key" || len(last.Sent) > 0 {
			t.Errorf("a message that failed: got %+v", last)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.alarm(`{"ActionsEnabled": false}`)
		if states := w.minutes("1 20"); states != "OA" || len(w.sent) > 0 {
			t.Errorf("a quiet alarm: got %s, %v", states, w.sent)
		}
	})
}

func TestCompositeAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.alarm(`{"AlarmActions": [], "OKActions": []}`)
		for _, c := range []string{
			`{"AlarmName": "one", "AlarmRule": "ALARM(\"a\")", "AlarmActions": ["topic"], "OKActions": ["topic"]}`,
			`{"AlarmName": "all", "AlarmRule": "ALARM(one) OR INSUFFICIENT_DATA('a')", "AlarmActions": ["topic"]}`,
		} {
			if err := w.create("AWS::CloudWatch::CompositeAlarm", c); err != nil {
				t.Fatal(err)
			}
		}
		w.minutes("1 20 1 - - - -")
		var got []string
		for _, c := range w.Changes("") {
			got = append(got, c.Alarm+" "+c.To)
		}
		want := []string{"a OK", "all OK", "one OK", "a ALARM", "one ALARM", "all ALARM", "a OK", "one OK", "all OK", "a INSUFFICIENT_DATA", "all ALARM"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

// An alarm on a gauge reads it every minute.
func TestAlarmOnGauge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		w.alarm(`{"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible", "Threshold": 0,
			"Dimensions": [{"Name": "QueueName", "Value": "q"}]}`)
		w.value.Store(new(0.0))
		states := w.minutes("- -")
		w.value.Store(new(1.0))
		states += w.minutes("-")
		w.value.Store(nil)
		states += w.minutes("- - - -")
		if states != "IOOAAAI" { // The value of a minute counts when the minute has passed.
			t.Errorf("got %s", states)
		}
	})
}

func TestAlarmRefusals(t *testing.T) {
	long := strings.Repeat("ALARM(a) OR ", 100) + "ALARM(a)"
	for _, test := range []struct{ kind, properties, want string }{
		{"Alarm", `{"Metrics": []}`, "Metrics"},
		{"Alarm", `{"Period": 90}`, "multiple of 60"},
		{"Alarm", `{"Period": 60, "EvaluationPeriods": 1441}`, "more than a day"},
		{"Alarm", `{"Period": 86400, "EvaluationPeriods": 8}`, "more than a week"},
		{"Alarm", `{"DatapointsToAlarm": 2}`, "DatapointsToAlarm"},
		{"Alarm", `{"TreatMissingData": "good"}`, "good"},
		{"Alarm", `{"Statistic": "p99"}`, "p99"},
		{"Alarm", `{"ComparisonOperator": "LessThanLowerThreshold"}`, "LessThanLowerThreshold"},
		{"Alarm", `{"Namespace": "AWS/DMS", "MetricName": "CDCLatencyTarget"}`, "without the dimensions"},
		{"Alarm", `{"Namespace": "AWS/EC2"}`, "namespace AWS/EC2"},
		{"Alarm", `{"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 2881}}`, "2880"},
		{"Alarm", `{"AlarmName": "a"}`, "already exists"},
		{"CompositeAlarm", `{"AlarmRule": "ALARM(b)"}`, "does not exist"},
		{"CompositeAlarm", `{"AlarmRule": "ALARM(a) AND ALARM(a)"}`, "joined by OR"},
		{"CompositeAlarm", `{"AlarmRule": "` + long + `"}`, "more than 100"},
		{"CompositeAlarm", `{"AlarmName": "a", "AlarmRule": "ALARM(a)"}`, "already exists"},
	} {
		t.Run(test.properties[:min(60, len(test.properties))], func(t *testing.T) {
			w := watch(t)
			w.alarm(`{}`)
			all := map[string]any{}
			if test.kind == "Alarm" {
				all = map[string]any{
					"AlarmName": "b", "Namespace": "test", "MetricName": "M", "Statistic": "Maximum", "ComparisonOperator": "GreaterThanThreshold",
					"Threshold": 10, "Period": 60, "EvaluationPeriods": 1,
				}
			}
			if err := json.Unmarshal([]byte(test.properties), &all); err != nil {
				t.Fatal(err)
			}
			content, err := json.Marshal(all)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.create("AWS::CloudWatch::"+test.kind, string(content)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that contains %s", err, test.want)
			}
		})
	}
}

func TestDashboardStructure(t *testing.T) {
	const metric = `{"type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": {"region": "r", "metrics": [["N", "M", "D", "V"]]}}`
	body := func(widget string) string { return `{"start": "-PT24H", "widgets": [` + widget + `]}` }
	if err := cloudwatch.CheckDashboard([]byte(body(metric))); err != nil {
		t.Error(err)
	}
	for name, test := range map[string]struct{ body, want string }{
		"no widgets":      {`{"start": "-PT24H"}`, "must have widgets"},
		"unknown member":  {`{"widget": []}`, "widget"},
		"too wide":        {body(strings.Replace(metric, `"width": 12`, `"width": 25`, 1)), "grid"},
		"outside":         {body(strings.Replace(metric, `"x": 0`, `"x": 13`, 1)), "grid"},
		"no region":       {body(strings.Replace(metric, `"region": "r", `, ``, 1)), "region"},
		"odd dimensions":  {body(strings.Replace(metric, `"V"`, `"V", "D"`, 1)), "pairs of dimensions"},
		"unknown type":    {body(strings.Replace(metric, `"type": "metric"`, `"type": "chart"`, 1)), "chart"},
		"text without":    {body(`{"type": "text", "width": 1, "height": 1, "properties": {"text": "a"}}`), "text"},
		"log":             {body(`{"type": "log", "width": 1, "height": 1, "properties": {"region": "r", "query": "fields a"}}`), "SOURCE"},
		"alarm by a name": {body(`{"type": "alarm", "width": 1, "height": 1, "properties": {"alarms": ["a"]}}`), "ARN"},
		"start":           {`{"start": "yesterday", "widgets": []}`, "relative time"},
	} {
		if err := cloudwatch.CheckDashboard([]byte(test.body)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error that contains %s", name, err, test.want)
		}
	}
}
