package stepfunctions_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/stepfunctions/asl"
)

// polling has the form of a real workflow: it creates a job, then waits two days and polls until the job is finished.
const polling = `{
  "StartAt": "Create",
  "States": {
    "Create": {"Type": "Task", "Resource": "arn:aws:lambda:eu-central-1:111122223333:function:create", "Next": "Wait"},
    "Wait": {"Type": "Wait", "SecondsPath": "$.waitSeconds", "Next": "Poll"},
    "Poll": {
      "Type": "Task", "Resource": "arn:aws:lambda:eu-central-1:111122223333:function:poll",
      "Parameters": {"run.$": "$", "execution.$": "$$.Execution.Name", "retries.$": "$$.State.RetryCount"},
      "ResultSelector": {"phase.$": "$.phase"}, "ResultPath": "$.poll", "OutputPath": "$",
      "Retry": [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 3, "MaxDelaySeconds": 5}],
      "Next": "Finished?"
    },
    "Finished?": {
      "Type": "Choice",
      "Choices": [{"Variable": "$.poll.phase", "StringEquals": "finished", "Next": "Done"}],
      "Default": "Wait"
    },
    "Done": {"Type": "Succeed", "OutputPath": "$.poll"}
  }
}`

func TestTwoDaysInVirtualTime(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		polls := 0
		w.lambda = func(_ context.Context, c call) reply {
			if c.Function == lambdaARN("create") {
				return reply{payload: `{"job":"daily","waitSeconds":172800}`}
			}
			polls++
			if polls == 1 || polls == 2 {
				return reply{serviceError: &gateway.Error{Code: "TooManyRequestsException", Message: "Rate Exceeded.", Status: 429}}
			}
			return reply{payload: `{"phase":"` + map[bool]string{true: "finished", false: "running"}[polls > 3] + `"}`}
		}
		out := w.run(polling, `{"job": "daily"}`)
		if got, want := out.Status, types.ExecutionStatusSucceeded; got != want {
			t.Fatalf("status = %s (%s: %s), want %s", got, aws.ToString(out.Error), aws.ToString(out.Cause), want)
		}
		if got, want := *out.Output, `{"phase":"finished"}`; got != want {
			t.Errorf("output = %s, want %s", got, want)
		}
		if got, want := out.StopDate.Sub(*out.StartDate), 4*24*time.Hour+2*time.Second+5*time.Second; got != want {
			t.Errorf("the execution took %s, want %s", got, want)
		}
		golden(t, "polling", readable(t, w.history(*out.ExecutionArn)))

		last := w.calls[len(w.calls)-1]
		if got, want := last.Payload, `{"execution":"run-1","retries":0,"run":{"job":"daily","poll":{"phase":"running"},"waitSeconds":172800}}`; got != want {
			t.Errorf("payload = %s, want %s", got, want)
		}
		root, _ := strings.CutPrefix(*out.TraceHeader, "Root=")
		root, _, _ = strings.Cut(root, ";")
		for i, c := range w.calls {
			if c.Trace != root || c.Principal != "key-of-workflow" {
				t.Errorf("call %d: trace %q of principal %q, want %q of the state machine's role", i, c.Trace, c.Principal, root)
			}
		}
	})
}

