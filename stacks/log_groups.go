package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
)

// newLogGroup makes a log group that keeps days of logs and goes with the stack. An empty name leaves the name to
// CloudFormation.
func newLogGroup(scope constructs.Construct, id, name string, days int) awslogs.CfnLogGroup {
	props := &awslogs.CfnLogGroupProps{RetentionInDays: new(float64(days))}
	if name != "" {
		props.LogGroupName = &name
	}
	group := awslogs.NewCfnLogGroup(scope, &id, props)
	group.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY, nil)
	return group
}
