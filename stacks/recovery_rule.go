package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/constructs-go/constructs/v10"
)

// newRecoveryRule adds the EventBridge rule that starts a recovery run after an execution was stopped, timed out or failed.
// Step Functions sends the event on a best-effort basis (eb-service-event.html), so it may be lost. In that case the job's next run
// takes over the lease of the abandoned run, or within an hour the search for orphans starts its recovery: see newSchedules.
func newRecoveryRule(parent constructs.Construct, stackName string, machine stateMachine, after constructs.IDependable) {
	scope := constructs.NewConstruct(parent, new("Recovery"))
	role := newRole(scope, "Role", roleProps{
		Service: "events.amazonaws.com", Description: "EventBridge starts the recovery of an abandoned run",
		When:  condition{"StringEquals": {"aws:SourceAccount": *awscdk.Aws_ACCOUNT_ID()}},
		Allow: []statement{{Sid: "Start", Actions: []string{"states:StartExecution"}, Resources: []string{machine.ARN}}},
	})
	rule := awsevents.NewCfnRule(scope, new("Rule"), &awsevents.CfnRuleProps{
		Description: new(stackName + ": recover runs that were stopped, timed out or failed"),
		EventPattern: map[string]any{
			"source":      []string{"aws.states"},
			"detail-type": []string{"Step Functions Execution Status Change"},
			"detail": map[string]any{
				"stateMachineArn": []string{machine.ARN}, "status": []string{"ABORTED", "TIMED_OUT", "FAILED"},
			},
		},
		Targets: &[]any{&awsevents.CfnRule_TargetProperty{
			Id: new("Recover"), Arn: &machine.ARN, RoleArn: role.AttrArn(),
			InputTransformer: &awsevents.CfnRule_InputTransformerProperty{
				InputPathsMap: map[string]string{"execution": "$.detail.executionArn"},
				InputTemplate: new(`{"recover": <execution>}`),
			},
		}},
	})
	// When the stack is deleted, the cleanup function stops the executions and records them. The rule is deleted before, so
	// no recovery run starts.
	rule.Node().AddDependency(after)
}
