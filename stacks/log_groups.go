package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/department"
)

// logKeeping says how logs are kept.
type logKeeping struct {
	Days   int
	KeyARN string // the key that encrypts logs; empty for the encryption of CloudWatch Logs
}

// logsOf returns how a department's file wants logs to be kept.
func logsOf(d *department.Department, store retainedData) logKeeping {
	if !d.EncryptLogs {
		return logKeeping{Days: d.LogDays}
	}
	return logKeeping{Days: d.LogDays, KeyARN: *store.Key.AttrArn()}
}

// newLogGroup adds a log group, which is deleted with the stack. If name is empty, CloudFormation chooses the name.
func newLogGroup(scope constructs.Construct, id, name string, keep logKeeping) awslogs.CfnLogGroup {
	props := &awslogs.CfnLogGroupProps{RetentionInDays: new(float64(keep.Days))}
	if keep.KeyARN != "" {
		props.KmsKeyId = &keep.KeyARN
	}
	if name != "" {
		props.LogGroupName = &name
	}
	group := awslogs.NewCfnLogGroup(scope, &id, props)
	group.ApplyRemovalPolicy(awscdk.RemovalPolicy_DESTROY, nil)
	return group
}
