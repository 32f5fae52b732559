package stepfunctions_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
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

// code is the error code of an API call, or empty without an error.
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

func TestCreateRejectsInvalidStateMachines(t *testing.T) {
	logTo := func(arn string) map[string]any {
		group := map[string]any{"CloudWatchLogsLogGroup": map[string]any{"LogGroupArn": arn}}
		return map[string]any{"Level": "ALL", "Destinations": []any{group}}
	}
	const group = "arn:aws:logs:eu-central-1:111122223333:log-group:g"
	inBubble(t, func(t *testing.T, w *world) {
		for _, test := range []struct {
			what, property string
			value          any
			want           string
		}{
			{"a space in the name", "StateMachineName", "a machine", "InvalidName"},
			{"a long name", "StateMachineName", strings.Repeat("m", 81), "InvalidName"},
			{"a bad definition", "DefinitionString", `{}`, "InvalidDefinition"},
			{"a bad role", "RoleArn", "workflow", "InvalidArn"},
			{"express", "StateMachineType", "EXPRESS", "StateMachineTypeNotSupported"},
			{"a log group without :*", "LoggingConfiguration", logTo(group), "InvalidLoggingConfiguration"},
			{"no log group", "LoggingConfiguration", map[string]any{"Level": "ALL"}, "InvalidLoggingConfiguration"},
			{"an unknown level", "LoggingConfiguration", map[string]any{"Level": "INFO"}, "InvalidLoggingConfiguration"},
			{"a log group", "LoggingConfiguration", logTo(group + ":*"), ""},
		} {
			properties := map[string]any{"StateMachineName": "other", "RoleArn": roleARN, "DefinitionString": passing}
			properties[test.property] = test.value
			if _, err := w.make(properties); !strings.HasPrefix(fmt.Sprint(err), test.want) || (err == nil) != (test.want == "") {
				t.Errorf("%s: got %v, want %q", test.what, err, test.want)
			}
		}
	})
}

func TestListStateMachines(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		for _, name := range []string{"machine", "other"} {
			if _, err := w.make(map[string]any{"StateMachineName": name, "RoleArn": roleARN, "DefinitionString": passing}); err != nil {
				t.Fatal(err)
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

func TestRunningExecutionsKeepTheirRevision(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		machine := w.create(waiting)
		arn := w.start(machine, `{}`)
		r := stateMachine(`{"RoleArn": "` + roleARN + `", "DefinitionString": ` + strconv.Quote(passing) + `}`)
		r.PhysicalID = machine
		updated, err := w.resourceType().Update(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.service.Wait(t.Context(), arn); err != nil {
			t.Fatal(err)
		}
		d := w.describe(arn)
		if got, want := d.StopDate.Sub(*d.StartDate), 2*time.Minute; got != want {
			t.Errorf("the running execution took %s, want %s, as in the definition at its start", got, want)
		}
		now, err := w.client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
		if err != nil || *now.Definition != passing || *now.RevisionId != updated.Attributes["StateMachineRevisionId"] {
			t.Errorf("state machine = %v, %v; want the new definition and revision", now, err)
		}
	})
}

func TestDeleteAbortsExecutionsAtTheNextTransition(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		machine := w.create(waiting)
		arn := w.start(machine, `{}`)
		time.Sleep(30 * time.Second)
		r := stateMachine(`{}`)
		r.PhysicalID = machine
		deleted := make(chan error, 1)
		go func() { deleted <- w.resourceType().Delete(t.Context(), r) }()
		synctest.Wait() // now the deletion waits for the execution
		d, err := w.client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
		if err != nil || d.Status != types.StateMachineStatusDeleting {
			t.Errorf("describe = %v, %v; want DELETING while an execution runs", d, err)
		}
		if err := w.service.Wait(t.Context(), arn); err != nil {
			t.Fatal(err)
		}
		e := w.describe(arn)
		if took := e.StopDate.Sub(*e.StartDate); e.Status != types.ExecutionStatusAborted || took != time.Minute {
			t.Errorf("the execution is %s after %s, want ABORTED after the first wait of 1m", e.Status, took)
		}
		if err := <-deleted; err != nil {
			t.Error(err)
		}
		_, err = w.client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &machine})
		if got := code(err); got != "StateMachineDoesNotExist" {
			t.Errorf("describe afterwards: got %q, want StateMachineDoesNotExist", got)
		}
	})
}

func TestCallsHaveTheTraceOfTheStarter(t *testing.T) {
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
			t.Errorf("trace of the call (-want +got):\n%s", diff)
		}
	})
}

func TestUnknownOperationIsNamedInTheError(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		_, err := w.client.DeleteStateMachine(t.Context(), &sfn.DeleteStateMachineInput{StateMachineArn: aws.String("a")})
		if err == nil || !strings.Contains(err.Error(), "states:DeleteStateMachine") {
			t.Errorf("got %v, want an error that names states:DeleteStateMachine", err)
		}
	})
}
