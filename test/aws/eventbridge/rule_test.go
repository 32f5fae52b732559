package eventbridge_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/resource"
)

func TestRefusals(t *testing.T) {
	h := newHost(t)
	target := func(members string) string {
		return `{"EventPattern": {"source": ["a"]}, "Targets": [{` + members + `}]}`
	}
	right := `"Arn": "` + machine + `", "RoleArn": "` + role + `"`
	for properties, says := range map[string]string{
		`{"ScheduleExpression": "rate(1 day)"}`:                                       "Scheduler",
		`{"Name": "a"}`:                                                               "EventPattern",
		`{"Name": "a b", "EventPattern": {"a": [1]}}`:                                 "rule name",
		`{"RoleArn": "r", "EventPattern": {"a": [1]}}`:                                "the RoleArn of an EventBridge rule",
		`{"EventPattern": {"a": [1]}, "EventBusName": "other"}`:                       "the event bus other",
		`{"EventPattern": {"a": [1]}, "State": "DISABLED"}`:                           "the State DISABLED",
		`{"EventPattern": {"source": [{"wildcard": "*"}]}}`:                           "wildcard",
		target(`"Id": "s", "Arn": "arn:aws:sns:eu-central-1:123456789012:t"`):         "the target arn:aws:sns",
		target(`"Id": "s", "Arn": "` + queue + `"`):                                   "the target arn:aws:sqs",
		target(`"Id": "s", "Arn": "` + machine + `"`):                                 "RoleArn is required",
		target(`"Id": "s", "Arn": "` + machine + `", "RoleArn": "nobody"`):            "nobody",
		target(`"Id": "s", "SqsParameters": {}, ` + right):                            "SqsParameters",
		target(`"Id": "a b", ` + right):                                               "target Id",
		target(`"Id": "s", "Arn": "queue"`):                                           "Provided Arn is not in correct format",
		target(`"Id": "s", "RetryPolicy": {"MaximumRetryAttempts": 200}, ` + right):   "MaximumRetryAttempts",
		target(`"Id": "s", "RetryPolicy": {"MaximumEventAgeInSeconds": 1}, ` + right): "MaximumEventAgeInSeconds",
		target(`"Id": "s", "DeadLetterConfig": {"Arn": "dead"}, ` + right):            "DeadLetterConfig.Arn",
		target(`"Id": "s", ` + right + `}, {"Id": "s", ` + right):                     "two targets",
		target(strings.Repeat(`"Id": "s", `+right+`}, {`, 5) + `"Id": "t", ` + right): "at most 5 targets",
	} {
		if _, err := h.create(properties); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that says %s", properties, err, says)
		}
	}
	for request, says := range map[string]string{
		`PutRule {"Name": "a"}`:     "events:PutRule",
		`PutEvents {"Entries": []}`: "0 entries",
	} {
		operation, in, _ := strings.Cut(request, " ")
		if _, err := h.call(operation, in); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want an error that says %s", request, err, says)
		}
	}
	for in, code := range map[string]string{
		`{"DetailType": "T", "Detail": "{}"}`:                                                             "InvalidArgument",
		`{"Source": "test", "Detail": "{}"}`:                                                              "InvalidArgument",
		`{"Source": "test", "DetailType": "T", "Detail": "[]"}`:                                           "MalformedDetail",
		`{"Source": "aws.states", "DetailType": "T", "Detail": "{}"}`:                                     "NotAuthorizedForSourceException",
		`{"Source": "t", "DetailType": "T", "Detail": "{}", "EventBusName": "other"}`:                     "UnknownOperationException",
		`{"Source": "t", "DetailType": "T", "Detail": "{\"a\": \"` + strings.Repeat("x", 1<<20) + `\"}"}`: "ValidationException",
	} {
		out := h.must("PutEvents", `{"Entries": [{"Source": "s", "DetailType": "T", "Detail": "{}"}, `+in+`]}`)
		entries := out["Entries"].([]any)
		if got := entries[1].(map[string]any)["ErrorCode"]; out["FailedEntryCount"] != 1.0 || got != code {
			t.Errorf("%.80s: got %v, want %s", in, out, code)
		}
	}
	if err := h.service.Close(); err != nil {
		t.Error(err)
	}
}

func TestRuleResource(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		kind := h.service.Resources()["AWS::Events::Rule"]
		r := resource.Request{
			StackName: "oralake-sales", LogicalID: "After", Tags: map[string]string{"stack": "oralake-sales"},
			Properties: json.RawMessage(`{"EventPattern": {"source": ["test"]}, "State": "ENABLED",
				"Targets": [` + targetJSON(`, "InputTransformer": {"InputTemplate": "{\"v\":1}"}`) + `]}`),
		}
		created, err := kind.Create(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := created.Attributes["Arn"], "arn:aws:events:eu-central-1:123456789012:rule/"+created.PhysicalID; got != want ||
			!strings.HasPrefix(created.PhysicalID, "oralake-sales-After-") {
			t.Errorf("resource: got %+v, want ARN %s", created, want)
		}
		h.put()
		r.PhysicalID, r.Previous = created.PhysicalID, r.Properties
		r.Properties = json.RawMessage(strings.ReplaceAll(string(r.Properties), `:1}`, `:2}`))
		if _, err := kind.Update(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		h.put()
		synctest.Wait()
		if err := kind.Delete(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if err := kind.Delete(t.Context(), r); err != nil {
			t.Errorf("delete again: %v", err)
		}
		h.put()
		synctest.Wait()
		if diff := cmp.Diff(h.inputs, []string{`{"v":1}`, `{"v":2}`}); diff != "" {
			t.Errorf("inputs (-got +want):\n%s", diff)
		}
	})
}
