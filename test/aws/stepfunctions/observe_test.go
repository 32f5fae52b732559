package stepfunctions_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/stepfunctions"
)

func TestObserversReceiveStatusChanges(t *testing.T) {
	for _, test := range []struct {
		what, definition string
		stop             bool
		want             []string // status, seconds after the start, output, error and cause
	}{
		{"succeeds", passing, false, []string{"RUNNING +0s", `SUCCEEDED +0s {"job":"a"}`}},
		{
			"fails", `{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Lost", "Cause": "gone"}}}`, false,
			[]string{"RUNNING +0s", "FAILED +0s Lost gone"},
		},
		{
			"times out", `{"StartAt": "W", "TimeoutSeconds": 30, "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}}`,
			false,
			[]string{"RUNNING +0s", "TIMED_OUT +30s"},
		},
		{"is stopped", waiting, true, []string{"RUNNING +0s", "ABORTED +10s"}},
	} {
		t.Run(test.what, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				var got []string
				w.service.Observe(func(c stepfunctions.StatusChange) {
					line := fmt.Sprintf("%s +%s", c.Status, c.At().Sub(time.UnixMilli(c.Started)))
					for _, detail := range []*string{c.Output, c.Error, c.Cause} {
						if detail != nil {
							line += " " + *detail
						}
					}
					got = append(got, line)
				})
				arn := w.start(w.create(test.definition), `{"job":"a"}`)
				if test.stop {
					time.Sleep(10 * time.Second)
					if _, err := w.client.StopExecution(t.Context(), &sfn.StopExecutionInput{ExecutionArn: &arn}); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.service.Wait(t.Context(), arn); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(got, test.want); diff != "" {
					t.Errorf("changes (-got +want):\n%s", diff)
				}
			})
		})
	}
}

func TestStatusChangeIsTheDetailOfAnEvent(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var got []string
		w.service.Observe(func(c stepfunctions.StatusChange) {
			text, err := json.Marshal(c)
			if err != nil {
				t.Error(err)
			}
			got = append(got, string(text))
		})
		w.run(passing, `{"job":"a"}`)
		// The time in a synctest bubble starts at 2000-01-01T00:00:00Z.
		want := []string{
			`{"executionArn":"arn:aws:states:eu-central-1:111122223333:execution:machine:run-1",` +
				`"stateMachineArn":"arn:aws:states:eu-central-1:111122223333:stateMachine:machine",` +
				`"stateMachineVersionArn":null,"stateMachineAliasArn":null,"name":"run-1","status":"RUNNING",` +
				`"startDate":946684800000,"stopDate":null,"input":"{\"job\":\"a\"}","output":null,` +
				`"inputDetails":{"included":true},"outputDetails":null,"error":null,"cause":null}`,
			`{"executionArn":"arn:aws:states:eu-central-1:111122223333:execution:machine:run-1",` +
				`"stateMachineArn":"arn:aws:states:eu-central-1:111122223333:stateMachine:machine",` +
				`"stateMachineVersionArn":null,"stateMachineAliasArn":null,"name":"run-1","status":"SUCCEEDED",` +
				`"startDate":946684800000,"stopDate":946684800000,"input":"{\"job\":\"a\"}","output":"{\"job\":\"a\"}",` +
				`"inputDetails":{"included":true},"outputDetails":{"included":true},"error":null,"cause":null}`,
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("changes (-got +want):\n%s", diff)
		}
	})
}

func TestStatusChangeOmitsLargeData(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var last stepfunctions.StatusChange
		w.service.Observe(func(c stepfunctions.StatusChange) { last = c })
		machine := w.create(passing)
		for size, want := range map[int]string{
			100_000: "input true, output true",
			200_000: "input false, output true",
			258_000: "input false, output false",
		} {
			input := `"` + strings.Repeat("x", size) + `"`
			out, err := w.client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machine, Input: &input})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.service.Wait(t.Context(), *out.ExecutionArn); err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("input %t, output %t", last.InputDetails.Included, last.OutputDetails.Included)
			if got != want || (last.Input != nil) != last.InputDetails.Included || (last.Output != nil) != last.OutputDetails.Included {
				t.Errorf("%d characters: got %s, want %s", size, got, want)
			}
		}
	})
}

func TestStatusChangeCutsALongCause(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var last stepfunctions.StatusChange
		w.service.Observe(func(c stepfunctions.StatusChange) { last = c })
		w.run(`{"StartAt": "F", "States": {"F": {"Type": "Fail", "CausePath": "$"}}}`, `"`+strings.Repeat("ü", 20_000)+`"`)
		if got, want := *last.Cause, strings.Repeat("ü", 16_384); got != want {
			t.Errorf("cause: got %d bytes, want %d", len(got), len(want))
		}
	})
}
