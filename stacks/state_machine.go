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
	Scope constructs.Construct // the parent of all its resources

	ARN  string
	Name string
	Logs awslogs.CfnLogGroup
}

func newStateMachine(parent constructs.Construct, stackName string, keep logKeeping, f functions) stateMachine {
	scope := constructs.NewConstruct(parent, new("Workflow"))
	// Step Functions adds every log group to a resource policy of limited size, except groups below /aws/vendedlogs/
	// (cw-logs.html). The name of a log group must be unique in a region, and the stack's name is.
	logs := newLogGroup(scope, "Logs", "/aws/vendedlogs/states/"+stackName, keep)
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
				Wide:      "CloudWatch Logs supports no resource for the log deliveries that Step Functions creates (cw-logs.html).",
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
	// The permissions are separate policies: the machine needs the functions, so the functions' roles cannot name the machine.
	grant(scope, "PrepareReadsExecutions", f.Prepare.Role, statement{
		// Prepare checks whether the run that holds a job's lease is still running.
		Sid: "Executions", Actions: []string{"states:DescribeExecution"},
		Resources: []string{arn("states", "execution:"+w.Name+":*")},
		Wide:      executionsAreNamedLate,
	})
	grant(scope, "OrphansStartExecutions", f.Orphans.Role,
		statement{Sid: "Machine", Actions: []string{"states:ListExecutions", "states:StartExecution"}, Resources: []string{w.ARN}},
		statement{
			Sid: "Executions", Actions: []string{"states:DescribeExecution"},
			Resources: []string{arn("states", "execution:"+w.Name+":*")}, Wide: executionsAreNamedLate,
		})
	return w
}

// nameOf returns the last part of a state machine's ARN. It does not use Fn::GetAtt; newFunction explains why.
func nameOf(machineARN string) string {
	return *awscdk.Fn_Select(new(6.0), awscdk.Fn_Split(new(":"), &machineARN, nil))
}
