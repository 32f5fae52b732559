package records

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// runPrefix is the beginning of the sort key of a run, and of a table or task in a run.
const runPrefix = "RUN#"

// LatestRuns reads the records of a job's latest runs, at most n, the newest first.
func LatestRuns(ctx context.Context, api Querier, tableName, job string, n int) ([]Run, error) {
	runs, err := latest[Run](ctx, api, tableName, JobKey(job), n)
	if err != nil {
		return nil, fmt.Errorf("read the latest runs of job %s: %w", job, err)
	}
	return runs, nil
}

// LatestOfTable reads the records of a table (SCHEMA.TABLE) in the latest runs that had it, at most n, the newest first. A table may
// be in two jobs.
func LatestOfTable(ctx context.Context, api Querier, tableName, table string, n int) ([]Table, error) {
	found, err := latest[Table](ctx, api, tableName, TableKey(table), n)
	if err != nil {
		return nil, fmt.Errorf("read the latest records of table %s: %w", table, err)
	}
	return found, nil
}

// latest reads the last items of a partition that belong to runs, at most n, the newest first.
func latest[T any](ctx context.Context, api Querier, tableName, partition string, n int) ([]T, error) {
	return newest[T](ctx, api, tableName, partition, runPrefix, n)
}

// newest reads the last items of a partition that belong to runs and whose sort key is not before from, at most n, the newest first.
func newest[T any](ctx context.Context, api Querier, tableName, partition, from string, n int) ([]T, error) {
	in := &dynamodb.QueryInput{
		TableName: &tableName, ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(n)),
		KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":pk": stringValue(partition), ":from": stringValue(from), ":to": stringValue(runPrefix + "~"),
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
	return all[:min(len(all), n)], nil
}

// RunStart is the start of the run that a sort key of RunKey names; zero for another key.
func RunStart(key string) time.Time {
	started, _, _ := strings.Cut(strings.TrimPrefix(key, runPrefix), "#")
	at, err := time.Parse(time.RFC3339, started)
	if err != nil {
		return time.Time{}
	}
	return at
}
