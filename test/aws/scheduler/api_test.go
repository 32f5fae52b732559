package scheduler_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/resource"
)

func TestScheduleIsShownAsItWasGiven(t *testing.T) {
	h := newHost(t)
	start := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	h.schedule(withQueue(5, 3600), func(in *sdk.CreateScheduleInput) {
		in.Description, in.StartDate = aws.String("loads orders"), &start
		in.FlexibleTimeWindow = &types.FlexibleTimeWindow{
			Mode: types.FlexibleTimeWindowModeFlexible, MaximumWindowInMinutes: aws.Int32(15),
		}
	})
	out, err := h.client.GetSchedule(t.Context(), &sdk.GetScheduleInput{Name: aws.String("nightly")})
	if err != nil {
		t.Fatal(err)
	}
	got := []any{
		*out.Arn, *out.GroupName, *out.ScheduleExpression, *out.ScheduleExpressionTimezone, out.State, *out.Description,
		out.StartDate.UTC(), *out.FlexibleTimeWindow.MaximumWindowInMinutes, *out.Target.Arn, *out.Target.Input,
		*out.Target.RetryPolicy.MaximumRetryAttempts, *out.Target.RetryPolicy.MaximumEventAgeInSeconds,
		*out.Target.DeadLetterConfig.Arn, out.ActionAfterCompletion, out.EndDate == nil,
	}
	want := []any{
		"arn:aws:scheduler:eu-central-1:123456789012:schedule/default/nightly", "default", "cron(0 2 * * ? *)",
		"Europe/Berlin", types.ScheduleStateEnabled, "loads orders", start, int32(15), machine, `{"job":"orders"}`,
		int32(5), int32(3600), deadLetter, types.ActionAfterCompletionNone, true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schedule (-want +got):\n%s", diff)
	}
}

func TestSchedulesThatAreRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(*sdk.CreateScheduleInput)
		code   string
		want   string
	}{
		{"an expression", expression("cron(0 2 * * * *)"), "ValidationException", "Invalid schedule expression cron(0 2 * * * *)"},
		{
			"a role", func(in *sdk.CreateScheduleInput) { in.Target.RoleArn = aws.String(role + "2") }, "ValidationException",
			"The execution role you provide must allow AWS EventBridge Scheduler to assume the role",
		},
		{
			"a universal target",
			func(in *sdk.CreateScheduleInput) {
				in.Target.Arn = aws.String("arn:aws:scheduler:::aws-sdk:dms:startReplicationTask")
			},
			"UnknownOperationException", "the schedule target arn:aws:scheduler:::aws-sdk:dms:startReplicationTask",
		},
		{
			"a FIFO queue", func(in *sdk.CreateScheduleInput) { in.Target.Arn = aws.String(queue + ".fifo") },
			"UnknownOperationException", "orders.fifo",
		},
		{
			"a dead-letter topic",
			func(in *sdk.CreateScheduleInput) {
				in.Target.DeadLetterConfig = &types.DeadLetterConfig{Arn: aws.String("arn:aws:sns:eu-central-1:123456789012:t")}
			},
			"ValidationException", "not the ARN of a standard SQS queue",
		},
		{
			"parameters of another target",
			func(in *sdk.CreateScheduleInput) {
				in.Target.SqsParameters = &types.SqsParameters{MessageGroupId: aws.String("g")}
			},
			"SerializationException", `unknown field "SqsParameters"`,
		},
		{
			"input that is no JSON", func(in *sdk.CreateScheduleInput) { in.Target.Input = aws.String("{job") },
			"ValidationException", "must be well-formed JSON",
		},
		{
			"too many retries", withQueue(186, 60), "ValidationException", "MaximumRetryAttempts 186 is not between 0 and 185",
		},
		{
			"too short an age", withQueue(1, 59), "ValidationException", "MaximumEventAgeInSeconds 59 is not between 60 and 86400",
		},
		{
			"a window without its length",
			func(in *sdk.CreateScheduleInput) { in.FlexibleTimeWindow.Mode = types.FlexibleTimeWindowModeFlexible },
			"ValidationException", "MaximumWindowInMinutes must be between 1 and 1440",
		},
		{
			"a start in the past", func(in *sdk.CreateScheduleInput) { in.StartDate = aws.Time(time.Now().Add(-time.Hour)) },
			"ValidationException", "cannot be earlier than 5 minutes ago",
		},
		{
			"a group", func(in *sdk.CreateScheduleInput) { in.GroupName = aws.String("none") },
			"ResourceNotFoundException", "Schedule group none does not exist.",
		},
		{
			"a name", func(in *sdk.CreateScheduleInput) { in.Name = aws.String("two words") },
			"ValidationException", "two words",
		},
	}
	h := newHost(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := nightly()
			test.change(in)
			_, err := h.client.CreateSchedule(t.Context(), in)
			var e smithy.APIError
			if !errors.As(err, &e) || e.ErrorCode() != test.code || !strings.Contains(e.ErrorMessage(), test.want) {
				t.Errorf("got %v, want %s: ...%s...", err, test.code, test.want)
			}
		})
	}
}

