package scenarios_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/aws/gateway"
	"github.com/oralake/oralake/test/aws/resource"
	"github.com/oralake/oralake/test/aws/s3"
	"github.com/oralake/oralake/test/harness"
)

// as returns the configuration of clients that act as the role of a stack whose logical ID begins with prefix.
func (a *testAccount) as(stack, prefix string) aws.Config {
	a.t.Helper()
	for _, arn := range a.IAM.Roles() {
		if strings.Contains(arn, ":role/"+stack+"-"+prefix) {
			cfg := a.Config(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return a.IAM.Credentials(arn, harness.Intruder)
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
	return errors.As(err, &api) && (strings.HasPrefix(api.ErrorCode(), "AccessDenied") || api.ErrorCode() == "AuthorizationError")
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
		a.ExpectDenied("dms:AddTagsToResource")
		outputs := a.Deploy(load(t, "sales"))
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "daily-parts"}`), sfntypes.ExecutionStatusFailed)
		if len(a.RunRecords(outputs, "daily-parts")) == 0 || len(a.Alerts(outputs["AlertTopicArn"])) == 0 {
			t.Fatal("the run has no record or no alert")
		}
		for _, reason := range []string{a.RunRecords(outputs, "daily-parts")[0].Reason, a.Alerts(outputs["AlertTopicArn"])[0].Text} {
			for _, part := range []string{`"Action":"dms:AddTagsToResource"`, `:rep:`, "docs/assumptions.md#a64"} {
				if !strings.Contains(reason, part) {
					t.Errorf("the record or the message says %q, want %s in it", reason, part)
				}
			}
		}
	})
}

// encryptAssets makes a KMS key whose policy lets the account decide, and makes it the key of the CDK's asset bucket.
func (a *testAccount) encryptAssets() {
	a.t.Helper()
	bucket := s3.AssetsBucket(a.Cloud.Account)
	_, err := a.Cloud.Objects.Resources()["AWS::S3::Bucket"].Update(a.t.Context(), resource.Request{
		PhysicalID: bucket, Properties: json.RawMessage(`{"BucketName": "` + bucket + `", "BucketEncryption":
			{"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault":
				{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "` + a.makeKey() + `"}}]}}`),
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// The bootstrap bucket may have a key of the account's owner. All functions that read manifests may use it, through S3.
func TestManifestsUnderACustomersKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, sample(t))
		a.encryptAssets()
		outputs := a.Deploy(load(t, "sales"))
		for _, job := range []string{"daily-parts", "live-customers"} {
			a.want(a.Run(outputs["StateMachineArn"], `{"job": "`+job+`"}`), sfntypes.ExecutionStatusSucceeded)
		}
		a.want(a.Run(outputs["StateMachineArn"], `{"findOrphans": true}`), sfntypes.ExecutionStatusSucceeded)
	})
}

// Lambda makes network interfaces for the check function; the code of the function may make, change and delete none in the account.
func TestCodeMayNotTouchNetworkInterfaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, sample(t))
		a.Deploy(loadFrom(t, "test/templates/testdata/departments", "checked"))
		for _, arn := range a.IAM.Roles() {
			if !strings.Contains(arn, "FunctionsCheckRole") {
				continue
			}
			tried := 0
			for _, action := range []string{
				"CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets",
				"AssignPrivateIpAddresses", "UnassignPrivateIpAddresses",
			} {
				lambda, err := a.IAM.RolePrincipal(arn, "check")
				if err != nil {
					t.Fatal(err)
				}
				code := lambda
				code.Function = "arn:aws:lambda:eu-central-1:" + harness.ID + ":function:check"
				access := gateway.Access{Action: "ec2:" + action, Resource: "arn:aws:ec2:eu-central-1:" + harness.ID + ":network-interface/eni-1"}
				if because, err := a.IAM.Authorize(lambda, access); err != nil || because != "" {
					t.Errorf("Lambda may not do %s: %s, %v", action, because, err)
				}
				if because, err := a.IAM.Authorize(code, access); err != nil || because != "with an explicit deny in an identity-based policy" {
					t.Errorf("the code of the function may do %s: %q, %v", action, because, err)
				}
				tried++
			}
			if tried != 6 {
				t.Errorf("%d actions tried", tried)
			}
			return
		}
		t.Fatal("the check function has no role")
	})
}

// loadFrom loads a department's file from another folder.
func loadFrom(t *testing.T, folder, name string) *department.Department {
	t.Helper()
	d, err := department.Load(filepath.Join(harness.Root(), folder, name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The flow log of a department's network delivers its records.
func TestFlowLogsAreDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, sample(t))
		a.Deploy(loadFrom(t, "test/templates/testdata/departments", "checked"))
		logs := a.Network.FlowLogs()
		for id, problem := range logs {
			if problem != "" {
				t.Errorf("flow log %s: %s", id, problem)
			}
		}
		if len(logs) != 1 {
			t.Errorf("%d flow logs, want 1", len(logs))
		}
	})
}

// Every function that runs and the state machine write their logs and send their traces.
func TestEverythingIsLoggedAndTraced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, sample(t))
		d := loadFrom(t, "test/templates/testdata/departments", "checked")
		outputs := a.Deploy(d)
		for _, job := range d.Jobs {
			a.Run(outputs["StateMachineArn"], `{"job": "`+job.Name+`"}`)
		}
		a.Run(outputs["StateMachineArn"], `{"findOrphans": true}`)
		machine := outputs["StateMachineArn"][strings.LastIndexByte(outputs["StateMachineArn"], ':')+1:]
		if a.Traces.Segments(machine) == 0 {
			t.Error("the state machine sends no traces")
		}
		logged := a.logGroups()
		if !logged[outputs["WorkflowLogGroup"]] {
			t.Errorf("the state machine writes no log: there are %v", logged)
		}
		functions := a.functions("oralake-checked")
		for _, name := range functions {
			if a.Traces.Segments(name) == 0 {
				t.Errorf("%s sends no traces", name)
			}
			// CREATEFunctionHASH-RANDOM writes to the group CREATELogsHASH-RANDOM.
			begin := name[:strings.LastIndexByte(name, '-')-len("Function00000000")]
			logs := false
			for group, has := range logged {
				logs = logs || has && strings.HasPrefix(group, begin+"Logs")
			}
			if !logs {
				t.Errorf("%s writes no log", name)
			}
		}
		if len(functions) != 13 {
			t.Errorf("the stack has %d functions, want 13", len(functions))
		}
	})
}

// functions returns the names of the functions of a stack.
func (a *testAccount) functions(stack string) (names []string) {
	a.t.Helper()
	pages := cloudformation.NewListStackResourcesPaginator(a.Stacks, &cloudformation.ListStackResourcesInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(a.t.Context())
		if err != nil {
			a.t.Fatal(err)
		}
		for _, r := range page.StackResourceSummaries {
			if aws.ToString(r.ResourceType) == "AWS::Lambda::Function" {
				names = append(names, aws.ToString(r.PhysicalResourceId))
			}
		}
	}
	return names
}

// logGroups returns the log groups that have events.
func (a *testAccount) logGroups() map[string]bool {
	a.t.Helper()
	api := cloudwatchlogs.NewFromConfig(a.Admin())
	with := map[string]bool{}
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(api, nil)
	for pages.HasMorePages() {
		page, err := pages.NextPage(a.t.Context())
		if err != nil {
			a.t.Fatal(err)
		}
		for _, group := range page.LogGroups {
			events, err := api.FilterLogEvents(a.t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: group.LogGroupName, Limit: aws.Int32(1)})
			if err != nil {
				a.t.Fatal(err)
			}
			with[aws.ToString(group.LogGroupName)] = len(events.Events) > 0
		}
	}
	return with
}

// The record of a full load has the size of its files in the lake.
func TestRecordsHaveTheSizeOfTheFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := openAccount(t, sample(t))
		outputs := a.Deploy(load(t, "sales"))
		a.want(a.Run(outputs["StateMachineArn"], `{"job": "daily-parts"}`), sfntypes.ExecutionStatusSucceeded)
		var want int64
		for key, size := range a.lake(outputs) {
			if strings.HasPrefix(key, "full/") {
				want += size
			}
		}
		if got := a.RunRecords(outputs, "daily-parts")[0].Bytes; got != want || want == 0 {
			t.Errorf("the record says %d bytes, want %d", got, want)
		}
	})
}

// Step Functions takes no start for longer than EventBridge Scheduler retries one. The start is in the dead-letter queue.
func TestFailedStartsAreInTheDeadLetterQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := openWith(t, sample(t), harness.Options{Disturb: func(c gateway.Call) (d gateway.Disturbance) {
			if c.Operation == "StartExecution" && strings.Contains(c.Principal.ARN, "SchedulesRole") {
				d.Refuse = gateway.Unavailable()
			}
			return d
		}})
		outputs := a.Deploy(load(t, "sales"))
		time.Sleep(5 * time.Hour) // until the schedule of daily-orders and the hour of retries are over
		found := map[string]bool{}
		for range 100 {
			out, err := sqs.NewFromConfig(a.Admin()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
				QueueUrl: aws.String(outputs["DeadLetterQueueUrl"]), MaxNumberOfMessages: 10,
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range out.Messages {
				var start struct{ Input string }
				if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &start); err != nil {
					t.Fatal(err)
				}
				found[start.Input] = true
			}
		}
		for _, start := range []string{`{"job":"daily-orders"}`, `{"job":"live-customers"}`, `{"findOrphans":true}`} {
			if !found[start] {
				t.Errorf("the start %s is not in the dead-letter queue: it has %v", start, found)
			}
		}
	})
}
