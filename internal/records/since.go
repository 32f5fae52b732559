package records

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// RunsSince reads the records of a job's runs that started at a time or later: the newest, at most n, the oldest of them first.
func RunsSince(ctx context.Context, api Querier, tableName, job string, from time.Time, n int) ([]Run, error) {
	runs, err := since[Run](ctx, api, tableName, JobKey(job), from, n)
	if err != nil {
		return nil, fmt.Errorf("read the runs of job %s since %s: %w", job, from.UTC().Format(time.RFC3339), err)
	}
	return runs, nil
}

// TaskSince reads the records of a replication task, given by its identifier, in the runs that started at a time or later: the newest,
// at most n, the oldest of them first.
func TaskSince(ctx context.Context, api Querier, tableName, task string, from time.Time, n int) ([]Task, error) {
	tasks, err := since[Task](ctx, api, tableName, TaskKey(task), from, n)
	if err != nil {
		return nil, fmt.Errorf("read the records of task %s since %s: %w", task, from.UTC().Format(time.RFC3339), err)
	}
	return tasks, nil
}

// since reads the items of a partition that belong to runs which started at a time or later: the newest, at most n, the oldest of them
// first.
func since[T any](ctx context.Context, api Querier, tableName, partition string, from time.Time, n int) ([]T, error) {
	in := &dynamodb.QueryInput{
		TableName: &tableName, ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(n)),
		KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":pk": stringValue(partition), ":from": stringValue(RunKey(from, "")), ":to": stringValue(runPrefix + "~"),
		},
	}
	var all []T
	for pages := dynamodb.NewQueryPaginator(api, in); pages.HasMorePages() && len(all) < n; {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		var found []T
		if err := attributevalue.UnmarshalListOfMaps(page.Items, &found); err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	all = all[:min(len(all), n)]
	slices.Reverse(all)
	return all, nil
}