func TestNamesAreUniqueInAGroup(t *testing.T) {
	h := newHost(t)
	h.schedule()
	var exists *types.ConflictException
	if _, err := h.client.CreateSchedule(t.Context(), nightly()); !errors.As(err, &exists) {
		t.Errorf("got %v, want a ConflictException", err)
	}
	var missing *types.ResourceNotFoundException
	_, err := h.client.DeleteSchedule(t.Context(), &sdk.DeleteScheduleInput{Name: aws.String("weekly")})
	if !errors.As(err, &missing) {
		t.Errorf("got %v, want a ResourceNotFoundException", err)
	}
}

func TestLists(t *testing.T) {
	h := newHost(t)
	if _, err := h.client.CreateScheduleGroup(t.Context(), &sdk.CreateScheduleGroupInput{Name: aws.String("sales")}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"orders", "parts", "prices"} {
		h.schedule(func(in *sdk.CreateScheduleInput) { in.Name, in.GroupName = &name, aws.String("sales") })
	}
	h.schedule(func(in *sdk.CreateScheduleInput) { in.State = types.ScheduleStateDisabled })
	tests := []struct {
		name  string
		input sdk.ListSchedulesInput
		want  []string
	}{
		{"all, in pages", sdk.ListSchedulesInput{MaxResults: aws.Int32(3)}, []string{"nightly", "orders", "parts", "prices"}},
		{"a group", sdk.ListSchedulesInput{GroupName: aws.String("sales")}, []string{"orders", "parts", "prices"}},
		{"a prefix", sdk.ListSchedulesInput{NamePrefix: aws.String("p")}, []string{"parts", "prices"}},
		{"a state", sdk.ListSchedulesInput{State: types.ScheduleStateDisabled}, []string{"nightly"}},
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
	groups, err := h.client.ListScheduleGroups(t.Context(), &sdk.ListScheduleGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	if len(groups.ScheduleGroups) != 2 || *groups.ScheduleGroups[1].Name != "sales" {
		t.Errorf("got %d groups, want default and sales", len(groups.ScheduleGroups))
	}
	if _, err := h.client.DeleteScheduleGroup(t.Context(), &sdk.DeleteScheduleGroupInput{Name: aws.String("default")}); err == nil {
		t.Error("the default group was deleted")
	}
}

func TestOtherOperationsAreRefusedByName(t *testing.T) {
	h := newHost(t)
	_, err := h.client.ListTagsForResource(t.Context(), &sdk.ListTagsForResourceInput{
		ResourceArn: aws.String("arn:aws:scheduler:eu-central-1:123456789012:schedule-group/default"),
	})
	if err == nil || !strings.Contains(err.Error(), "/tags/") {
		t.Errorf("got %v, want a refusal that names the path", err)
	}
}

// scheduleProperties are those that a template has.
func scheduleProperties() map[string]any {
	return map[string]any{
		"ScheduleExpression": "cron(0 2 * * ? *)", "ScheduleExpressionTimezone": "Europe/Berlin",
		"FlexibleTimeWindow": map[string]any{"Mode": "OFF"}, "State": "ENABLED", "StartDate": "2999-01-01T00:00:00Z",
		"Target": map[string]any{
			"Arn": machine, "RoleArn": role, "Input": `{"job":"orders"}`,
			"RetryPolicy":      map[string]any{"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
			"DeadLetterConfig": map[string]any{"Arn": deadLetter},
		},
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
	properties := scheduleProperties()
	properties["GroupName"] = "sales"
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
	properties["ScheduleExpression"], properties["State"] = "rate(2 hours)", "DISABLED"
	r := request(t, properties)
	r.PhysicalID = created.PhysicalID
	if _, err := schedules.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	out, err := h.client.GetSchedule(t.Context(), &sdk.GetScheduleInput{Name: &created.PhysicalID, GroupName: aws.String("sales")})
	if err != nil {
		t.Fatal(err)
	}
	if *out.ScheduleExpression != "rate(2 hours)" || out.State != types.ScheduleStateDisabled {
		t.Errorf("got %s %s, want rate(2 hours) DISABLED", *out.ScheduleExpression, out.State)
	}

	for range 2 { // deleting what is gone succeeds
		if err := schedules.Delete(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		err := h.service.Resources()["AWS::Scheduler::ScheduleGroup"].Delete(t.Context(), resource.Request{PhysicalID: "sales"})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnknownPropertiesAreRefused(t *testing.T) {
	h := newHost(t)
	properties := scheduleProperties()
	properties["Target"].(map[string]any)["EcsParameters"] = map[string]any{}
	_, err := h.create("AWS::Scheduler::Schedule", properties)
	if err == nil || !strings.Contains(err.Error(), "EcsParameters") {
		t.Errorf("got %v, want a refusal of EcsParameters", err)
	}
}

func TestParametersThatAreRefused(t *testing.T) {
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