func TestFailures(t *testing.T) {
	task := func(fields string) string {
		return `{"StartAt": "Work", "States": {
			"Work": {"Type": "Task", "Resource": "arn:aws:lambda:eu-central-1:111122223333:function:work", ` + fields + ` "Next": "Done"},
			"Done": {"Type": "Succeed"}, "Caught": {"Type": "Pass", "End": true}}}`
	}
	caught := func(name string) string {
		return task(`"Catch": [{"ErrorEquals": ["` + name + `"], "ResultPath": "$.failure", "Next": "Caught"}],`)
	}
	failing := func(errorType string) reply {
		return reply{payload: `{"errorMessage":"no","errorType":"` + errorType + `"}`, functionError: true}
	}
	large := `"` + strings.Repeat("x", 256*1024) + `"`
	withoutCaught := func(definition string) string {
		// Without Catch no state leads to Caught, and a state that is not reachable is an error.
		return strings.Replace(definition, `, "Caught": {"Type": "Pass", "End": true}`, "", 1)
	}
	for _, test := range []struct {
		name, definition, input string
		reply                   reply
		status                  types.ExecutionStatus
		want                    string // the output, or "Error: Cause"
	}{
		{"function error", withoutCaught(task("")), `{}`, failing("OrderError"), "FAILED", `OrderError: {"errorMessage":"no","errorType":"OrderError"}`},
		{
			"function error caught", caught("OrderError"), `{"a":1}`, failing("OrderError"), "SUCCEEDED",
			`{"a":1,"failure":{"Cause":"{\"errorMessage\":\"no\",\"errorType\":\"OrderError\"}","Error":"OrderError"}}`,
		},
		{
			"sandbox time-out is a task failure", caught("States.TaskFailed"), `{}`, failing("Sandbox.Timedout"), "SUCCEEDED",
			`{"failure":{"Cause":"{\"errorMessage\":\"no\",\"errorType\":\"Sandbox.Timedout\"}","Error":"Sandbox.Timedout"}}`,
		},
		{
			"no error type", withoutCaught(task("")), `{}`,
			reply{payload: `{"errorMessage":"x"}`, functionError: true},
			"FAILED",
			`Lambda.Unknown: The cause could not be determined because Lambda did not return an error type. Returned payload: {"errorMessage":"x"}`,
		},
		{
			"no such function", withoutCaught(task("")), `{}`,
			reply{serviceError: &gateway.Error{Code: "ResourceNotFoundException", Message: "Function not found: work", Status: 404}},
			"FAILED", "Lambda.ResourceNotFoundException: Function not found: work (Service: AWSLambda; Status Code: 404; " +
				"Error Code: ResourceNotFoundException; Request ID: ; Proxy: null)",
		},
		{
			"access denied", withoutCaught(task("")), `{}`,
			reply{serviceError: &gateway.Error{Code: "AccessDeniedException", Message: "not allowed", Status: 403}},
			"FAILED", "Lambda.AWSLambdaException: not allowed (Service: AWSLambda; Status Code: 403; " +
				"Error Code: AccessDeniedException; Request ID: ; Proxy: null)",
		},
		{
			"a result that is too large is caught by States.ALL", caught("States.ALL"), `{}`,
			reply{payload: large},
			"SUCCEEDED",
			`{"failure":{"Cause":"The state/task 'arn:aws:lambda:eu-central-1:111122223333:function:work' returned a result with a ` +
				`size exceeding the maximum number of bytes service limit.","Error":"States.DataLimitExceeded"}}`,
		},
		{
			"a result that is too large is caught by its name", caught("States.DataLimitExceeded"), `{}`,
			reply{payload: large},
			"SUCCEEDED",
			`{"failure":{"Cause":"The state/task 'arn:aws:lambda:eu-central-1:111122223333:function:work' returned a result with a ` +
				`size exceeding the maximum number of bytes service limit.","Error":"States.DataLimitExceeded"}}`,
		},
		{
			"a path without a value is not caught", strings.Replace(caught("States.ALL"), `"Catch"`, `"InputPath": "$.none", "Catch"`, 1), `{}`,
			reply{payload: `{}`},
			"FAILED", "States.Runtime: An error occurred while executing the state 'Work' (entered at the " +
				"event id #2). Invalid path '$.none': it references nothing in '{}'",
		},
		{
			"a ResultPath that does not fit the input is caught", strings.Replace(caught("States.ALL"), `"Catch"`, `"ResultPath": "$.a.b", "Catch"`, 1), `{"a":1}`,
			reply{payload: `{}`},
			"SUCCEEDED", `{"a":1,"failure":{"Cause":"Unable to apply ReferencePath $.a.b to input {\"a\":1}","Error":"States.ResultPathMatchFailure"}}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.lambda = func(context.Context, call) reply { return test.reply }
				out := w.run(test.definition, test.input)
				got := aws.ToString(out.Output)
				if out.Error != nil {
					got = *out.Error + ": " + *out.Cause
				}
				if diff := cmp.Diff(test.want, got); out.Status != test.status || diff != "" {
					t.Errorf("status = %s, want %s; -want +got:\n%s", out.Status, test.status, diff)
				}
			})
		})
	}
}

// The developer guide says that States.ALL does not catch a result that is too large.
func TestDataLimitIsFinalAsDocumented(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.service.Match(asl.Matching{DataLimitIsFinal: true})
		w.lambda = func(context.Context, call) reply { return reply{payload: `"` + strings.Repeat("x", 256*1024) + `"`} }
		out := w.run(`{"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": "`+lambdaARN("work")+`",
			"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}], "End": true}, "Caught": {"Type": "Pass", "End": true}}}`, `{}`)
		if got, want := aws.ToString(out.Error), "States.DataLimitExceeded"; out.Status != types.ExecutionStatusFailed || got != want {
			t.Errorf("got %s %s, want FAILED %s", out.Status, got, want)
		}
	})
}

// ExecutionFailed follows the event of the state that failed, also when the state has no event for its failure.
func TestFailedExecutionFollowsTheFailedState(t *testing.T) {
	for name, definition := range map[string]string{
		"a path without a value":   `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "InputPath": "$.none", "End": true}}}`,
		"no rule of a Choice":      `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": true, "Next": "A"}]}}}`,
		"a wait that is no number": `{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Wait", "SecondsPath": "$.s", "End": true}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				events := w.history(*w.run(definition, `{}`).ExecutionArn)
				last, entered := events[len(events)-1], events[len(events)-2]
				if last.Type != types.HistoryEventTypeExecutionFailed || last.PreviousEventId != entered.Id {
					t.Errorf("the last event is %s after event %d, want ExecutionFailed after event %d (%s)", last.Type,
						last.PreviousEventId, entered.Id, entered.Type)
				}
			})
		})
	}
}

// The context object and the answers of the API say that an execution was not redriven. RetryCount is there in Task states only.
func TestRedrives(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.lambda = func(context.Context, call) reply { return reply{payload: `{}`} }
		out := w.run(`{"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"state.$": "$$.State", "redrives.$": "$$.Execution.RedriveCount"}, "End": true}}}`, `{}`)
		if got, want := aws.ToString(out.Output), `{"redrives":0,"state":{"EnteredTime":"2000-01-01T00:00:00.000Z","Name":"P"}}`; got != want {
			t.Errorf("the context in a Pass state: got %s, want %s", got, want)
		}
		if got := fmt.Sprint(aws.ToInt32(out.RedriveCount), out.RedriveStatus, " ", aws.ToString(out.RedriveStatusReason)); out.RedriveCount == nil ||
			got != "0NOT_REDRIVABLE Execution is SUCCEEDED and cannot be redriven" {
			t.Errorf("a succeeded execution: got %s", got)
		}
		machine, err := w.make(map[string]any{
			"RoleArn": roleARN, "StateMachineName": "failing", "DefinitionString": `{"StartAt": "F", "States": {"F": {"Type": "Fail"}}}`,
		})
		if err != nil {
			t.Fatal(err)
		}
		arn := w.start(machine, `{}`)
		if err := w.service.Wait(t.Context(), arn); err != nil {
			t.Fatal(err)
		}
		failed := w.describe(arn)
		if failed.RedriveStatus != types.ExecutionRedriveStatusRedrivable || failed.RedriveStatusReason != nil {
			t.Errorf("a failed execution: got %s %s, want REDRIVABLE", failed.RedriveStatus, aws.ToString(failed.RedriveStatusReason))
		}
		time.Sleep(15 * 24 * time.Hour)
		late := w.describe(*failed.ExecutionArn)
		if got, want := aws.ToString(late.RedriveStatusReason), "Execution redrivable period exceeded"; got != want {
			t.Errorf("a failed execution after 15 days: got %s, want %s", got, want)
		}
		listed, err := w.client.ListExecutions(t.Context(), &sfn.ListExecutionsInput{StateMachineArn: failed.StateMachineArn})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range listed.Executions {
			if e.RedriveCount == nil || *e.RedriveCount != 0 {
				t.Errorf("%s is listed without redriveCount 0", *e.Name)
			}
		}
	})
}

func TestRetryCatchHistory(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.lambda = func(context.Context, call) reply {
			return reply{payload: `{"errorType":"Flaky","errorMessage":"<again>"}`, functionError: true}
		}
		out := w.run(`{"StartAt": "Work", "States": {
			"Work": {"Type": "Task", "Resource": "arn:aws:lambda:eu-central-1:111122223333:function:work", "TimeoutSeconds": 60,
				"Retry": [{"ErrorEquals": ["States.Timeout"]}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
				"Catch": [{"ErrorEquals": ["Flaky"], "Next": "Report"}], "End": true},
			"Report": {"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"}}}`, `{}`)
		if got, want := aws.ToString(out.Error), "Flaky"; got != want {
			t.Errorf("error = %s, want %s", got, want)
		}
		golden(t, "retry-catch", readable(t, w.history(*out.ExecutionArn)))
	})
}

