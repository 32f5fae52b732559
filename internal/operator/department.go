// Package operator is what people who operate a deployed department ask of it and decide about it: which job needs a person, what
// happened in a run, which tables are old, start this run, stop that one. It reads the stack's outputs, the manifest, the records,
// and what AWS says itself. It changes nothing but by starting and stopping executions of the state machine.
package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/yamlschema"
)

// Department is a deployed department.
type Department struct {
	Name     string
	Stack    string // the stack's name
	Manifest *manifest.Manifest

	outputs map[string]string // of the stack; see contract.OutputStateMachine

	tasks     *awsdms.Client
	logs      *cloudwatchlogs.Client
	machine   *sfn.Client
	metrics   *cloudwatch.Client
	queues    *sqs.Client
	records   *dynamodb.Client
	schedules *scheduler.Client
}

// Open finds a deployed department. An empty name stands for the only one of the account and region.
func Open(ctx context.Context, cfg aws.Config, name string) (*Department, error) {
	stacks := cloudformation.NewFromConfig(cfg)
	d := &Department{
		Name: name, tasks: awsdms.NewFromConfig(cfg), logs: cloudwatchlogs.NewFromConfig(cfg), machine: sfn.NewFromConfig(cfg),
		metrics: cloudwatch.NewFromConfig(cfg), queues: sqs.NewFromConfig(cfg), records: dynamodb.NewFromConfig(cfg),
		schedules: scheduler.NewFromConfig(cfg),
	}
	if name == "" {
		deployed, err := list(ctx, stacks)
		switch {
		case err != nil:
			return nil, err
		case len(deployed) == 0:
			return nil, fmt.Errorf("no department is deployed in %s of this account: deploy one, or choose another AWS_PROFILE or AWS_REGION",
				cfg.Region)
		case len(deployed) > 1:
			return nil, fmt.Errorf("several departments are deployed: write --department and one of %s", yamlschema.Listed(deployed, "or"))
		}
		d.Name = deployed[0]
	}
	d.Stack = contract.StackName(d.Name)
	if err := d.readOutputs(ctx, stacks, cfg.Region); err != nil {
		return nil, err
	}
	return d, d.readManifest(ctx, s3.NewFromConfig(cfg))
}

// list returns the names of the departments of the account and region, sorted.
func list(ctx context.Context, api *cloudformation.Client) (names []string, err error) {
	for pages := cloudformation.NewDescribeStacksPaginator(api, &cloudformation.DescribeStacksInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the stacks of departments: %w", err)
		}
		for _, stack := range page.Stacks {
			name, prefixed := strings.CutPrefix(aws.ToString(stack.StackName), contract.StackPrefix)
			if prefixed && slices.ContainsFunc(stack.Outputs, isManifest) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

// isManifest reports whether an output is the one that only the stack of a department has.
func isManifest(o types.Output) bool { return aws.ToString(o.OutputKey) == contract.OutputManifest }

// readOutputs reads the outputs of the department's stack.
func (d *Department) readOutputs(ctx context.Context, api *cloudformation.Client, region string) error {
	out, err := api.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &d.Stack})
	var refused smithy.APIError
	if errors.As(err, &refused) && refused.ErrorCode() == "ValidationError" {
		deployed, listErr := list(ctx, api)
		if listErr != nil {
			return listErr
		}
		what := fmt.Sprintf("department %s is not deployed: there is no stack %s in %s of this account", yamlschema.Quoted(d.Name), d.Stack, region)
		if len(deployed) > 0 {
			what += "; deployed are " + yamlschema.Listed(deployed, "and") + yamlschema.Suggestion(d.Name, deployed)
		}
		return errors.New(what)
	}
	if err != nil {
		return fmt.Errorf("read the outputs of stack %s: %w", d.Stack, err)
	}
	d.outputs = map[string]string{}
	for _, o := range out.Stacks[0].Outputs {
		d.outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	for _, needed := range []string{contract.OutputStateMachine, contract.OutputRecords, contract.OutputManifest} {
		if d.outputs[needed] == "" {
			return fmt.Errorf("stack %s is %s and has no output %s: deploy it to its end first", d.Stack, out.Stacks[0].StackStatus, needed)
		}
	}
	return nil
}

// readManifest reads the manifest of new runs.
func (d *Department) readManifest(ctx context.Context, api documents.Reader) error {
	var at contract.Address
	at.Bucket, at.Key, _ = strings.Cut(strings.TrimPrefix(d.outputs[contract.OutputManifest], "s3://"), "/")
	content, err := documents.Fetch(ctx, api, at)
	if err == nil {
		d.Manifest, err = manifest.Parse(content)
	}
	if err != nil {
		return fmt.Errorf("read the manifest %s of department %s: %w", at, d.Name, err)
	}
	return nil
}

// table is the DynamoDB table of the records.
func (d *Department) table() string { return d.outputs[contract.OutputRecords] }

// Job returns a job of the department. The error of another name lists the jobs, with the one that was probably meant.
func (d *Department) Job(name string) (manifest.Job, error) {
	if job, ok := d.Manifest.Job(name); ok {
		return job, nil
	}
	names := make([]string, len(d.Manifest.Jobs))
	for i, job := range d.Manifest.Jobs {
		names[i] = job.Name
	}
	return manifest.Job{}, fmt.Errorf("department %s has no job %s: its jobs are %s%s", d.Name, yamlschema.Quoted(name),
		yamlschema.Listed(names, "and"), yamlschema.Suggestion(name, names))
}

// executionName is the last part of the ARN of an execution.
func executionName(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }
