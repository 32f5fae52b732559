package scenarios_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"

	"github.com/oralake/oralake/test/harness"
)

// as returns the configuration of clients that act as the role of a stack whose logical ID begins with prefix.
func (a *testAccount) as(stack, prefix string) aws.Config {
	a.t.Helper()
	for _, arn := range a.IAM.Roles() {
		if strings.Contains(arn, ":role/"+stack+"-"+prefix) {
			cfg := a.Config(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return a.IAM.Credentials(arn, "intruder")
			}))
			cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
			return cfg
		}
	}
	a.t.Fatalf("stack %s has no role %s: there are %s", stack, prefix, strings.Join(a.IAM.Roles(), " "))
	return aws.Config{}
}

// isRefused reports whether an error is that of a call that policies do not allow.
func isRefused(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && strings.HasPrefix(api.ErrorCode(), "AccessDenied")
}

// strange is a replication task that somebody else has in the same account, with or without tags.
func (a *testAccount) strange(like dmstypes.ReplicationTask, name string, tags ...dmstypes.Tag) *string {
	a.t.Helper()
	out, err := a.Tasks.CreateReplicationTask(a.t.Context(), &awsdms.CreateReplicationTaskInput{
		ReplicationTaskIdentifier: &name, MigrationType: dmstypes.MigrationTypeValueFullLoad, TableMappings: like.TableMappings,
		SourceEndpointArn: like.SourceEndpointArn, TargetEndpointArn: like.TargetEndpointArn,
		ReplicationInstanceArn: like.ReplicationInstanceArn, Tags: tags,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return out.ReplicationTask.ReplicationTaskArn
}

// The functions that create tasks can create none without their stack's tag, and can neither tag nor touch a task of somebody else,
// with the tag of another stack or without any.
func TestTasksOfStrangersAreSafe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, sample(t))
		outputs := a.Deploy(load(t, "sales"))
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "live-customers"}`), sfntypes.ExecutionStatusSucceeded)
		own := a.task("oralake-sales", "live-customers")
		stackTag := func(value string) dmstypes.Tag {
			return dmstypes.Tag{Key: aws.String("oralake:stack"), Value: &value}
		}
		strangers := map[string]*string{
			"without tags":     a.strange(own, "untagged"),
			"of another stack": a.strange(own, "of-finance", stackTag("oralake-finance")),
		}
		for _, role := range []string{"FunctionsCreate", "FunctionsReconcile"} {
			api := awsdms.NewFromConfig(a.as("oralake-sales", role))
			for whose, arn := range strangers {
				for what, call := range taskCalls(a.t.Context(), api, arn, stackTag("oralake-sales")) {
					if err := call(); !isRefused(err) {
						t.Errorf("%s may do %s to a task %s: %v", role, what, whose, err)
					}
				}
			}
			for whose, tags := range map[string][]dmstypes.Tag{"no tag": nil, "another tag": {stackTag("oralake-finance")}} {
				_, err := api.CreateReplicationTask(t.Context(), &awsdms.CreateReplicationTaskInput{
					ReplicationTaskIdentifier: aws.String("new"), MigrationType: dmstypes.MigrationTypeValueFullLoad,
					TableMappings: own.TableMappings, SourceEndpointArn: own.SourceEndpointArn, TargetEndpointArn: own.TargetEndpointArn,
					ReplicationInstanceArn: own.ReplicationInstanceArn, Tags: tags,
				})
				if !isRefused(err) {
					t.Errorf("%s may create a task with %s: %v", role, whose, err)
				}
			}
		}
	})
}

// taskCalls are the calls that change a task or read its data.
func taskCalls(ctx context.Context, api *awsdms.Client, arn *string, tag dmstypes.Tag) map[string]func() error {
	return map[string]func() error{
		"AddTagsToResource": func() error {
			_, err := api.AddTagsToResource(ctx, &awsdms.AddTagsToResourceInput{ResourceArn: arn, Tags: []dmstypes.Tag{tag}})
			return err
		},
		"DeleteReplicationTask": func() error {
			_, err := api.DeleteReplicationTask(ctx, &awsdms.DeleteReplicationTaskInput{ReplicationTaskArn: arn})
			return err
		},
		"DescribeTableStatistics": func() error {
			_, err := api.DescribeTableStatistics(ctx, &awsdms.DescribeTableStatisticsInput{ReplicationTaskArn: arn})
			return err
		},
		"ModifyReplicationTask": func() error {
			_, err := api.ModifyReplicationTask(ctx, &awsdms.ModifyReplicationTaskInput{ReplicationTaskArn: arn})
			return err
		},
		"ReloadTables": func() error {
			_, err := api.ReloadTables(ctx, &awsdms.ReloadTablesInput{
				ReplicationTaskArn: arn, TablesToReload: []dmstypes.TableToReload{{SchemaName: aws.String("S"), TableName: aws.String("T")}},
			})
			return err
		},
		"StartReplicationTask": func() error {
			_, err := api.StartReplicationTask(ctx, &awsdms.StartReplicationTaskInput{
				ReplicationTaskArn: arn, StartReplicationTaskType: dmstypes.StartReplicationTaskTypeValueStartReplication,
			})
			return err
		},
		"StopReplicationTask": func() error {
			_, err := api.StopReplicationTask(ctx, &awsdms.StopReplicationTaskInput{ReplicationTaskArn: arn})
			return err
		},
	}
}

// DMS may want the permission to tag a new task on the instance and the endpoints. Then the run fails, and says which statement to add.
func TestRefusedTagsOfANewTaskAreExplained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := harness.Options{}
		o.DMS.Unknowns.TagsCheckedOnParts = true
		a := openWith(t, sample(t), o)
		outputs := a.Deploy(load(t, "sales"))
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "daily-parts"}`), sfntypes.ExecutionStatusFailed)
		for _, reason := range []string{a.RunRecords(outputs, "daily-parts")[0].Reason, a.SNS.Messages(outputs["AlertTopicArn"])[0].Text} {
			for _, part := range []string{`"Action":"dms:AddTagsToResource"`, `:rep:`, "docs/assumptions.md#a64"} {
				if !strings.Contains(reason, part) {
					t.Errorf("the record or the message says %q, want %s in it", reason, part)
				}
			}
		}
	})
}
