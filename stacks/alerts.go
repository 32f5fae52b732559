package stacks

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newAlerts adds the SNS topic that receives a message for every failed run, with the e-mail addresses of the department's
// file as subscribers.
func newAlerts(parent constructs.Construct, emails []string, key awskms.CfnKey) awssns.CfnTopic {
	scope := constructs.NewConstruct(parent, new("Alerts"))
	topic := awssns.NewCfnTopic(scope, new("Topic"), &awssns.CfnTopicProps{KmsMasterKeyId: key.AttrArn()})
	awssns.NewCfnTopicPolicy(scope, new("Policy"), &awssns.CfnTopicPolicyProps{
		Topics: jsii.Strings(*topic.Ref()), PolicyDocument: policyDocument(denyPlainHTTP("sns:Publish", *topic.Ref())),
	})
	for i := range emails {
		awssns.NewCfnSubscription(scope, new("Email"+strconv.Itoa(i+1)), &awssns.CfnSubscriptionProps{
			TopicArn: topic.Ref(), Protocol: new("email"), Endpoint: &emails[i],
		})
	}
	return topic
}
