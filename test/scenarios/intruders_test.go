package scenarios_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gluetypes "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/oralake/oralake/test/harness"
)

// Each role of a department tries, call by call, what belongs to another department of the same account: its tasks, records, lake,
// manifest, secret, functions, executions, messages, stack and catalog. Nothing is allowed.
func TestDepartmentsCannotTouchEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, sample(t))
		deployed := map[string]harness.Outputs{
			"sales": a.Deploy(load(t, "sales")), "north": a.deployAs("north", load(t, "sales")),
		}
		executions := map[string]string{}
		for department, o := range deployed {
			executions[department] = a.Start(o["StateMachineArn"], `{"job": "live-customers"}`, 30*time.Minute)
		}
		tried, allowed := 0, 0
		for department, other := range map[string]string{"sales": "north", "north": "sales"} {
			target := possession{
				stack: harness.StackName(other), outputs: deployed[other], execution: executions[other],
				task: a.task(harness.StackName(other), "live-customers"), functions: a.functions(harness.StackName(other)),
				secret: "oralake/" + other,
			}
			for _, role := range a.IAM.Roles() {
				if !strings.Contains(role, ":role/"+harness.StackName(department)+"-") {
					continue
				}
				cfg := a.Config(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return a.IAM.Credentials(role, harness.Intruder)
				}))
				cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
				calls := target.attempts(t.Context(), cfg)
				for _, what := range slices.Sorted(maps.Keys(calls)) {
					tried++
					if err := calls[what](); !isRefused(err) {
						allowed++
						t.Errorf("%s may do %s of %s: %v", role, what, other, err)
					}
				}
			}
		}
		if tried < 500 {
			t.Errorf("%d attempts: the roles were not found", tried)
		}
		t.Logf("%d attempts, %d allowed", tried, allowed)
	})
}

// possession is what belongs to a department.
type possession struct {
	stack, secret, execution string
	outputs                  harness.Outputs
	task                     dmstypes.ReplicationTask
	functions                []string
}

// attempts are calls that read or change what belongs to a department.
func (p possession) attempts(ctx context.Context, cfg aws.Config) map[string]func() error {
	calls := taskCalls(ctx, awsdms.NewFromConfig(cfg), p.task.ReplicationTaskArn, dmstypes.Tag{Key: aws.String("oralake:stack"), Value: &p.stack})
	maps.Copy(calls, p.recordCalls(ctx, dynamodb.NewFromConfig(cfg)))
	maps.Copy(calls, p.objectCalls(ctx, s3.NewFromConfig(cfg)))
	maps.Copy(calls, p.executionCalls(ctx, sfn.NewFromConfig(cfg)))
	maps.Copy(calls, p.catalogCalls(ctx, glue.NewFromConfig(cfg)))
	topic, queue := p.outputs["AlertTopicArn"], p.outputs["DeadLetterQueueUrl"]
	maps.Copy(calls, map[string]func() error{
		"CreateReplicationTask": func() error {
			_, err := awsdms.NewFromConfig(cfg).CreateReplicationTask(ctx, &awsdms.CreateReplicationTaskInput{
				ReplicationTaskIdentifier: aws.String("intruder"), MigrationType: dmstypes.MigrationTypeValueFullLoad,
				TableMappings: p.task.TableMappings, SourceEndpointArn: p.task.SourceEndpointArn, TargetEndpointArn: p.task.TargetEndpointArn,
				ReplicationInstanceArn: p.task.ReplicationInstanceArn,
			})
			return err
		},
		"TestConnection": func() error {
			_, err := awsdms.NewFromConfig(cfg).TestConnection(ctx, &awsdms.TestConnectionInput{
				EndpointArn: p.task.SourceEndpointArn, ReplicationInstanceArn: p.task.ReplicationInstanceArn,
			})
			return err
		},
		"GetSecretValue": func() error {
			_, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &p.secret})
			return err
		},
		"Publish": func() error {
			_, err := sns.NewFromConfig(cfg).Publish(ctx, &sns.PublishInput{TopicArn: &topic, Message: aws.String("x")})
			return err
		},
		"SendMessage": func() error {
			_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String("x")})
			return err
		},
		"DescribeStacks": func() error {
			_, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &p.stack})
			return err
		},
	})
	for _, name := range p.functions {
		calls["Invoke "+name] = func() error {
			_, err := lambda.NewFromConfig(cfg).Invoke(ctx, &lambda.InvokeInput{FunctionName: &name})
			return err
		}
	}
	return calls
}

