package stepfunctions_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

const (
	passing = `{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}`
	waiting = `{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "Next": "V"}, "V": {"Type": "Wait", "Seconds": 60, "End": true}}}`
)

// code is the error code of an API call, empty when it succeeded.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestCreateStateMachine(t *testing.T) {
	create := func(w *world, name, definition, role string, change func(*sfn.CreateStateMachineInput)) string {
		in := &sfn.CreateStateMachineInput{Name: &name, Definition: &definition, RoleArn: &role}
		if change != nil {
			change(in)
		}
		_, err := w.client.CreateStateMachine(w.t.Context(), in)
		return code(err)
	}
	logTo := func(arn string) func(*sfn.CreateStateMachineInput) {
		return func(in *sfn.CreateStateMachineInput) {
			in.LoggingConfiguration = &types.LoggingConfiguration{Level: types.LogLevelAll, Destinations: []types.LogDestination{
				{CloudWatchLogsLogGroup: &types.CloudWatchLogsLogGroup{LogGroupArn: &arn}},
			}}
		}
	}
	inBubble(t, func(t *testing.T, w *world) {
		w.create(passing)
		for _, test := range []struct {
			what, name, definition, role string
			change                       func(*sfn.CreateStateMachineInput)
			want                         string
		}{
			{"the same again", "machine", passing, roleARN, nil, ""},
			{"another definition", "machine", waiting, roleARN, nil, "StateMachineAlreadyExists"},
			{"a space in the name", "a machine", passing, roleARN, nil, "InvalidName"},
			{"a long name", strings.Repeat("m", 81), passing, roleARN, nil, "InvalidName"},
			{"a bad definition", "other", `{}`, roleARN, nil, "InvalidDefinition"},
			{"a bad role", "other", passing, "workflow", nil, "InvalidArn"},
			{"express", "other", passing, roleARN, func(in *sfn.CreateStateMachineInput) { in.Type = types.StateMachineTypeExpress }, "StateMachineTypeNotSupported"},
			{"versions", "other", passing, roleARN, func(in *sfn.CreateStateMachineInput) { in.Publish = true }, "UnknownOperationException"},
			{"a log group without :*", "other", passing, roleARN, logTo("arn:aws:logs:eu-central-1:111122223333:log-group:g"), "InvalidLoggingConfiguration"},
			{"a log group", "other", passing, roleARN, logTo("arn:aws:logs:eu-central-1:111122223333:log-group:g:*"), ""},
		} {
			if got := create(w, test.name, test.definition, test.role, test.change); got != test.want {
				t.Errorf("%s: got %q, want %q", test.what, got, test.want)
			}
		}
		out, err := w.client.ListStateMachines(t.Context(), &sfn.ListStateMachinesInput{MaxResults: 1})
		if err != nil || len(out.StateMachines) != 1 || out.NextToken == nil {
			t.Fatalf("first page = %+v, %v; want one machine and a token", out, err)
		}
		out, err = w.client.ListStateMachines(t.Context(), &sfn.ListStateMachinesInput{NextToken: out.NextToken})
		if err != nil || len(out.StateMachines) != 1 || *out.StateMachines[0].Name != "other" || out.NextToken != nil {
			t.Errorf("second page = %+v, %v; want the other machine", out, err)
		}
	})
}

func TestStartExecution(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		machine := w.create(waiting)
		start := func(name, input string) (string, string) {
			out, err := w.client.StartExecution(t.Context(), &sfn.StartExecutionInput{
				StateMachineArn: &machine, Name: &name, Input: &input,
			})
			if err != nil {
				return "", code(err)
			}
			return *out.ExecutionArn, ""
		}
		first, _ := start("one", `{"a":1}`)
		if again, problem := start("one", `{"a":1}`); again != first || problem != "" {
			t.Errorf("the same name and input while it runs: %s %s, want the same execution", again, problem)
		}
		for _, test := range []struct{ what, name, input, want string }{
			{"another input", "one", `{"a":2}`, "ExecutionAlreadyExists"},
			{"no JSON", "two", `{'a':2}`, "InvalidExecutionInput"},
			{"two values", "two", `{} {}`, "InvalidExecutionInput"},
			{"a bad name", "two/three", `{}`, "InvalidName"},
			{"too much input", "two", `"` + strings.Repeat("x", 256*1024) + `"`, "ValidationException"},
		} {
			if _, got := start(test.name, test.input); got != test.want {
				t.Errorf("%s: got %q, want %q", test.what, got, test.want)
			}
		}
		if err := w.service.Wait(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if _, got := start("one", `{"a":1}`); got != "ExecutionAlreadyExists" {
			t.Errorf("the same name after the end: got %q, want ExecutionAlreadyExists", got)
		}
		_, err := w.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machine + "x")})
		if got := code(err); got != "StateMachineDoesNotExist" {
			t.Errorf("no such machine: got %q", got)
		}
		_, err = w.client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: aws.String(first + "x")})
		if got := code(err); got != "ExecutionDoesNotExist" {
			t.Errorf("no such execution: got %q", got)
		}
	})
}

