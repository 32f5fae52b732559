package templates

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/cloudwatch"
)

// alarmsOf returns the alarms of a stack by name, those of both kinds.
func (one template) alarmsOf() map[string]resource {
	all := map[string]resource{}
	for _, r := range one.Resources {
		if strings.HasPrefix(r.Type, "AWS::CloudWatch::") && strings.HasSuffix(r.Type, "Alarm") {
			all[r.Properties["AlarmName"].(string)] = r
		}
	}
	return all
}

// Every alarm sends its message to the topic of the department, says what it means, and says how it takes missing data. The policies let
// CloudWatch publish for alarms of this stack only, so their names begin with its name.
func TestEveryAlarmHasAnAction(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		topic := one.Outputs["AlertTopicArn"].(map[string]any)["Value"]
		alarms := one.alarmsOf()
		if len(alarms) < 30 {
			t.Errorf("%s has %d alarms", stack, len(alarms))
		}
		for name, r := range alarms {
			if diff := cmp.Diff([]any{topic}, r.Properties["AlarmActions"]); diff != "" {
				t.Errorf("%s: actions (-want +got):\n%s", name, diff)
			}
			if !strings.HasPrefix(name, stack+"-") || len(r.Properties["AlarmDescription"].(string)) < 20 {
				t.Errorf("%s of %s is described by %q", name, stack, r.Properties["AlarmDescription"])
			}
			if r.Type == "AWS::CloudWatch::Alarm" && r.Properties["TreatMissingData"] == nil {
				t.Errorf("%s does not say how it takes missing data", name)
			}
		}
	}
}

// Every alarm that is not quiet counts for the alarm of the department. A quiet one is on, and sends nothing.
func TestQuietAlarms(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		alarms := one.alarmsOf()
		rule := alarms[stack+"-department"].Properties["AlarmRule"].(string)
		var quiet []string
		for name, r := range alarms {
			switch {
			case name == stack+"-department":
			case r.Properties["ActionsEnabled"] == false:
				quiet = append(quiet, name)
				if strings.Contains(rule, fmt.Sprintf("ALARM(%q)", name)) {
					t.Errorf("the quiet alarm %s counts for the alarm of the department", name)
				}
			case !strings.Contains(rule, fmt.Sprintf("ALARM(%q)", name)):
				t.Errorf("%s does not count for the alarm of the department", name)
			}
		}
		slices.Sort(quiet)
		want := map[string][]string{"oralake-archive": {"oralake-archive-cpu", "oralake-archive-late-old-orders"}}[stack]
		if diff := cmp.Diff(want, quiet); diff != "" {
			t.Errorf("%s: quiet alarms (-want +got):\n%s", stack, diff)
		}
	}
}

// A department that names a topic has none of its own, and may use the key of that topic for its messages only.
func TestTopicOfTheFile(t *testing.T) {
	const arn = "arn:aws:sns:eu-central-1:111122223333:data-alerts"
	one := departmentStacks(t)["oralake-archive"]
	for id, r := range one.Resources {
		if strings.HasPrefix(r.Type, "AWS::SNS::") {
			t.Errorf("the stack makes %s, a %s", id, r.Type)
		}
	}
	for _, p := range permissions(t, one) {
		if p.Sid == "AlertKey" {
			if got := p.Condition["StringEquals"]["kms:EncryptionContext:aws:sns:topicArn"]; got != arn {
				t.Errorf("%s may use keys for %v", p.role, got)
			}
		}
	}
	if got := one.Outputs["AlertTopicArn"].(map[string]any)["Value"]; got != arn {
		t.Errorf("the topic is %v", got)
	}
}

// EventBridge sends no aws:SourceArn and no aws:SourceAccount to a topic or a key: a statement with them would drop all that it sends.
func TestNoSourceConditionsForEventBridge(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		for id, r := range one.Resources {
			for _, property := range []string{"KeyPolicy", "PolicyDocument"} {
				policy, _ := r.Properties[property].(map[string]any)
				statements, _ := policy["Statement"].([]any)
				for _, s := range statements {
					text, err := json.Marshal(s)
					if err != nil {
						t.Fatal(err)
					}
					if strings.Contains(string(text), "events.amazonaws.com") && strings.Contains(string(text), "aws:Source") {
						t.Errorf("%s of %s: %s", id, stack, text)
					}
				}
			}
		}
	}
}

// The dashboard has the documented structure, and shows the metrics that answer: did last night work, what is late, what is full.
func TestDashboard(t *testing.T) {
	for stack, one := range departmentStacks(t) {
		found := 0
		for _, r := range one.Resources {
			if r.Type != "AWS::CloudWatch::Dashboard" {
				continue
			}
			found++
			body := one.resolved(t, r.Properties["DashboardBody"]).(string)
			if err := cloudwatch.CheckDashboard([]byte(body)); err != nil {
				t.Errorf("%s: %v\n%s", stack, err, body)
			}
			for _, want := range []string{
				"did last night work?", "What is late?", "What is full?", "ExecutionsSucceeded", "ExecutionsFailed", "HoursSinceSuccess",
				"TargetLatency", "FreeStorageSpace", "FreeableMemory", "CPUUtilization", "run recorded", "alarm:" + stack + "-department",
			} {
				if !strings.Contains(body, want) {
					t.Errorf("the dashboard of %s does not show %s", stack, want)
				}
			}
		}
		if found != 1 {
			t.Errorf("%s has %d dashboards", stack, found)
		}
	}
}