func (p possession) recordCalls(ctx context.Context, api *dynamodb.Client) map[string]func() error {
	table := aws.String(p.outputs["StatsTable"])
	key := map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "JOB#live-customers"}, "sk": &types.AttributeValueMemberS{Value: "LEASE"},
	}
	return map[string]func() error{
		"GetItem": func() error {
			_, err := api.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key})
			return err
		},
		"PutItem": func() error {
			_, err := api.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: key})
			return err
		},
		"DeleteItem": func() error {
			_, err := api.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: key})
			return err
		},
		"Query": func() error {
			_, err := api.Query(ctx, &dynamodb.QueryInput{
				TableName: table, KeyConditionExpression: aws.String("pk = :pk"),
				ExpressionAttributeValues: map[string]types.AttributeValue{":pk": key["pk"]},
			})
			return err
		},
		"BatchGetItem": func() error {
			_, err := api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
				RequestItems: map[string]types.KeysAndAttributes{*table: {Keys: []map[string]types.AttributeValue{key}}},
			})
			return err
		},
		"TransactWriteItems": func() error {
			_, err := api.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
				TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: table, Item: key}}},
			})
			return err
		},
	}
}

func (p possession) objectCalls(ctx context.Context, api *s3.Client) map[string]func() error {
	lake := aws.String(p.outputs["LakeBucket"])
	assets, manifest, _ := strings.Cut(strings.TrimPrefix(p.outputs["ManifestLocation"], "s3://"), "/")
	calls := map[string]func() error{
		"GetObject of a manifest": func() error {
			_, err := api.GetObject(ctx, &s3.GetObjectInput{Bucket: &assets, Key: &manifest})
			return err
		},
	}
	for _, folder := range []string{"full/", "cdc/", "runs/", ""} {
		key := folder + "x"
		maps.Copy(calls, map[string]func() error{
			"ListObjects of " + folder: func() error {
				_, err := api.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: lake, Prefix: &folder})
				return err
			},
			"GetObject of " + key: func() error {
				_, err := api.GetObject(ctx, &s3.GetObjectInput{Bucket: lake, Key: &key})
				return err
			},
			"PutObject of " + key: func() error {
				_, err := api.PutObject(ctx, &s3.PutObjectInput{Bucket: lake, Key: &key})
				return err
			},
			"DeleteObject of " + key: func() error {
				_, err := api.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: lake, Key: &key})
				return err
			},
		})
	}
	return calls
}

func (p possession) executionCalls(ctx context.Context, api *sfn.Client) map[string]func() error {
	machine := aws.String(p.outputs["StateMachineArn"])
	return map[string]func() error{
		"StartExecution": func() error {
			_, err := api.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: machine})
			return err
		},
		"ListExecutions": func() error {
			_, err := api.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: machine})
			return err
		},
		"DescribeExecution": func() error {
			_, err := api.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &p.execution})
			return err
		},
		"GetExecutionHistory": func() error {
			_, err := api.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: &p.execution})
			return err
		},
		"StopExecution": func() error {
			_, err := api.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: &p.execution})
			return err
		},
	}
}

func (p possession) catalogCalls(ctx context.Context, api *glue.Client) map[string]func() error {
	database, table := aws.String(strings.ReplaceAll(p.stack, "-", "_")), aws.String("sales_customer")
	return map[string]func() error{
		"GetDatabase": func() error {
			_, err := api.GetDatabase(ctx, &glue.GetDatabaseInput{Name: database})
			return err
		},
		"GetTable": func() error {
			_, err := api.GetTable(ctx, &glue.GetTableInput{DatabaseName: database, Name: table})
			return err
		},
		"CreateTable": func() error {
			_, err := api.CreateTable(ctx, &glue.CreateTableInput{DatabaseName: database, TableInput: &gluetypes.TableInput{Name: table}})
			return err
		},
		"UpdateTable": func() error {
			_, err := api.UpdateTable(ctx, &glue.UpdateTableInput{DatabaseName: database, TableInput: &gluetypes.TableInput{Name: table}})
			return err
		},
		"DeleteTable": func() error {
			_, err := api.DeleteTable(ctx, &glue.DeleteTableInput{DatabaseName: database, Name: table})
			return err
		},
	}
}
