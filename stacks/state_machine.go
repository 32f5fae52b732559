package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/statemachine"
)

// stateMachine runs the department's jobs.
type stateMachine struct {
	Scope constructs.Construct // all of it

	ARN  string
	Name string
	Logs awslogs.CfnLogGroup
}

func newStateMachine(parent constructs.Construct, stackName string, days int, f functions) stateMachine {
	scope := constructs.NewConstruct(parent, new("Workflow"))
	// Step Functions adds every log group to a resource policy of limited size, except those below /aws/vendedlogs/
	// (cw-logs.html); a log group's name is unique in a region, as the stack's is.
	logs := newLogGroup(scope, "Logs", "/aws/vendedlogs/states/"+stackName, days)
	role := newRole(scope, "Role", roleProps{
		Service: "states.amazonaws.com", Description: "The state machine calls the department's functions",
		When: condition{
			"StringEquals": {"aws:SourceAccount": *awscdk.Aws_ACCOUNT_ID()},
			"ArnLike":      {"aws:SourceArn": arn("states", "stateMachine:*")},
		},
		Allow: []statement{
			{Sid: "Functions", Actions: []string{"lambda:InvokeFunction"}, Resources: f.arns()},
			{
				Sid: "Logs",
				Actions: []string{
					"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
					"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
				},
				Resources: []string{"*"},
				Wide:      "CloudWatch Logs takes no resource for the log deliveries that Step Functions makes (cw-logs.html).",
			},
			traces("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"),
		},
	})
	machine := awsstepfunctions.NewCfnStateMachine(scope, new("StateMachine"), &awsstepfunctions.CfnStateMachineProps{
		StateMachineType:        new("STANDARD"),
		RoleArn:                 role.AttrArn(),
		DefinitionString:        &statemachine.Migration,
		DefinitionSubstitutions: f.substitutions(),
		LoggingConfiguration: &awsstepfunctions.CfnStateMachine_LoggingConfigurationProperty{
			Level: new("ALL"), IncludeExecutionData: true,
			Destinations: &[]any{&awsstepfunctions.CfnStateMachine_LogDestinationProperty{
				CloudWatchLogsLogGroup: &awsstepfunctions.CfnStateMachine_CloudWatchLogsLogGroupProperty{
					LogGroupArn: logs.AttrArn(),
				},
			}},
		},
		TracingConfiguration: &awsstepfunctions.CfnStateMachine_TracingConfigurationProperty{Enabled: true},
	})
	w := stateMachine{Scope: scope, ARN: *machine.Ref(), Name: nameOf(*machine.Ref()), Logs: logs}
	// A policy of its own: the machine needs the function, whose role therefore cannot name the machine.
	grant(scope, "PrepareReadsExecutions", f.Prepare.Role, statement{
		// Whether the run that holds a job's lease is still running.
		Sid: "Executions", Actions: []string{"states:DescribeExecution"},
		Resources: []string{arn("states", "execution:"+w.Name+":*")},
		Wide:      executionsAreNamedLate,
	})
	return w
}

// nameOf is the last part of a state machine's ARN; not Fn::GetAtt, for the reason that newFunction gives.
func nameOf(machineARN string) string {
	return *awscdk.Fn_Select(new(6.0), awscdk.Fn_Split(new(":"), &machineARN, nil))
}
