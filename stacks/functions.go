package stacks

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// lambdaFunction is a Lambda function with its role and its log group.
type lambdaFunction struct {
	ARN  string
	Step string // the name of the function's folder or step, such as prepare
	Name string // the name that CloudFormation gives it
	Role awsiam.CfnRole
	Logs awslogs.CfnLogGroup
}

// functions are the Lambda functions that the state machine calls.
type functions struct {
	Scope constructs.Construct // the parent of all functions

	Prepare, Create, Reconcile, Start, Poll, Verify, Record, Publish, Delete, Orphans lambdaFunction
	// Check checks the source database. It is nil in a department without a check.
	Check *lambdaFunction
}

// functionsProps is the input of the functions.
type functionsProps struct {
	Department string
	Stack      string
	RecordDays int
	Logs       logKeeping
	Code       Code
	Manifest   awss3assets.Asset
	Stats      tableHandle
	Instance   replication
	Lake       awss3.CfnBucket
	LakeKeys   department.Lake // what the department's file says of the lake
	Catalog    *dataCatalog    // nil without a catalog
	Topic      topic
	KeyARN     string // the ARN of the key that encrypts the lake
	Endpoints  endpoints
	Source     department.Source
	Network    network
	Check      *Check // nil without a check function
}

// tableHandle identifies the DynamoDB table of the records.
type tableHandle struct{ Name, ARN string }

func newFunctions(parent constructs.Construct, p functionsProps) functions {
	scope := constructs.NewConstruct(parent, new("Functions"))
	lake := map[string]string{contract.EnvLakeBucket: *p.Lake.Ref()}
	step := func(name, does string, allow []statement, environment map[string]string) lambdaFunction {
		return newFunction(scope, name, p, spec{Timeout: contract.StepTimeout, Does: does, Allow: allow, Environment: environment})
	}
	f := functions{
		Scope: scope,
		Prepare: step("prepare", "takes a job's lease and names the replication tasks of a run", p.prepareMay(), map[string]string{
			contract.EnvManifestBucket:    *p.Manifest.S3BucketName(),
			contract.EnvManifestKey:       *p.Manifest.S3ObjectKey(),
			contract.EnvInstanceARN:       p.Instance.ARN,
			contract.EnvSourceEndpointARN: p.Endpoints.Source,
			contract.EnvFullEndpointARN:   p.Endpoints.Full,
			contract.EnvCDCEndpointARN:    p.Endpoints.CDC,
			contract.EnvLoadEndpointARN:   p.Endpoints.CDCLoad,
			contract.EnvLakeBucket:        *p.Lake.Ref(),
			contract.EnvTopicARN:          p.Topic.ARN,
		}),
		Create: step("create", "creates the replication tasks of a full load", p.createMay(), lake),
		Reconcile: step("reconcile", "changes the task of a job that follows changes to match the department's file",
			p.reconcileMay(), lake),
		Start:  step("start", "starts the tasks of a run", p.startMay(), nil),
		Poll:   step("poll", "reads the state of the tasks of a full load", p.pollMay(), nil),
		Verify: step("verify", "prepares the count of the rows at the source after a load", p.verifyMay(), lake),
		Record: step("record", "judges a run and writes its records", p.recordMay(), p.Catalog.with(map[string]string{
			contract.EnvTopicARN:     p.Topic.ARN,
			contract.EnvInstanceName: p.Instance.Name,
			contract.EnvTaskLogGroup: *p.Instance.TaskLogs.Ref(),
			contract.EnvLakeBucket:   *p.Lake.Ref(),
		})),
		Publish: step("publish", "makes the snapshots of a full load those that readers see", p.publishMay(), p.Catalog.with(map[string]string{
			contract.EnvLakeBucket:     *p.Lake.Ref(),
			contract.EnvKeepSnapshots:  strconv.Itoa(p.LakeKeys.KeepSnapshots),
			contract.EnvReadersMinutes: strconv.Itoa(p.LakeKeys.ReadersMinutes),
		})),
		Delete: step("delete", "deletes the tasks of a full load and releases the lease", p.deleteMay(), nil),
		Orphans: step("orphans", "finds tasks and leases that no running run owns, and measures how the jobs are", p.orphansMay(), p.Catalog.with(map[string]string{
			contract.EnvInstanceName:   p.Instance.Name,
			contract.EnvManifestBucket: *p.Manifest.S3BucketName(),
			contract.EnvManifestKey:    *p.Manifest.S3ObjectKey(),
		})),
	}
	if p.Check != nil {
		f.Check = new(newCheck(scope, p))
	}
	return f
}

