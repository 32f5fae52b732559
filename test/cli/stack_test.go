package cli_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// stack describes a deployed stack, also after its deletion.
type stack struct {
	Name    string
	Outputs map[string]string
	// DMS has the ARNs of its replication instance and endpoints.
	DMS []string
	cfg aws.Config
}

// readStack reads the resources of a stack, to search for them after its deletion.
func readStack(ctx context.Context, cfg aws.Config, name string) (stack, error) {
	s := stack{Name: name, Outputs: map[string]string{}, cfg: cfg}
	api := cloudformation.NewFromConfig(cfg)
	out, err := api.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return s, fmt.Errorf("describe stack %s: %w", name, err)
	}
	for _, o := range out.Stacks[0].Outputs {
		s.Outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	pages := cloudformation.NewListStackResourcesPaginator(api, &cloudformation.ListStackResourcesInput{StackName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s, fmt.Errorf("list the resources of stack %s: %w", name, err)
		}
		for _, r := range page.StackResourceSummaries {
			switch aws.ToString(r.ResourceType) {
			case "AWS::DMS::ReplicationInstance", "AWS::DMS::Endpoint":
				s.DMS = append(s.DMS, aws.ToString(r.PhysicalResourceId))
			}
		}
	}
	if len(s.DMS) != 5 {
		return s, fmt.Errorf("stack %s has the DMS resources %v, want an instance and four endpoints", name, s.DMS)
	}
	return s, nil
}

// scene is what exists of a stack at one moment.
type scene struct {
	Status string // of the stack; empty when it is deleted
	// Tasks are the replication tasks on the stack's instance or endpoints, also those of other stacks and people.
	Tasks     []string
	Resources []string         // the DMS resources of the stack that exist
	Records   []record         // all items of its table except leases
	Objects   map[string]int64 // size in bytes of everything in its lake
}

// record is an item of the statistics table.
type record struct {
	PK        string `dynamodbav:"pk"`
	SK        string `dynamodbav:"sk"`
	Job       string `dynamodbav:"job"`
	Execution string `dynamodbav:"execution"`
	Outcome   string `dynamodbav:"outcome"` // of a run
	// Publication is "due" if the run has yet to publish its tables: its outcome is not final.
	Publication string `dynamodbav:"publication"`
	Good        bool   `dynamodbav:"good"` // of a table
}

// scene reads what exists of the stack now.
func (s stack) scene(ctx context.Context) (scene, error) {
	var found scene
	var err error
	if found.Status, err = s.status(ctx); err != nil {
		return found, err
	}
	if found.Tasks, err = s.tasks(ctx); err != nil {
		return found, err
	}
	if found.Resources, err = s.resources(ctx); err != nil {
		return found, err
	}
	if found.Records, err = s.records(ctx); err != nil {
		return found, err
	}
	found.Objects, err = s.objects(ctx)
	return found, err
}

func (s stack) status(ctx context.Context) (string, error) {
	api := cloudformation.NewFromConfig(s.cfg)
	out, err := api.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.Name})
	var refused smithy.APIError
	if errors.As(err, &refused) && refused.ErrorCode() == "ValidationError" &&
		strings.Contains(refused.ErrorMessage(), "does not exist") {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("describe stack %s: %w", s.Name, err)
	}
	return string(out.Stacks[0].StackStatus), nil
}

func (s stack) tasks(ctx context.Context) ([]string, error) {
	var all []string
	pages := awsdms.NewDescribeReplicationTasksPaginator(awsdms.NewFromConfig(s.cfg), &awsdms.DescribeReplicationTasksInput{
		WithoutSettings: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if none(err) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list replication tasks: %w", err)
		}
		for _, task := range page.ReplicationTasks {
			for _, uses := range []*string{task.ReplicationInstanceArn, task.SourceEndpointArn, task.TargetEndpointArn} {
				if slices.Contains(s.DMS, aws.ToString(uses)) {
					all = append(all, aws.ToString(task.ReplicationTaskIdentifier)+" is "+aws.ToString(task.Status))
					break
				}
			}
		}
	}
	return all, nil
}

func (s stack) resources(ctx context.Context) ([]string, error) {
	api := awsdms.NewFromConfig(s.cfg)
	var all []string
	keep := func(arn *string) {
		if slices.Contains(s.DMS, aws.ToString(arn)) {
			all = append(all, aws.ToString(arn))
		}
	}
	instances := awsdms.NewDescribeReplicationInstancesPaginator(api, &awsdms.DescribeReplicationInstancesInput{})
	for instances.HasMorePages() {
		page, err := instances.NextPage(ctx)
		if none(err) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list replication instances: %w", err)
		}
		for _, i := range page.ReplicationInstances {
			keep(i.ReplicationInstanceArn)
		}
	}
	endpoints := awsdms.NewDescribeEndpointsPaginator(api, &awsdms.DescribeEndpointsInput{})
	for endpoints.HasMorePages() {
		page, err := endpoints.NextPage(ctx)
		if none(err) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list endpoints: %w", err)
		}
		for _, e := range page.Endpoints {
			keep(e.EndpointArn)
		}
	}
	return all, nil
}

// none reports whether an error of DMS means that a list is empty.
func none(err error) bool {
	var fault *dmstypes.ResourceNotFoundFault
	return errors.As(err, &fault)
}

func (s stack) records(ctx context.Context) ([]record, error) {
	var all []record
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(s.cfg), &dynamodb.ScanInput{
		TableName: aws.String(s.Outputs["StatsTable"]), ConsistentRead: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the records of stack %s: %w", s.Name, err)
		}
		var some []record
		if err := attributevalue.UnmarshalListOfMaps(page.Items, &some); err != nil {
			return nil, fmt.Errorf("read the records of stack %s: %w", s.Name, err)
		}
		all = append(all, some...)
	}
	return slices.DeleteFunc(all, func(r record) bool { return !strings.HasPrefix(r.SK, "RUN#") }), nil
}

func (s stack) objects(ctx context.Context) (map[string]int64, error) {
	all := map[string]int64{}
	pages := s3.NewListObjectsV2Paginator(s3.NewFromConfig(s.cfg), &s3.ListObjectsV2Input{
		Bucket: aws.String(s.Outputs["LakeBucket"]),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the lake of stack %s: %w", s.Name, err)
		}
		for _, o := range page.Contents {
			all[aws.ToString(o.Key)] = aws.ToInt64(o.Size)
		}
	}
	return all, nil
}