func TestListExecutions(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		machine := w.create(waiting)
		list := func(status types.ExecutionStatus, token *string) (string, *string) {
			t.Helper()
			out, err := w.client.ListExecutions(t.Context(), &sfn.ListExecutionsInput{
				StateMachineArn: &machine, StatusFilter: status, MaxResults: 2, NextToken: token,
			})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, e := range out.Executions {
				names = append(names, *e.Name+":"+string(e.Status))
			}
			return strings.Join(names, " "), out.NextToken
		}
		start := func(name string) {
			if _, err := w.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Name: &name}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 3 {
			start(fmt.Sprint("run", i))
			time.Sleep(50 * time.Second)
		}
		got, token := list("", nil)
		if want := "run2:RUNNING run1:RUNNING"; got != want {
			t.Errorf("newest first: got %s, want %s", got, want)
		}
		start("later")
		if got, _ := list("", token); got != "run0:SUCCEEDED" {
			t.Errorf("second page, after another start: got %s, want run0:SUCCEEDED", got)
		}
		if got, _ := list(types.ExecutionStatusSucceeded, nil); got != "run0:SUCCEEDED" {
			t.Errorf("filtered: got %s, want run0:SUCCEEDED", got)
		}
		_, err := w.client.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: &machine, NextToken: aws.String("?")})
		if got := code(err); got != "InvalidToken" {
			t.Errorf("bad token: got %q, want InvalidToken", got)
		}
	})
}

func TestUpdateLeavesRunningExecutionsAlone(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		machine := w.create(waiting)
		arn := w.start(machine, `{}`)
		out, err := w.client.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{
			StateMachineArn: &machine, Definition: aws.String(passing),
		})
		if err != nil || out.RevisionId == nil {
			t.Fatalf("update: %v, %v", out, err)
		}
		if err := w.service.Wait(t.Context(), arn); err != nil {
			t.Fatal(err)
		}
		d := w.describe(arn)
		if got, want := d.StopDate.Sub(*d.StartDate), 2*time.Minute; got != want {
			t.Errorf("the running execution took %s, want %s as it was defined at its start", got, want)
		}
		ran, err := w.client.DescribeStateMachineForExecution(t.Context(), &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &arn})
		if err != nil || *ran.Definition != waiting {
			t.Errorf("definition of the execution = %v, %v; want that of its start", ran, err)
		}
		now, err := w.client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
		if err != nil || *now.Definition != passing || *now.RevisionId != *out.RevisionId {
			t.Errorf("state machine = %v, %v; want the new definition and revision", now, err)
		}
		_, err = w.client.UpdateStateMachine(t.Context(), &sfn.UpdateStateMachineInput{StateMachineArn: &machine})
		if got := code(err); got != "MissingRequiredParameter" {
			t.Errorf("empty update: got %q, want MissingRequiredParameter", got)
		}
	})
}

func TestDeleteAbortsAtTheNextTransition(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		machine := w.create(waiting)
		arn := w.start(machine, `{}`)
		time.Sleep(30 * time.Second)
		if _, err := w.client.DeleteStateMachine(t.Context(), &sfn.DeleteStateMachineInput{StateMachineArn: &machine}); err != nil {
			t.Fatal(err)
		}
		d, err := w.client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
		if err != nil || d.Status != types.StateMachineStatusDeleting {
			t.Errorf("describe = %v, %v; want DELETING while an execution runs", d, err)
		}
		if err := w.service.Wait(t.Context(), arn); err != nil {
			t.Fatal(err)
		}
		e := w.describe(arn)
		if took := e.StopDate.Sub(*e.StartDate); e.Status != types.ExecutionStatusAborted || took != time.Minute {
			t.Errorf("the execution is %s after %s, want ABORTED after the wait that ran", e.Status, took)
		}
		_, err = w.client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
		if got := code(err); got != "StateMachineDoesNotExist" {
			t.Errorf("describe afterwards: got %q, want StateMachineDoesNotExist", got)
		}
	})
}

func TestTags(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		machine := w.create(passing)
		tags := func() string {
			out, err := w.client.ListTagsForResource(t.Context(), &sfn.ListTagsForResourceInput{ResourceArn: &machine})
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, tag := range out.Tags {
				all = append(all, *tag.Key+"="+*tag.Value)
			}
			return strings.Join(all, " ")
		}
		if _, err := w.client.TagResource(t.Context(), &sfn.TagResourceInput{ResourceArn: &machine, Tags: []types.Tag{
			{Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("a"), Value: aws.String("1")},
		}}); err != nil {
			t.Fatal(err)
		}
		if got, want := tags(), "a=1 b=2"; got != want {
			t.Errorf("tags = %q, want %q", got, want)
		}
		if _, err := w.client.UntagResource(t.Context(), &sfn.UntagResourceInput{ResourceArn: &machine, TagKeys: []string{"a"}}); err != nil {
			t.Fatal(err)
		}
		if got, want := tags(), "b=2"; got != want {
			t.Errorf("tags = %q, want %q", got, want)
		}
	})
}

func TestTraceHeaderOfTheCaller(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		machine := w.create(`{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "` + lambdaARN("f") + `", "End": true}}}`)
		const root = "1-5759e988-bd862e3fe1be46a994272793"
		out, err := w.client.StartExecution(t.Context(), &sfn.StartExecutionInput{
			StateMachineArn: &machine, TraceHeader: aws.String("Root=" + root + ";Sampled=1"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.service.Wait(t.Context(), *out.ExecutionArn); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(root, w.calls[0].Trace); diff != "" {
			t.Errorf("trace of the call: %s", diff)
		}
	})
}

func TestUnknownOperationIsRefusedByName(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		_, err := w.client.CreateActivity(t.Context(), &sfn.CreateActivityInput{Name: aws.String("a")})
		if err == nil || !strings.Contains(err.Error(), "states:CreateActivity") {
			t.Errorf("got %v, want a refusal that names states:CreateActivity", err)
		}
	})
}
