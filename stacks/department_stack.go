// Package stacks builds the CloudFormation stacks: one for each department, and one for what an account has once.
// A construct is a function from a typed struct of properties to a struct of handles. The resources are the L1 ones,
// so a template says what the code says; nothing in them needs an account or a region to be known.
package stacks

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
)

// DepartmentProps is what a department's stack is made from.
type DepartmentProps struct {
	Department *department.Department
	Manifest   []byte // the department, compiled, as JSON
	Code       Code
	Check      *Check // nil when runs do not ask the database
}

// departmentStack is the name of a department's stack.
func departmentStack(name string) string { return "oralake-" + name }

// NewDepartment adds the stack oralake-NAME to app. It fails if the manifest cannot be read, or not be written to a
// temporary file, and if the department follows changes of more tables than a deploy can compare.
func NewDepartment(app constructs.Construct, p DepartmentProps) (awscdk.Stack, error) {
	d := p.Department
	stackName := departmentStack(d.Name)
	stack := awscdk.NewStack(app, &stackName, &awscdk.StackProps{
		Description: new("oralake: Oracle tables of department " + d.Name + " to an S3 data lake"),
		Tags: &map[string]*string{
			contract.TagDepartment: &d.Name, contract.TagStack: &stackName,
		},
		AnalyticsReporting: new(false),
		// Assets of the stack lie in a folder of their own, to which policies can be kept.
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			BucketPrefix: new(stackName + "/"),
		}),
	})
	tag(stack, contract.TagDepartment, d.Name)
	tag(stack, contract.TagStack, stackName)

	m, err := manifest.Parse(p.Manifest)
	if err != nil {
		return nil, err
	}
	document, err := newManifest(stack, p.Manifest)
	if err != nil {
		return nil, err
	}
	documentDays := 0
	if p.Check != nil {
		const longestRun = 15 // days: a run reads its own documents for as long as it lasts
		documentDays = max(d.RecordDays, longestRun)
	}
	store := newData(stack, d.Name, documentDays)
	place := newNetwork(stack, d)
	instance := newReplication(stack, d, stackName, place, *store.Key.AttrArn())
	ends := newEndpoints(stack, d, store)
	topic := newAlerts(stack, d.AlertEmails, store.Key)
	props := functionsProps{
		Department: d.Name, Stack: stackName, RecordDays: d.RecordDays, LogDays: d.LogDays,
		Code: p.Code, Manifest: document, Stats: tableHandle{Name: *store.Stats.Ref(), ARN: *store.Stats.AttrArn()},
		Instance: instance, Lake: store.Bucket, Endpoints: ends, Topic: *topic.Ref(), KeyARN: *store.Key.AttrArn(),
		Source: d.Source, Network: place, Check: p.Check,
	}
	steps := newFunctions(stack, props)
	machine := newStateMachine(stack, stackName, d.LogDays, steps)
	changeable := []constructs.Construct{place.Scope, instance.Scope, ends.Scope, steps.Scope, machine.Scope}
	if err := addPreflight(stack, d, props, changeable); err != nil {
		return nil, err
	}
	tasks := newCleanup(stack, d, m, props, machine, dependables(changeable)...)
	newRecoveryRule(stack, stackName, machine, tasks.Stack)
	starts := newSchedules(stack, d, stackName, machine.ARN, tasks)

	output(stack, "StateMachineArn", machine.ARN, `Runs a job: start it with {"job": "NAME"}`)
	output(stack, "ScheduleGroup", starts.Group, "EventBridge Scheduler group; in it a schedule is named as its job")
	output(stack, "LakeBucket", *store.Bucket.Ref(), "The lake: full/ and cdc/, SCHEMA/TABLE/ below; stays on destroy")
	output(stack, "StatsTable", *store.Stats.Ref(), "Records of runs and tables; stays on destroy")
	output(stack, "AlertTopicArn", *topic.Ref(), "Hears of every run that failed")
	output(stack, "ReplicationInstanceArn", instance.ARN, "The DMS replication instance")
	output(stack, "SecurityGroupIds", strings.Join(place.SecurityGroupIDs, ","), "Of the replication instance: let them in at the database")
	output(stack, "VpcId", place.VPCID, "The VPC of the replication instance: it must reach the database")
	location := "s3://" + *document.S3BucketName() + "/" + *document.S3ObjectKey()
	output(stack, "ManifestLocation", location, "The manifest that new runs work from")
	output(stack, "DeadLetterQueueUrl", starts.DeadLetterURL, "Starts that Scheduler gave up on")
	output(stack, "WorkflowLogGroup", *machine.Logs.Ref(), "Log of the state machine")
	output(stack, "FunctionLogGroups", strings.Join(steps.logGroups(), ","), "Logs of the functions that runs call")
	output(stack, "TaskLogGroup", *instance.TaskLogs.Ref(), "Logs of the replication tasks")
	return stack, nil
}

// newManifest uploads the manifest as an asset, named by its hash: a run can name the version that it works from, and
// a deploy never changes one.
func newManifest(scope constructs.Construct, content []byte) (awss3assets.Asset, error) {
	dir, err := os.MkdirTemp("", "oralake-manifest-")
	if err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	// The asset is copied to the cloud assembly as soon as it is constructed.
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "manifest.json")
	if err := os.WriteFile(file, content, 0o644); err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	return awss3assets.NewAsset(scope, new("Manifest"), &awss3assets.AssetProps{Path: &file}), nil
}

// tag tags every resource of the stack that takes tags.
func tag(stack awscdk.Stack, key, value string) {
	awscdk.Tags_Of(stack).Add(&key, &value, nil)
}

func output(stack awscdk.Stack, id, value, description string) {
	awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Value: &value, Description: &description})
}
