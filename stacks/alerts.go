package stacks

import (
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/internal/department"
)

// topic is the SNS topic that receives a message for every failed run and every alarm.
type topic struct {
	ARN, Name string
	KeyARN    string // the key that encrypts it; empty if the topic is not the stack's own
}

// newAlerts adds the topic, with the e-mail addresses of the department's file as subscribers. If the file names a topic, it adds
// nothing: who owns that topic lets the functions and CloudWatch publish.
func newAlerts(parent constructs.Construct, a department.Alerts, stackName string, key keyHandle) topic {
	if a.TopicARN != "" {
		return topic{ARN: a.TopicARN, Name: a.TopicARN[strings.LastIndexByte(a.TopicARN, ':')+1:]}
	}
	scope := constructs.NewConstruct(parent, new("Alerts"))
	made := awssns.NewCfnTopic(scope, new("Topic"), &awssns.CfnTopicProps{KmsMasterKeyId: key.AttrArn()})
	awssns.NewCfnTopicPolicy(scope, new("Policy"), &awssns.CfnTopicPolicyProps{
		Topics: jsii.Strings(*made.Ref()), PolicyDocument: policyDocument(
			denyPlainHTTP("sns:Publish", *made.Ref()),
			alarmsMay(stackName, *made.Ref(), "sns:Publish"),
		),
	})
	for i := range a.Emails {
		awssns.NewCfnSubscription(scope, new("Email"+strconv.Itoa(i+1)), &awssns.CfnSubscriptionProps{
			TopicArn: made.Ref(), Protocol: new("email"), Endpoint: &a.Emails[i],
		})
	}
	return topic{ARN: *made.Ref(), Name: *made.AttrTopicName(), KeyARN: *key.AttrArn()}
}

// alarmsMay is a statement of the policy of the topic or of its key: CloudWatch may act for the alarms of this stack. Without it on
// both, messages of alarms are lost, and nothing says so. EventBridge sends neither condition key ("Enable compatibility between event
// sources from AWS services and encrypted topics"): a statement for it must not have them.
func alarmsMay(stackName, resource string, actions ...string) map[string]any {
	return map[string]any{
		"Sid": "Alarms", "Effect": "Allow", "Resource": resource, "Action": actions,
		"Principal": map[string]any{"Service": "cloudwatch.amazonaws.com"},
		"Condition": condition{
			"StringEquals": {"aws:SourceAccount": *awscdk.Aws_ACCOUNT_ID()},
			"ArnLike":      {"aws:SourceArn": arn("cloudwatch", "alarm:"+stackName+"-*")},
		},
	}
}
