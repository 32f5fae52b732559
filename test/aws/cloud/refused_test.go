package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/cloud"
	"github.com/oralake/oralake/test/aws/resource"
)

// roleConfig makes a role with a policy and returns the configuration of clients that act as it.
func roleConfig(t *testing.T, c *cloud.Cloud, name, statements string) aws.Config {
	t.Helper()
	made, err := c.IAM.Resources()["AWS::IAM::Role"].Create(t.Context(), resource.Request{Properties: json.RawMessage(`{
		"RoleName": "` + name + `", "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]},
		"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [` + statements + `]}}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	cfg := c.Config(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return c.IAM.Credentials(made.Attributes["Arn"].(string), "session")
	}))
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return cfg
}

// A refused call answers as AWS answers: with the code and status of the service, and a message that names who, what and why.
func TestRefusedCalls(t *testing.T) {
	c, err := cloud.New(cloud.Options{Account: account.Account{ID: "111122223333", Region: "eu-central-1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	topic, queue := "arn:aws:sns:eu-central-1:111122223333:alerts", "https://sqs.eu-central-1.amazonaws.com/111122223333/dead"
	machine := "arn:aws:states:eu-central-1:111122223333:stateMachine:m"
	name := aws.String("thing")
	ctx := t.Context()
	cfg := roleConfig(t, c, "nobody", `{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cdk-hnb659fds-assets-111122223333-eu-central-1/*"}`)
	for action, test := range map[string]struct {
		call   func() error
		code   string
		status int
	}{
		"cloudformation:DescribeStacks": {func() error {
			_, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: name})
			return err
		}, "AccessDenied", 403},
		"cloudwatch:GetMetricData": {func() error {
			_, err := cloudwatch.NewFromConfig(cfg).GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
				StartTime: aws.Time(time.Unix(1, 0)), EndTime: aws.Time(time.Unix(2, 0)), MetricDataQueries: []cwtypes.MetricDataQuery{},
			})
			return err
		}, "AccessDenied", 403},
		"dms:DescribeReplicationTasks": {func() error {
			_, err := dms.NewFromConfig(cfg).DescribeReplicationTasks(ctx, nil)
			return err
		}, "AccessDeniedException", 400},
		"dynamodb:GetItem": {func() error {
			_, err := dynamodb.NewFromConfig(cfg).GetItem(ctx, &dynamodb.GetItemInput{
				TableName: name, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "x"}},
			})
			return err
		}, "AccessDeniedException", 400},
		"lambda:InvokeFunction": {func() error {
			_, err := lambda.NewFromConfig(cfg).Invoke(ctx, &lambda.InvokeInput{FunctionName: name})
			return err
		}, "AccessDeniedException", 403},
		"s3:ListBucket": { // S3 hides whether an object exists from those who may not list the bucket
			func() error {
				_, err := s3.NewFromConfig(cfg).GetObject(ctx, &s3.GetObjectInput{
					Bucket: aws.String("cdk-hnb659fds-assets-111122223333-eu-central-1"), Key: name,
				})
				return err
			}, "AccessDenied", 403,
		},
		"s3:PutObject": {func() error {
			_, err := s3.NewFromConfig(cfg).PutObject(ctx, &s3.PutObjectInput{Bucket: name, Key: name})
			return err
		}, "AccessDenied", 403},
		"secretsmanager:GetSecretValue": {func() error {
			_, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
			return err
		}, "AccessDeniedException", 400},
		"sns:Publish": {func() error {
			_, err := sns.NewFromConfig(cfg).Publish(ctx, &sns.PublishInput{TopicArn: &topic, Message: name})
			return err
		}, "AuthorizationError", 403},
		"sqs:SendMessage": {func() error {
			_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: name})
			return err
		}, "AccessDenied", 403},
		"states:StartExecution": {func() error {
			_, err := sfn.NewFromConfig(cfg).StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine})
			return err
		}, "AccessDeniedException", 400},
	} {
		t.Run(action, func(t *testing.T) {
			err := test.call()
			var api smithy.APIError
			var answer *awshttp.ResponseError
			if !errors.As(err, &api) || !errors.As(err, &answer) {
				t.Fatalf("got %v, want a refusal", err)
			}
			if api.ErrorCode() != test.code || answer.HTTPStatusCode() != test.status {
				t.Errorf("got %s with status %d, want %s with %d", api.ErrorCode(), answer.HTTPStatusCode(), test.code, test.status)
			}
			for _, part := range []string{
				"User: arn:aws:sts::111122223333:assumed-role/nobody/session is not authorized to perform: " + action + " on resource: ",
				"because no identity-based policy allows the " + action + " action",
			} {
				if !strings.Contains(api.ErrorMessage(), part) {
					t.Errorf("message: got %s, want %s in it", api.ErrorMessage(), part)
				}
			}
		})
	}
	// An operation of which nobody has said what it needs is refused by name, and not allowed.
	_, err = cloudformation.NewFromConfig(cfg).DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: name})
	if err == nil || !strings.Contains(err.Error(), "what a role needs for cloudformation:DeleteStack") {
		t.Errorf("DeleteStack: got %v, want an error that names it", err)
	}
}