func TestTimeouts(t *testing.T) {
	slow := func(d time.Duration) func(context.Context, call) reply {
		return func(ctx context.Context, c call) reply {
			select {
			case <-time.After(d):
			case <-ctx.Done():
			}
			return reply{payload: c.Payload}
		}
	}
	t.Run("task", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *world) {
			w.lambda = slow(time.Minute)
			out := w.run(`{"StartAt": "Work", "States": {"Work": {"Type": "Task", "TimeoutSeconds": 5,
				"Resource": "arn:aws:lambda:eu-central-1:111122223333:function:work",
				"Retry": [{"ErrorEquals": ["States.TaskFailed"]}, {"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1, "IntervalSeconds": 30}],
				"End": true}}}`, `{}`)
			if got, want := string(out.Status)+" "+aws.ToString(out.Error), "FAILED States.Timeout"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			golden(t, "task-timeout", readable(t, w.history(*out.ExecutionArn)))
		})
	})
	t.Run("state machine", func(t *testing.T) {
		inBubble(t, func(t *testing.T, w *world) {
			out := w.run(`{"StartAt": "W", "TimeoutSeconds": 3, "States": {"W": {"Type": "Wait", "Seconds": 25, "End": true}}}`, `{}`)
			if got, want := out.StopDate.Sub(*out.StartDate), 3*time.Second; got != want {
				t.Errorf("stopped after %s, want %s", got, want)
			}
			if out.Status != types.ExecutionStatusTimedOut || out.Error != nil || out.Cause != nil {
				t.Errorf("got %s %v %v, want TIMED_OUT without error and cause", out.Status, out.Error, out.Cause)
			}
			golden(t, "machine-timeout", readable(t, w.history(*out.ExecutionArn)))
		})
	})
}

