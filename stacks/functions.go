package stacks

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/statemachine"
)

// function is a Lambda function with what belongs to it.
type function struct {
	ARN  string
	Role awsiam.CfnRole
	Logs awslogs.CfnLogGroup
}

// functions are the five steps of the workflow.
type functions struct {
	Scope constructs.Construct // all of them

	Create, Start, Poll, Record, Delete function
	// Check asks the source database; nil in a department that does not.
	Check *function
}

// memoryMB is generous for functions that wait for AWS: less memory would mean less CPU, and a slower start.
const memoryMB = 256

// functionsProps is what the functions work with.
type functionsProps struct {
	Department string
	Stack      string
	RecordDays int
	LogDays    int
	Code       Code
	Manifest   awss3assets.Asset
	Stats      tableHandle
	Instance   replication
	Lake       awss3.CfnBucket
	Topic      string // ARN
	KeyARN     string // of the key that encrypts the topic
	Endpoints  endpoints
	Source     department.Source
	Network    network
	Check      *Check // nil for none
}

// tableHandle names the statistics table.
type tableHandle struct{ Name, ARN string }

func newFunctions(parent constructs.Construct, p functionsProps) functions {
	scope := constructs.NewConstruct(parent, new("Functions"))
	createEnvironment := map[string]string{
		"ORALAKE_MANIFEST_BUCKET":     *p.Manifest.S3BucketName(),
		"ORALAKE_MANIFEST_KEY":        *p.Manifest.S3ObjectKey(),
		"ORALAKE_INSTANCE_ARN":        p.Instance.ARN,
		"ORALAKE_SOURCE_ENDPOINT_ARN": p.Endpoints.Source,
		"ORALAKE_FULL_ENDPOINT_ARN":   p.Endpoints.Full,
		"ORALAKE_CDC_ENDPOINT_ARN":    p.Endpoints.CDC,
	}
	var check *function
	if p.Check != nil {
		createEnvironment["ORALAKE_LAKE_BUCKET"] = *p.Lake.Ref()
		check = new(newCheck(scope, p))
	}
	return functions{
		Scope: scope, Check: check,
		Create: newFunction(scope, "create", p, spec{
			Minutes: 5, Does: "takes a job's lease and makes its replication tasks", Allow: p.createMay(),
			Environment: createEnvironment,
		}),
		Start: newFunction(scope, "start", p, spec{
			Minutes: 5, Does: "starts the tasks of a run", Allow: p.startMay(),
		}),
		Poll: newFunction(scope, "poll", p, spec{
			Minutes: 1, Does: "looks at the tasks of a run", Allow: p.pollMay(),
		}),
		Record: newFunction(scope, "record", p, spec{
			Minutes: 5, Does: "judges a run and writes its records", Allow: p.recordMay(),
			Environment: map[string]string{
				"ORALAKE_TOPIC_ARN":      p.Topic,
				"ORALAKE_INSTANCE_NAME":  p.Instance.Name,
				"ORALAKE_TASK_LOG_GROUP": *p.Instance.TaskLogs.Ref(),
				"ORALAKE_LAKE_BUCKET":    *p.Lake.Ref(),
				"ORALAKE_LAKE_FOLDER":    fullFolder,
			},
		}),
		Delete: newFunction(scope, "delete", p, spec{
			Minutes: 5, Does: "deletes the tasks of a full load and gives back the lease", Allow: p.deleteMay(),
		}),
	}
}

// spec is what one function has of its own.
type spec struct {
	Minutes     float64 // after which a call is given up
	Does        string
	Allow       []statement
	Environment map[string]string
	MemoryMB    int                                      // default memoryMB
	Network     *awslambda.CfnFunction_VpcConfigProperty // nil for none of its own
	Layers      []string                                 // ARNs
	Folder      string                                   // of the built function; empty for its name
}

func newFunction(parent constructs.Construct, name string, p functionsProps, s spec) function {
	scope := constructs.NewConstruct(parent, new(strings.ToUpper(name[:1])+name[1:]))
	logs := newLogGroup(scope, "Logs", "", p.LogDays)
	role := newRole(scope, "Role", roleProps{
		Service: "lambda.amazonaws.com", Description: "oralake " + p.Department + ": " + name + " " + s.Does,
		Allow: slices.Concat([]statement{
			{
				Sid: "Logs", Actions: []string{"logs:CreateLogStream", "logs:PutLogEvents"},
				Resources: []string{*logs.AttrArn()},
			},
			traces("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
		}, s.Allow),
	})
	environment := map[string]string{
		"ORALAKE_DEPARTMENT":  p.Department,
		"ORALAKE_STACK":       p.Stack,
		"ORALAKE_TABLE":       p.Stats.Name,
		"ORALAKE_RECORD_DAYS": strconv.Itoa(p.RecordDays),
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
		MemorySize:    new(float64(cmp.Or(s.MemoryMB, memoryMB))), Timeout: new(s.Minutes * 60),
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
	// Of Ref, and not by Fn::GetAtt: CloudFormation takes an attribute for unknown as soon as anything about its resource
	// changes, and `cdk diff` would show all that mentions it.
	return function{ARN: arn("lambda", "function:"+*made.Ref()), Role: role, Logs: logs}
}

// all are all functions.
func (f functions) all() []function {
	all := []function{f.Create, f.Start, f.Poll, f.Record, f.Delete}
	if f.Check != nil {
		all = append(all, *f.Check)
	}
	return all
}

// arns are the ARNs of all functions.
func (f functions) arns() (arns []string) {
	for _, one := range f.all() {
		arns = append(arns, one.ARN)
	}
	return arns
}

// definition is the state machine's, with placeholders.
func (f functions) definition() string {
	if f.Check != nil {
		return statemachine.Checked()
	}
	return statemachine.Migration
}

// substitutions are the values for the placeholders of the state machine's definition.
func (f functions) substitutions() map[string]string {
	values := map[string]string{
		"CreateFunctionArn": f.Create.ARN,
		"StartFunctionArn":  f.Start.ARN,
		"PollFunctionArn":   f.Poll.ARN,
		"RecordFunctionArn": f.Record.ARN,
		"DeleteFunctionArn": f.Delete.ARN,
	}
	if f.Check != nil {
		values["CheckFunctionArn"] = f.Check.ARN
	}
	return values
}

// logGroups are the names of the log groups of all functions.
func (f functions) logGroups() []string {
	var names []string
	for _, one := range f.all() {
		names = append(names, *one.Logs.Ref())
	}
	return names
}
