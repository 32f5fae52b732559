package stepfunctions_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/test/aws/resource"
)

func stateMachine(properties string) resource.Request {
	return resource.Request{
		StackName: "oralake-sales", LogicalID: "Migration", Properties: json.RawMessage(properties),
		Tags: map[string]string{"aws:cloudformation:stack-name": "oralake-sales"},
	}
}

func TestResource(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		kind := w.service.Resources()["AWS::StepFunctions::StateMachine"]
		r := stateMachine(`{
			"DefinitionString": "{\"StartAt\": \"W\", \"States\": {\"W\": {\"Type\": \"Wait\", \"Seconds\": ${Seconds}, \"Next\": \"T\"}, \"T\": {\"Type\": \"Task\", \"Resource\": \"${Function}\", \"End\": true}}}",
			"DefinitionSubstitutions": {"Function": "arn:aws:lambda:eu-central-1:111122223333:function:f", "Seconds": 60},
			"RoleArn": "arn:aws:iam::111122223333:role/workflow", "StateMachineType": "STANDARD",
			"LoggingConfiguration": {"Level": "ERROR", "IncludeExecutionData": true, "Destinations": [
				{"CloudWatchLogsLogGroup": {"LogGroupArn": "arn:aws:logs:eu-central-1:111122223333:log-group:/oralake/runs:*"}}]},
			"TracingConfiguration": {"Enabled": true}, "Tags": [{"Key": "department", "Value": "sales"}]}`)
		made, err := kind.Create(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		name := made.Attributes["Name"].(string)
		if want := acct.ARN("states", "stateMachine:"+name); made.PhysicalID != want || !strings.HasPrefix(name, "oralake-sales-Migration-") {
			t.Errorf("created %s with the name %s, want %s", made.PhysicalID, name, want)
		}

		w.lambda = nil // a call of a function would panic
		arn := w.start(made.PhysicalID, `{}`)
		synctest.Wait() // now the execution is in its Wait state
		r.PhysicalID, r.Previous = made.PhysicalID, r.Properties
		r.Properties = json.RawMessage(`{"DefinitionString": "{\"StartAt\": \"F\", \"States\": {\"F\": {\"Type\": \"Fail\", \"Error\": \"New\"}}}",
			"RoleArn": "arn:aws:iam::111122223333:role/workflow"}`)
		updated, err := kind.Update(t.Context(), r)
		if err != nil || updated.PhysicalID != made.PhysicalID || updated.Attributes["StateMachineRevisionId"] == "INITIAL" {
			t.Fatalf("update = %+v, %v; want the same machine with a new revision", updated, err)
		}
		d, err := w.client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &made.PhysicalID})
		if err != nil || d.TracingConfiguration.Enabled || d.LoggingConfiguration.Level != types.LogLevelOff {
			t.Errorf("after the update: %+v, %v; want tracing and logging off again", d, err)
		}

		before := time.Now()
		if err := kind.Delete(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(before); took != time.Minute {
			t.Errorf("the deletion took %s, want 1m, the length of the Wait state", took)
		}
		if got := w.describe(arn).Status; got != types.ExecutionStatusAborted {
			t.Errorf("the execution is %s, want ABORTED", got)
		}
		if err := kind.Delete(t.Context(), r); err != nil {
			t.Errorf("second deletion: %v, want no error", err)
		}
		// The level ERROR logs the abort, but not the start and not the state.
		got := strings.Join(w.logs.lines, "\n")
		if want := "/oralake/runs states/" + name + ` {"id":"4","type":"ExecutionAborted"`; !strings.HasPrefix(got, want) {
			t.Errorf("logged:\n%s\nwant only the abort: %s", got, want)
		}
	})
}

func TestResourceRejectsInvalidProperties(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		kind := w.service.Resources()["AWS::StepFunctions::StateMachine"]
		const definition = `"DefinitionString": "{\"StartAt\": \"F\", \"States\": {\"F\": {\"Type\": \"Fail\"}}}", "RoleArn": "arn:aws:iam::111122223333:role/workflow"`
		for _, test := range []struct{ properties, want string }{
			{`{` + definition + `, "StateMachineType": "EXPRESS"}`, "EXPRESS"},
			{`{"DefinitionS3Location": {"Bucket": "b"}}`, "DefinitionS3Location"},
			{`{"RoleArn": "arn:aws:iam::111122223333:role/workflow"}`, "DefinitionString"},
			{`{"DefinitionString": "{\"StartAt\": \"${Missing}\"}", "RoleArn": "arn:aws:iam::111122223333:role/workflow"}`, "States"},
		} {
			_, err := kind.Create(t.Context(), stateMachine(test.properties))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: got %v, want an error that names %s", test.properties, err, test.want)
			}
		}
		named := stateMachine(`{` + definition + `, "StateMachineName": "mine"}`)
		if _, err := kind.Create(t.Context(), named); err != nil {
			t.Fatal(err)
		}
		if _, err := kind.Create(t.Context(), named); err == nil || !strings.Contains(err.Error(), "already exists") {
			t.Errorf("second create with the same name: got %v, want an error that it already exists", err)
		}
	})
}

func TestLogging(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		kind := w.service.Resources()["AWS::StepFunctions::StateMachine"]
		made, err := kind.Create(t.Context(), stateMachine(`{
			"DefinitionString": "{\"StartAt\": \"P\", \"States\": {\"P\": {\"Type\": \"Pass\", \"End\": true}}}", "StateMachineName": "m",
			"RoleArn": "arn:aws:iam::111122223333:role/workflow",
			"LoggingConfiguration": {"Level": "ALL", "Destinations": [
				{"CloudWatchLogsLogGroup": {"LogGroupArn": "arn:aws:logs:eu-central-1:111122223333:log-group:g:*"}}]}}`))
		if err != nil {
			t.Fatal(err)
		}
		arn := w.start(made.PhysicalID, `{"secret":1}`)
		if err := w.service.Wait(t.Context(), arn); err != nil {
			t.Fatal(err)
		}
		golden(t, "log", strings.Join(w.logs.lines, "\n")+"\n")
	})
}