func TestStopExecution(t *testing.T) {
	for name, definition := range map[string]string{
		"in a wait": `{"StartAt": "S", "States": {"S": {"Type": "Wait", "Seconds": 99999, "End": true}}}`,
		"in a task": `{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "` + lambdaARN("work") + `", "End": true}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				var finished atomic.Bool
				w.lambda = func(context.Context, call) reply {
					time.Sleep(time.Hour)
					finished.Store(true)
					return reply{payload: "{}"}
				}
				arn := w.start(w.create(definition), `{}`)
				time.Sleep(time.Minute)
				if _, err := w.client.StopExecution(t.Context(), &sfn.StopExecutionInput{
					ExecutionArn: &arn, Error: aws.String("Manual"), Cause: aws.String("enough"),
				}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if err := w.service.Wait(t.Context(), arn); err != nil {
					t.Fatal(err)
				}
				out := w.describe(arn)
				got := fmt.Sprint(out.Status, aws.ToString(out.Error), aws.ToString(out.Cause), out.StopDate.Sub(*out.StartDate))
				if want := "ABORTEDManualenough1m0s"; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				time.Sleep(2 * time.Hour)
				if name == "in a task" && !finished.Load() {
					t.Error("StopExecution ended the function; on AWS the function continues to run")
				}
				if again := w.describe(arn); again.Status != types.ExecutionStatusAborted {
					t.Errorf("status two hours later = %s, want ABORTED", again.Status)
				}
				events := w.history(arn)
				if last := events[len(events)-1]; last.Type != types.HistoryEventTypeExecutionAborted {
					t.Errorf("last event = %s, want ExecutionAborted", last.Type)
				}
			})
		})
	}
}

func TestHistoryLimit(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		out := w.run(`{"StartAt": "Loop", "States": {"Loop": {"Type": "Choice",
			"Choices": [{"Variable": "$.stop", "IsPresent": true, "Next": "Done"}], "Default": "Loop"}, "Done": {"Type": "Succeed"}}}`, `{"spin":true}`)
		if got, want := aws.ToString(out.Cause), "The execution reached the maximum number of history events (25000)."; got != want {
			t.Errorf("cause = %q, want %q", got, want)
		}
		page, err := w.client.GetExecutionHistory(t.Context(), &sfn.GetExecutionHistoryInput{
			ExecutionArn: out.ExecutionArn, ReverseOrder: true, MaxResults: 2, IncludeExecutionData: aws.Bool(false),
		})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, e := range page.Events {
			got += fmt.Sprint(e.Id, "<-", e.PreviousEventId, " ", e.Type, "; ")
		}
		if want := "25000<-24999 ExecutionFailed; 24999<-24998 ChoiceStateExited; "; got != want {
			t.Errorf("last events: %s, want %s", got, want)
		}
		if page.Events[1].StateExitedEventDetails.Output != nil {
			t.Error("got an output, want none because includeExecutionData is false")
		}
	})
}

func TestWaits(t *testing.T) {
	// The time in a synctest bubble starts at 2000-01-01T00:00:00Z.
	for _, test := range []struct {
		fields, input string
		want          time.Duration
		failure       string
	}{
		{`"Seconds": 90`, `{}`, 90 * time.Second, ""},
		{`"SecondsPath": "$.s"`, `{"s": 7}`, 7 * time.Second, ""},
		{`"SecondsPath": "$.s"`, `{"s": 0}`, 0, ""},
		{`"Timestamp": "2000-01-01T02:00:00+01:00"`, `{}`, time.Hour, ""},
		{`"TimestampPath": "$.t"`, `{"t": "2000-01-02T00:00:00Z"}`, 24 * time.Hour, ""},
		{`"TimestampPath": "$.t"`, `{"t": "1999-01-01T00:00:00Z"}`, 0, ""},
		{`"SecondsPath": "$.s"`, `{"s": 1.5}`, 0, "whole number"},
		{`"SecondsPath": "$.s"`, `{"s": -1}`, 0, "whole number"},
		{`"SecondsPath": "$.s"`, `{}`, 0, "'$.s' specified for the field 'SecondsPath'"},
		{`"TimestampPath": "$.t"`, `{"t": "soon"}`, 0, "want a time of the form"},
	} {
		inBubble(t, func(t *testing.T, w *world) {
			out := w.run(`{"StartAt": "W", "States": {"W": {"Type": "Wait", `+test.fields+`, "End": true}}}`, test.input)
			if got := out.StopDate.Sub(*out.StartDate); got != test.want {
				t.Errorf("%s with %s: waited %s, want %s", test.fields, test.input, got, test.want)
			}
			if got := aws.ToString(out.Cause); !strings.Contains(got, test.failure) || (got == "") != (test.failure == "") {
				t.Errorf("%s with %s: cause %q, want %q", test.fields, test.input, got, test.failure)
			}
		})
	}
}

func TestTaskWithADeletedRoleFails(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		machine, err := w.make(map[string]any{
			"RoleArn":          roleARN + "-gone",
			"DefinitionString": `{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "` + lambdaARN("f") + `", "End": true}}}`,
		})
		if err != nil {
			t.Fatal(err)
		}
		arn := w.start(machine, `{}`)
		if err := w.service.Wait(t.Context(), arn); err != nil {
			t.Fatal(err)
		}
		if got, want := aws.ToString(w.describe(arn).Error), "States.Permissions"; got != want || len(w.calls) > 0 {
			t.Errorf("error = %q after %d calls, want %q after no call", got, len(w.calls), want)
		}
	})
}

func TestShutdownAbortsExecutions(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.lambda = func(ctx context.Context, _ call) reply {
			<-ctx.Done()
			return reply{payload: "{}"}
		}
		arn := w.start(w.create(`{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "`+lambdaARN("f")+`", "End": true}}}`), `{}`)
		synctest.Wait()
		if err := w.service.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.describe(arn).Status; got != types.ExecutionStatusAborted {
			t.Errorf("status = %s, want ABORTED", got)
		}
	})
}
