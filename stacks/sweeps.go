package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/constructs-go/constructs/v10"
)

// newSweeps starts a sweep when an execution ends without having cleared up itself: stopped by a person, timed out, or
// failed. EventBridge may lose such an event; then the job's next run finds what was left and takes it over.
func newSweeps(parent constructs.Construct, stackName string, machine workflow, after constructs.IDependable) {
	scope := constructs.NewConstruct(parent, new("Sweeps"))
	role := newRole(scope, "Role", roleProps{
		Service: "events.amazonaws.com", Description: "EventBridge starts the state machine to clear up after a run",
		When:  condition{"StringEquals": {"aws:SourceAccount": *awscdk.Aws_ACCOUNT_ID()}},
		Allow: []statement{{Sid: "Start", Actions: []string{"states:StartExecution"}, Resources: []string{machine.ARN}}},
	})
	rule := awsevents.NewCfnRule(scope, new("Rule"), &awsevents.CfnRuleProps{
		Description: new(stackName + ": clear up after runs that did not end by themselves"),
		EventPattern: map[string]any{
			"source":      []string{"aws.states"},
			"detail-type": []string{"Step Functions Execution Status Change"},
			"detail": map[string]any{
				"stateMachineArn": []string{machine.ARN}, "status": []string{"ABORTED", "TIMED_OUT", "FAILED"},
			},
		},
		Targets: &[]any{&awsevents.CfnRule_TargetProperty{
			Id: new("Sweep"), Arn: &machine.ARN, RoleArn: role.AttrArn(),
			InputTransformer: &awsevents.CfnRule_InputTransformerProperty{
				InputPathsMap: map[string]string{"execution": "$.detail.executionArn"},
				InputTemplate: new(`{"sweep": <execution>}`),
			},
		}},
	})
	// On destroy the clean-up stops executions and records them; no sweep is to follow it.
	rule.Node().AddDependency(after)
}
