package scheduler_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/resource"
)

func TestInvalidSchedules(t *testing.T) {
	tests := []struct {
		name   string
		change change
		want   string
	}{
		{"an invalid expression", set("ScheduleExpression", "cron(0 2 * * * *)"), "Invalid schedule expression cron(0 2 * * * *)"},
		{
			"a role that does not exist", setTarget("RoleArn", role+"2"),
			"The execution role you provide must allow AWS EventBridge to assume the role",
		},
		{"no role", setTarget("RoleArn", ""), "RoleArn is required"},
		{
			"a universal target", setTarget("Arn", "arn:aws:scheduler:::aws-sdk:dms:startReplicationTask"),
			"does not implement the target arn:aws:scheduler:::aws-sdk:dms:startReplicationTask",
		},
		{"a queue", setTarget("Arn", deadLetter), "does not implement the target " + deadLetter},
		{"a target that is not an ARN", setTarget("Arn", "machine"), "Provided Arn is not in correct format"},
		{
			"a dead-letter topic", setTarget("DeadLetterConfig", map[string]any{"Arn": "arn:aws:sns:eu-central-1:123456789012:t"}),
			"not the ARN of a standard SQS queue",
		},
		{"parameters of another target", setTarget("EcsParameters", map[string]any{}), `unknown field "EcsParameters"`},
		{"input that is not JSON", setTarget("Input", "{job"), "must be well-formed JSON"},
		{
			"context attributes", setTarget("Input", `{"at":"<aws.scheduler.scheduled-time>"}`),
			"does not implement the context attributes",
		},
		{"MaximumRetryAttempts too large", withQueue(186, 60), "MaximumRetryAttempts 186 is not between 0 and 185"},
		{"MaximumEventAgeInSeconds too small", withQueue(1, 59), "MaximumEventAgeInSeconds 59 is not between 60 and 86400"},
		{
			"a flexible window", set("FlexibleTimeWindow", map[string]any{"Mode": "FLEXIBLE"}),
			"does not implement the FlexibleTimeWindow FLEXIBLE",
		},
		{"no FlexibleTimeWindow", set("FlexibleTimeWindow", map[string]any{}), "FlexibleTimeWindow is required"},
		{"State DISABLED", set("State", "DISABLED"), "does not implement the State DISABLED"},
		{"a StartDate", set("StartDate", "2999-01-01T00:00:00Z"), `unknown field "StartDate"`},
		{"a group that does not exist", set("GroupName", "none"), "Schedule group none does not exist."},
		{"an invalid name", set("Name", "two words"), "two words"},
	}
	h := newHost(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := h.trySchedule(test.change); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestNamesAreUniqueInAGroup(t *testing.T) {
	h := newHost(t)
	h.schedule()
	if err := h.trySchedule(); err == nil || !strings.Contains(err.Error(), "Schedule nightly already exists.") {
		t.Errorf("got %v, want a conflict", err)
	}
}

func TestListSchedules(t *testing.T) {
	h := newHost(t)
	if _, err := h.create("AWS::Scheduler::ScheduleGroup", map[string]any{"Name": "sales"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"orders", "parts", "prices"} {
		h.schedule(set("Name", name), set("GroupName", "sales"))
	}
	h.schedule()
	tests := []struct {
		name  string
		input sdk.ListSchedulesInput
		want  []string
	}{
		{"all, in pages", sdk.ListSchedulesInput{MaxResults: aws.Int32(3)}, []string{"nightly", "orders", "parts", "prices"}},
		{"a group", sdk.ListSchedulesInput{GroupName: aws.String("sales")}, []string{"orders", "parts", "prices"}},
		{"a prefix", sdk.ListSchedulesInput{NamePrefix: aws.String("p")}, []string{"parts", "prices"}},
		{"a state", sdk.ListSchedulesInput{State: types.ScheduleStateDisabled}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for pages := sdk.NewListSchedulesPaginator(h.client, &test.input); pages.HasMorePages(); {
				page, err := pages.NextPage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range page.Schedules {
					got = append(got, *s.Name)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("schedules (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorNamesAnOperationThatIsNotImplemented(t *testing.T) {
	h := newHost(t)
	_, err := h.client.GetScheduleGroup(t.Context(), &sdk.GetScheduleGroupInput{Name: aws.String("nightly")})
	if err == nil || !strings.Contains(err.Error(), "GET /schedule-groups/nightly") {
		t.Errorf("got %v, want an error that names the path", err)
	}
}

func TestGetSchedule(t *testing.T) {
	h := newHost(t)
	if _, err := h.create("AWS::Scheduler::Schedule", nightly()); err != nil {
		t.Fatal(err)
	}
	got, err := h.client.GetSchedule(t.Context(), &sdk.GetScheduleInput{Name: aws.String("nightly")})
	if err != nil {
		t.Fatal(err)
	}
	if got.State != types.ScheduleStateEnabled || aws.ToString(got.ScheduleExpression) != nightly()["ScheduleExpression"] ||
		aws.ToString(got.GroupName) != "default" || aws.ToTime(got.CreationDate).IsZero() || aws.ToString(got.Target.Arn) == "" {
		t.Errorf("got %+v, want the schedule nightly", got)
	}
	_, err = h.client.GetSchedule(t.Context(), &sdk.GetScheduleInput{Name: aws.String("none")})
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("got %v, want ResourceNotFoundException", err)
	}
}

func TestResources(t *testing.T) {
	h := newHost(t)
	group, err := h.create("AWS::Scheduler::ScheduleGroup", map[string]any{"Name": "sales"})
	if err != nil {
		t.Fatal(err)
	}
	if want := "arn:aws:scheduler:eu-central-1:123456789012:schedule-group/sales"; group.Attributes["Arn"] != want {
		t.Errorf("got group %v, want %s", group.Attributes["Arn"], want)
	}
	properties := nightly()
	properties["GroupName"] = "sales"
	delete(properties, "Name")
	created, err := h.create("AWS::Scheduler::Schedule", properties)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(created.PhysicalID, "oralake-sales-DailyOrders-") || len(created.PhysicalID) > 64 {
		t.Errorf("got name %q, want one from the stack and the logical id", created.PhysicalID)
	}
	if want := "arn:aws:scheduler:eu-central-1:123456789012:schedule/sales/" + created.PhysicalID; created.Attributes["Arn"] != want {
		t.Errorf("got %v, want %s", created.Attributes["Arn"], want)
	}

	schedules := h.service.Resources()["AWS::Scheduler::Schedule"]
	r := request(t, properties)
	r.PhysicalID = created.PhysicalID
	for range 2 { // the second delete succeeds too
		if err := schedules.Delete(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		err := h.service.Resources()["AWS::Scheduler::ScheduleGroup"].Delete(t.Context(), resource.Request{PhysicalID: "sales"})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnknownQueryParameter(t *testing.T) {
	h := newHost(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/schedules?Colour=red", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=tester/20260101/eu-central-1/scheduler/aws4_request, ...")
	answer, err := h.config("tester").HTTPClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if want := "the parameter Colour of scheduler:ListSchedules"; !strings.Contains(string(body), want) {
		t.Errorf("got %d %s, want %s", answer.StatusCode, body, want)
	}
}
