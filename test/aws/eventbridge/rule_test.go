package eventbridge_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/resource"
)

func TestTheLifeOfARule(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		h.must("PutRule", `{"Name": "all", "EventPattern": "{\"source\": [\"test\"]}", "Description": "everything",
			"Tags": [{"Key": "team", "Value": "lake"}]}`)
		h.must("PutTargets", `{"Rule": "all", "Targets": [{"Id": "q", "Arn": "`+queue+`"}, {"Id": "f", "Arn": "`+function+`"}]}`)
		h.must("RemoveTargets", `{"Rule": "all", "Ids": ["f"]}`)
		h.must("DisableRule", `{"Name": "all"}`)
		h.put()
		described := map[string]any{
			"Name": "all", "Arn": "arn:aws:events:eu-central-1:123456789012:rule/all", "Description": "everything",
			"EventPattern": `{"source": ["test"]}`, "State": "DISABLED", "EventBusName": "default",
		}
		for operation, want := range map[string]map[string]any{
			`DescribeRule {"Name": "all"}`:             described,
			`ListRules {"NamePrefix": "a"}`:            {"Rules": []any{described}},
			`ListRules {"NamePrefix": "b"}`:            {"Rules": []any{}},
			`ListTargetsByRule {"Rule": "all"}`:        {"Targets": []any{map[string]any{"Id": "q", "Arn": queue}}},
			`RemoveTargets {"Rule": "all", "Ids": []}`: {"FailedEntryCount": 0.0, "FailedEntries": []any{}},
			`ListTagsForResource {"ResourceARN": "arn:aws:events:eu-central-1:123456789012:rule/all"}`: {
				"Tags": []any{map[string]any{"Key": "team", "Value": "lake"}},
			},
		} {
			name, in, _ := strings.Cut(operation, " ")
			if diff := cmp.Diff(h.must(name, in), want); diff != "" {
				t.Errorf("%s (-got +want):\n%s", operation, diff)
			}
		}
		h.must("EnableRule", `{"Name": "all", "EventBusName": "default"}`)
		id := h.put()
		synctest.Wait()
		if len(h.deliveries) != 1 || h.deliveries[0].EventID != id {
			t.Errorf("deliveries: got %+v, want that of %s", h.deliveries, id)
		}
		if _, err := h.call("DeleteRule", `{"Name": "all"}`); err == nil || !strings.Contains(err.Error(), "it has targets") {
			t.Errorf("delete with a target: got %v", err)
		}
		h.must("RemoveTargets", `{"Rule": "all", "Ids": ["q"]}`)
		h.must("DeleteRule", `{"Name": "all"}`)
		h.must("DeleteRule", `{"Name": "all"}`)
		if _, err := h.call("DescribeRule", `{"Name": "all"}`); err == nil || !strings.HasPrefix(err.Error(), "ResourceNotFound") {
			t.Errorf("describe after the delete: got %v", err)
		}
	})
}

