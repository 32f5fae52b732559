package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
)

// accountStack is the name of the stack with the resources that an AWS account has only once.
const accountStack = "oralake-account"

// NewAccount adds the stack oralake-account to app. It has the two roles that DMS finds by their names (security-iam.html,
// "Creating the IAM roles to use with AWS DMS"). An account has each of them once, for all regions and departments, so no
// department's stack can own them. An account that already has both roles does not need this stack.
func NewAccount(app constructs.Construct) awscdk.Stack {
	stack := awscdk.NewStack(app, new(accountStack), &awscdk.StackProps{
		Description: new("oralake: the roles that DMS needs once in each account"),
		Tags:        &map[string]*string{contract.TagStack: new(accountStack)}, AnalyticsReporting: new(false),
	})
	tag(stack, contract.TagStack, accountStack)
	newServiceRole(stack, "VPCRole", "dms-vpc-role", "AmazonDMSVPCManagementRole",
		"DMS creates network interfaces for replication instances")
	newServiceRole(stack, "LogsRole", "dms-cloudwatch-logs-role", "AmazonDMSCloudWatchLogsRole",
		"DMS writes the logs of replication tasks")
	return stack
}

func newServiceRole(scope constructs.Construct, id, name, policy, description string) {
	role := awsiam.NewCfnRole(scope, &id, &awsiam.CfnRoleProps{
		RoleName: &name, Description: &description,
		AssumeRolePolicyDocument: policyDocument(map[string]any{
			// There is no condition, as in the guide: with aws:SourceAccount and aws:SourceArn, DMS wrote no task logs
			// (terraform-aws-modules/terraform-aws-dms #84).
			"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": "dms.amazonaws.com"},
		}),
		ManagedPolicyArns: references("arn:" + *awscdk.Aws_PARTITION() + ":iam::aws:policy/service-role/" + policy),
	})
	acceptFinding(role, finding{
		Rule: "AwsSolutions-IAM4",
		Reason: "DMS requires this role to have exactly this AWS managed policy, which AWS extends when DMS needs more " +
			"permissions (security-iam-awsmanpol.html).",
	})
}
