package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
)

// accountStack is the name of the stack for what an account has once.
const accountStack = "oralake-account"

// NewAccount adds the stack oralake-account to app: the two roles that DMS looks for by name (security-iam.html,
// "Creating the IAM roles to use with AWS DMS"). An account has each of them once, for all regions and departments,
// so no department's stack can own them, and an account that has them already does not need this stack.
func NewAccount(app constructs.Construct) awscdk.Stack {
	stack := awscdk.NewStack(app, new(accountStack), &awscdk.StackProps{
		Description: new("oralake: the roles that DMS needs once in an account"),
		Tags:        &map[string]*string{contract.TagStack: new(accountStack)}, AnalyticsReporting: new(false),
	})
	tag(stack, contract.TagStack, accountStack)
	newServiceRole(stack, "VPCRole", "dms-vpc-role", "AmazonDMSVPCManagementRole",
		"DMS makes network interfaces for replication instances")
	newServiceRole(stack, "LogsRole", "dms-cloudwatch-logs-role", "AmazonDMSCloudWatchLogsRole",
		"DMS writes the logs of replication tasks")
	return stack
}

func newServiceRole(scope constructs.Construct, id, name, policy, description string) {
	role := awsiam.NewCfnRole(scope, &id, &awsiam.CfnRoleProps{
		RoleName: &name, Description: &description,
		AssumeRolePolicyDocument: policyDocument(map[string]any{
			// Without a condition, as the guide has it: with aws:SourceAccount and aws:SourceArn DMS was seen to write no
			// task logs (terraform-aws-modules/terraform-aws-dms #84).
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": "dms.amazonaws.com"},
		}),
		ManagedPolicyArns: references("arn:" + *awscdk.Aws_PARTITION() + ":iam::aws:policy/service-role/" + policy),
	})
	acceptFinding(role, finding{
		Rule: "AwsSolutions-IAM4",
		Reason: "DMS requires this role to have exactly this AWS managed policy, which AWS extends when DMS comes to " +
			"need more (security-iam-awsmanpol.html).",
	})
}