func TestRefusals(t *testing.T) {
	h := newHost(t)
	h.rule("all", `{"Id": "q", "Arn": "`+queue+`"}`)
	target := func(members string) string { return `PutTargets {"Rule": "all", "Targets": [{` + members + `}]}` }
	machine := `"Arn": "arn:aws:states:eu-central-1:123456789012:stateMachine:m"`
	for request, says := range map[string]string{
		`PutRule {"Name": "a", "ScheduleExpression": "rate(1 day)"}`: "Scheduler",
		`PutRule {"Name": "a"}`:                                                                     "EventPattern",
		`PutRule {"Name": "a b", "EventPattern": "{}"}`:                                             "rule name",
		`PutRule {"Name": "a", "EventPattern": "{}", "RoleArn": "r"}`:                               "the RoleArn of an EventBridge rule",
		`PutRule {"Name": "a", "EventPattern": "{\"a\": [1]}", "EventBusName": "other"}`:            "the event bus other",
		`PutRule {"Name": "a", "EventPattern": "{\"a\": [1]}", "State": "ENABLED_WITH_ALL"}`:        "the State ENABLED_WITH_ALL",
		`CreateEventBus {"Name": "other"}`:                                                          "events:CreateEventBus",
		target(`"Id": "s", "Arn": "arn:aws:sns:eu-central-1:123456789012:t"`):                       "the rule target arn:aws:sns",
		target(`"Id": "s", "Arn": "` + queue + `.fifo"`):                                            "the rule target",
		target(`"Id": "s", ` + machine):                                                             "RoleArn is required",
		target(`"Id": "s", "RoleArn": "arn:aws:iam::123456789012:role/nobody", ` + machine):         "nobody",
		target(`"Id": "s", "Arn": "` + queue + `", "SqsParameters": {}`):                            "SqsParameters",
		target(`"Id": "a b", "Arn": "` + queue + `"`):                                               "target Id",
		target(`"Id": "s", "Arn": "queue"`):                                                         "Provided Arn is not in correct format",
		target(`"Id": "s", "Arn": "` + queue + `", "RetryPolicy": {"MaximumRetryAttempts": 200}`):   "MaximumRetryAttempts",
		target(`"Id": "s", "Arn": "` + queue + `", "RetryPolicy": {"MaximumEventAgeInSeconds": 1}`): "MaximumEventAgeInSeconds",
		target(`"Id": "s", "Arn": "` + queue + `", "DeadLetterConfig": {"Arn": "dead"}`):            "DeadLetterConfig.Arn",
		target(`"Id": "s", "Arn": "` + queue + `"}, {"Id": "s", "Arn": "` + queue + `"`):            "two targets",
		`PutTargets {"Rule": "all", "Targets": [null]}`:                                             "target Id",
		`PutTargets {"Rule": "none", "Targets": []}`:                                                "Rule none does not exist",
		`PutEvents {"Entries": []}`:                                                                 "0 entries",
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

func TestRulesOfStacks(t *testing.T) {
	inBubble(t, func(t *testing.T, h *host) {
		kind := h.service.Resources()["AWS::Events::Rule"]
		r := resource.Request{
			StackName: "oralake-sales", LogicalID: "After", Tags: map[string]string{"stack": "oralake-sales"},
			Properties: json.RawMessage(`{"EventPattern": {"source": ["test"]}, "State": "ENABLED",
				"Targets": [{"Id": "Target0", "Arn": "` + queue + `", "Input": "{\"v\":1}"}]}`),
		}
		made, err := kind.Create(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := made.Attributes["Arn"], "arn:aws:events:eu-central-1:123456789012:rule/"+made.PhysicalID; got != want ||
			!strings.HasPrefix(made.PhysicalID, "oralake-sales-After-") {
			t.Errorf("resource: got %+v, want the ARN %s", made, want)
		}
		h.put()
		r.PhysicalID, r.Previous = made.PhysicalID, r.Properties
		r.Properties = json.RawMessage(strings.ReplaceAll(string(r.Properties), "1", "2"))
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
		if diff := cmp.Diff(h.received(queue), []string{`{"v":1}`, `{"v":2}`}); diff != "" {
			t.Errorf("messages (-got +want):\n%s", diff)
		}
		for properties, says := range map[string]string{
			`{"ScheduleExpression": "rate(1 day)"}`:                                   "Scheduler",
			`{"EventPattern": {"source": ["a"]}, "Targets": [{"Id": "x"}]}`:           "Provided Arn",
			`{"EventPattern": {"source": [{"wildcard": "*"}]}}`:                       "wildcard",
			`{"EventPattern": {"source": ["a"]}, "EventBusName": "other"}`:            "the event bus other",
			`{"EventPattern": {"source": ["a"]}, "Targets": [{"EcsParameters": {}}]}`: "EcsParameters",
		} {
			_, err := kind.Create(t.Context(), resource.Request{
				StackName: "s", LogicalID: "R", Properties: json.RawMessage(properties),
			})
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: got %v, want an error that says %s", properties, err, says)
			}
		}
	})
}
