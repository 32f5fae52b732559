// Package stacks builds the CloudFormation stacks: one for each department, and one for the roles that an AWS account has
// only once.
//
// A construct is a function: its input is a typed struct of properties, and its result is a struct with the ARNs and names
// that other constructs need. All resources are L1 constructs (awscdk's Cfn types), so the template has the same
// properties as the code. A template does not depend on an account or a region.
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

// DepartmentProps is the input of a department's stack.
type DepartmentProps struct {
	Department *department.Department
	Manifest   []byte // the department's compiled manifest (manifest.Manifest.Bytes)
	Code       Code
	Check      *Check // nil if runs do not check the database
}

// NewDepartment adds the stack oralake-NAME to app. The error is that of a manifest that cannot be read or copied, or of a
// department that follows the changes of more tables than a deploy can compare.
func NewDepartment(app constructs.Construct, p DepartmentProps) (awscdk.Stack, error) {
	d := p.Department
	stackName := contract.StackName(d.Name)
	ofStack := tagsOf(d, stackName)
	(*ofStack)[contract.TagVersion] = new(contract.Version)
	stack := awscdk.NewStack(app, &stackName, &awscdk.StackProps{
		Description:        new("oralake: Oracle tables of department " + d.Name + " to an S3 data lake"),
		Tags:               ofStack,
		AnalyticsReporting: new(false),
		// The stack's assets have their own folder, so policies can be limited to that folder.
		Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			BucketPrefix: new(stackName + "/"),
		}),
	})
	for key, value := range *tagsOf(d, stackName) {
		tag(stack, key, *value)
	}
	followAccountRules(stack, d.Roles)

	m, err := manifest.Parse(p.Manifest)
	if err != nil {
		return nil, err
	}
	document, err := newManifest(stack, p.Manifest)
	if err != nil {
		return nil, err
	}
	const longestRun = 15 // days; a run needs its documents until its end
	store := newData(stack, d, stackName, max(d.RecordDays, longestRun))
	place := newNetwork(stack, d, store)
	instance := newReplication(stack, d, stackName, place, store)
	ends := newEndpoints(stack, d, store)
	catalog := newDataCatalog(stack, d)
	topic := newAlerts(stack, d.Alerts, stackName, store.Key)
	props := functionsProps{
		Department: d.Name, Stack: stackName, RecordDays: d.RecordDays, Logs: logsOf(d, store),
		Code: p.Code, Manifest: document, Stats: tableHandle{Name: *store.Stats.Ref(), ARN: *store.Stats.AttrArn()},
		Instance: instance, Lake: store.Bucket, LakeKeys: d.Lake, Catalog: catalog, Endpoints: ends, Topic: topic, KeyARN: *store.Key.AttrArn(),
		Source: d.Source, Network: place, Check: p.Check,
	}
	steps := newFunctions(stack, props)
	if steps.Check != nil {
		place.deleteBefore(steps.Check.Role)
	}
	machine := newStateMachine(stack, stackName, props.Logs, steps)
	changeable := []constructs.Construct{place.Scope, instance.Scope, ends.Scope, steps.Scope, machine.Scope}
	if catalog != nil {
		changeable = append(changeable, catalog.Scope)
	}
	if err := addPreflight(stack, d, m, props, changeable); err != nil {
		return nil, err
	}
	tasks := newCleanup(stack, d, m, props, machine, dependables(changeable)...)
	newRecoveryRule(stack, stackName, machine, tasks.Stack)
	starts := newSchedules(stack, d, stackName, machine.ARN, tasks)
	watch := alarmed{
		Department: d, Stack: stackName, MachineARN: machine.ARN, Functions: steps.all(), Group: starts.Group,
		DeadLetter: starts.DeadLetterName, Instance: instance.Name, Topic: topic,
	}
	fired := newAlarms(stack, d, stackName, topic, watch.all())
	newDashboard(stack, watch, fired, steps)
	newQueries(stack, stackName, steps, machine, instance)

	output(stack, "Version", contract.Version, "The version of oralake that deployed this stack; CHANGELOG.md says what it has")
	output(stack, contract.OutputStateMachine, machine.ARN, `Runs a job: start it with {"job": "NAME"}`)
	output(stack, contract.OutputScheduleGroup, starts.Group, "EventBridge Scheduler group; each schedule has the name of its job")
	output(stack, contract.OutputLakeBucket, *store.Bucket.Ref(), "The lake: current/SCHEMA/TABLE.json says where a full load is; cdc/SCHEMA/TABLE/; stays after destroy")
	if catalog != nil {
		output(stack, contract.OutputCatalogDatabase, catalog.Database, "The database of the full loads in the Data Catalog of AWS Glue")
	}
	output(stack, contract.OutputRecords, *store.Stats.Ref(), "Records of runs and tables; stays after destroy")
	output(stack, contract.OutputAlertTopic, topic.ARN, "Receives a message for every failed run and every alarm")
	output(stack, contract.OutputConnections, *awscdk.Token_AsString(tasks.Found, nil), "What the last deploy that changed an endpoint or the instance found of the connections")
	output(stack, contract.OutputInstance, instance.ARN, "The DMS replication instance")
	output(stack, contract.OutputSecurityGroups, strings.Join(place.SecurityGroupIDs, ","), "Security groups of the replication instance: allow them at the database")
	output(stack, contract.OutputVPC, place.VPCID, "The VPC of the replication instance: it must reach the database")
	location := "s3://" + *document.S3BucketName() + "/" + *document.S3ObjectKey()
	output(stack, contract.OutputManifest, location, "The manifest of new runs")
	output(stack, contract.OutputDeadLetters, starts.DeadLetterURL, "Failed starts that Scheduler no longer retries")
	output(stack, contract.OutputWorkflowLog, *machine.Logs.Ref(), "Log of the state machine")
	output(stack, contract.OutputFunctionLogs, strings.Join(steps.logGroups(), ","), "Logs of the functions that runs call")
	output(stack, contract.OutputTaskLog, *instance.TaskLogs.Ref(), "Logs of the replication tasks")
	return stack, nil
}

// newManifest adds the manifest as an asset, which the CDK uploads. Its name is its hash. So a deploy never changes an
// uploaded manifest, and a run can record which one it uses.
func newManifest(scope constructs.Construct, content []byte) (awss3assets.Asset, error) {
	dir, err := os.MkdirTemp("", "oralake-manifest-")
	if err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	// NewAsset copies the file to the cloud assembly immediately.
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "manifest.json")
	if err := os.WriteFile(file, content, 0o644); err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	return awss3assets.NewAsset(scope, new("Manifest"), &awss3assets.AssetProps{Path: &file}), nil
}

// tagsOf returns the tags of the stack and of all its resources.
func tagsOf(d *department.Department, stackName string) *map[string]*string {
	tags := map[string]*string{contract.TagDepartment: &d.Name, contract.TagStack: &stackName}
	for key, value := range d.Tags {
		tags[key] = &value
	}
	return &tags
}

// tag adds a tag to every resource of the stack that supports tags.
func tag(stack awscdk.Stack, key, value string) {
	awscdk.Tags_Of(stack).Add(&key, &value, nil)
}

func output(stack awscdk.Stack, id, value, description string) {
	awscdk.NewCfnOutput(stack, &id, &awscdk.CfnOutputProps{Value: &value, Description: &description})
}