// spec has the properties in which one function differs from the others.
type spec struct {
	Timeout     time.Duration
	Does        string                                   // what the function does, for its description
	Allow       []statement                              // permissions, besides logs and traces
	Deny        []statement                              // wins over Allow
	Environment map[string]string                        // variables, besides those that all functions have
	MemoryMB    int                                      // default contract.FunctionMemoryMB
	Network     *awslambda.CfnFunction_VpcConfigProperty // nil for a function outside a VPC
	Layers      []string                                 // ARNs
	Folder      string                                   // the folder of the built function; default its name
}

func newFunction(parent constructs.Construct, name string, p functionsProps, s spec) lambdaFunction {
	scope := constructs.NewConstruct(parent, new(strings.ToUpper(name[:1])+name[1:]))
	logs := newLogGroup(scope, "Logs", "", p.Logs)
	role := newRole(scope, "Role", roleProps{
		Service: "lambda.amazonaws.com", Description: "oralake " + p.Department + ": " + name + " " + s.Does,
		Allow: slices.Concat([]statement{
			{
				Sid: "Logs", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
				Resources: []string{*logs.AttrArn()},
			},
			traces("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
		}, s.Allow),
		Deny: s.Deny,
	})
	environment := map[string]string{
		contract.EnvDepartment: p.Department,
		contract.EnvStack:      p.Stack,
		contract.EnvTable:      p.Stats.Name,
		contract.EnvRecordDays: strconv.Itoa(p.RecordDays),
	}
	maps.Copy(environment, s.Environment)
	code := awss3assets.NewAsset(scope, new("Code"), &awss3assets.AssetProps{
		Path: new(filepath.Join(p.Code.Dir, cmp.Or(s.Folder, name))),
	})
	props := &awslambda.CfnFunctionProps{
		Description: new("oralake " + p.Department + ": " + s.Does),
		Runtime:     new("provided.al2023"), Handler: new("bootstrap"),
		Architectures: jsii.Strings(string(p.Code.Architecture)),
		Code:          &awslambda.CfnFunction_CodeProperty{S3Bucket: code.S3BucketName(), S3Key: code.S3ObjectKey()},
		Role:          role.AttrArn(),
		MemorySize:    new(float64(cmp.Or(s.MemoryMB, contract.FunctionMemoryMB))), Timeout: new(s.Timeout.Seconds()),
		Environment:   &awslambda.CfnFunction_EnvironmentProperty{Variables: environment},
		TracingConfig: &awslambda.CfnFunction_TracingConfigProperty{Mode: new("Active")},
		LoggingConfig: &awslambda.CfnFunction_LoggingConfigProperty{LogGroup: logs.Ref()},
	}
	if s.Network != nil {
		props.VpcConfig = s.Network
	}
	if len(s.Layers) > 0 {
		props.Layers = references(s.Layers...)
	}
	made := awslambda.NewCfnFunction(scope, new("Function"), props)
	// The ARN contains Ref and not Fn::GetAtt. When a resource changes, CloudFormation regards its attributes as unknown, and
	// `cdk diff` would show every resource that uses such an attribute.
	return lambdaFunction{Step: name, Name: *made.Ref(), ARN: arn("lambda", "function:"+*made.Ref()), Role: role, Logs: logs}
}

// all returns all functions, in the order in which a run calls them.
func (f functions) all() []lambdaFunction {
	all := []lambdaFunction{f.Prepare, f.Create, f.Reconcile, f.Start, f.Poll, f.Verify, f.Record, f.Publish, f.Delete, f.Orphans}
	if f.Check != nil {
		all = append(all, *f.Check)
	}
	return all
}

// arns returns the ARNs of all functions.
func (f functions) arns() (arns []string) {
	for _, one := range f.all() {
		arns = append(arns, one.ARN)
	}
	return arns
}

// substitutions returns the values for the placeholders of the state machine's definition. In a department without a check
// function, no phase leads to the states that call it. Their placeholder still needs an existing function: Prepare.
func (f functions) substitutions() map[string]string {
	check := f.Prepare
	if f.Check != nil {
		check = *f.Check
	}
	return map[string]string{
		"PrepareFunctionArn":   f.Prepare.ARN,
		"CheckFunctionArn":     check.ARN,
		"CreateFunctionArn":    f.Create.ARN,
		"ReconcileFunctionArn": f.Reconcile.ARN,
		"StartFunctionArn":     f.Start.ARN,
		"PollFunctionArn":      f.Poll.ARN,
		"VerifyFunctionArn":    f.Verify.ARN,
		"RecordFunctionArn":    f.Record.ARN,
		"PublishFunctionArn":   f.Publish.ARN,
		"DeleteFunctionArn":    f.Delete.ARN,
		"OrphansFunctionArn":   f.Orphans.ARN,
	}
}

// logGroups returns the names of the log groups of all functions.
func (f functions) logGroups() []string {
	var names []string
	for _, one := range f.all() {
		names = append(names, *one.Logs.Ref())
	}
	return names
}
