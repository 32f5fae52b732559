package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
)

// newLogGroup adds a log group that keeps logs for a number of days, and is deleted with the stack. If name is empty,
// CloudFormation chooses the name.
func newLogGroup(scope constructs.Construct, id, name string, days int) awslogs.CfnLogGroup {
	props := &awslogs.CfnLogGroupProps{RetentionInDays: new(float64(days))}
	if name != "" {
		props.LogGroupName = &name
	}
	group := awslogs.NewCfnLogGroup(scope, &id, props)
	group.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY, nil)
	return group
}
