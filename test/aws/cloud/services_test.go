package cloud_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/cloud"
	"github.com/oralake/oralake/test/aws/gateway"
)

// A stack in which the failure of one state machine starts another one, and in which alerts go to a person and a queue.
const alarmed = `{
  "Resources": {
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "starter", "AssumeRolePolicyDocument": {
      "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": ["events.amazonaws.com", "states.amazonaws.com"]}}]},
      "Policies": [{"PolicyName": "start", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "states:StartExecution",
        "Resource": "arn:aws:states:eu-central-1:111122223333:stateMachine:repair"}]}}]}},
    "Migration": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
      "StateMachineName": "migration", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
      "DefinitionString": "{\"StartAt\": \"F\", \"States\": {\"F\": {\"Type\": \"Fail\", \"Error\": \"Lost\"}}}"}},
    "Repair": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
      "StateMachineName": "repair", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
      "DefinitionString": "{\"StartAt\": \"P\", \"States\": {\"P\": {\"Type\": \"Pass\", \"End\": true}}}"}},
    "Failed": {"Type": "AWS::Events::Rule", "Properties": {
      "EventPattern": {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [{"Ref": "Migration"}], "status": ["FAILED", "TIMED_OUT", "ABORTED"]}},
      "Targets": [{"Id": "Repair", "Arn": {"Ref": "Repair"}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        "InputTransformer": {"InputPathsMap": {"error": "$.detail.error"}, "InputTemplate": "{\"error\":<error>}"}}]}},
    "Alerts": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alerts"}},
    "Person": {"Type": "AWS::SNS::Subscription", "Properties": {
      "TopicArn": {"Ref": "Alerts"}, "Protocol": "email", "Endpoint": "night@example.com"}}
  }
}`

func TestEventsAndMessagesCrossTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := cloud.New(cloud.Options{Account: account.Account{ID: "111122223333", Region: "eu-central-1"}})
		if err != nil {
			t.Fatal(err)
		}
		calls := make(chan string, 100)
		c.Gateway.Observe(func(call gateway.Call) {
			if !strings.HasSuffix(call.Principal.ARN, "user/local") {
				calls <- call.Principal.ARN + " " + call.Operation
			}
		})
		stacks := cloudformation.NewFromConfig(c.Admin())
		if _, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("alarmed"), TemplateBody: aws.String(alarmed),
			Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		described, err := stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("alarmed")})
		if err != nil || described.Stacks[0].StackStatus != "CREATE_COMPLETE" {
			t.Fatalf("stack: %+v, %v", described, err)
		}

		workflows := sfn.NewFromConfig(c.Admin())
		if _, err := workflows.StartExecution(t.Context(), &sfn.StartExecutionInput{
			StateMachineArn: aws.String("arn:aws:states:eu-central-1:111122223333:stateMachine:migration"),
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		repairs, err := workflows.ListExecutions(t.Context(), &sfn.ListExecutionsInput{
			StateMachineArn: aws.String("arn:aws:states:eu-central-1:111122223333:stateMachine:repair"),
		})
		if err != nil || len(repairs.Executions) != 1 {
			t.Fatalf("repairs: got %+v, %v, want one", repairs, err)
		}
		repair, err := workflows.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{
			ExecutionArn: repairs.Executions[0].ExecutionArn,
		})
		if err != nil || *repair.Input != `{"error":"Lost"}` {
			t.Errorf("repair: got %+v, %v", repair, err)
		}

		topic := "arn:aws:sns:eu-central-1:111122223333:alerts"
		if _, err := sns.NewFromConfig(c.Admin()).Publish(t.Context(), &sns.PublishInput{
			TopicArn: &topic, Message: aws.String("it failed"),
		}); err != nil {
			t.Fatal(err)
		}
		var mailed []string
		for _, m := range c.SNS.Messages(topic) {
			for _, address := range m.Mailed {
				mailed = append(mailed, address+": "+m.Text)
			}
		}
		if diff := cmp.Diff(mailed, []string{"night@example.com: it failed"}); diff != "" {
			t.Errorf("mails (-got +want):\n%s", diff)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		close(calls)
		var made []string
		for call := range calls {
			made = append(made, call)
		}
		if diff := cmp.Diff(made, []string{
			"arn:aws:sts::111122223333:assumed-role/starter/" + session(made) + " StartExecution",
		}); diff != "" {
			t.Errorf("calls (-got +want):\n%s", diff)
		}
	})
}

// session returns the session name of the first call. The name contains a random part of the rule's name.
func session(calls []string) string {
	if len(calls) == 0 {
		return ""
	}
	_, rest, _ := strings.Cut(calls[0], "/starter/events-alarmed-Failed-")
	name, _, _ := strings.Cut(rest, " ")
	return "events-alarmed-Failed-" + name
}
