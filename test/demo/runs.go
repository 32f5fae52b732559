package demo

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/aws/gateway"
)

// callCounter counts the DMS calls of each execution by their trace ID.
type callCounter struct {
	mu  sync.Mutex
	dms map[string]int
}

func countCalls(g *gateway.Gateway) *callCounter {
	c := &callCounter{dms: map[string]int{}}
	g.Observe(func(call gateway.Call) {
		if call.Service == "dms" {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.dms[call.Trace]++
		}
	})
	return c
}

// of returns the number of calls of an execution. traceHeader is from DescribeExecution.
func (c *callCounter) of(traceHeader string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, root, _ := strings.Cut(traceHeader, "Root=")
	root, _, _ = strings.Cut(root, ";")
	return c.dms[root]
}

// pollInterval is the time between two polls of the demonstration.
const pollInterval = 200 * time.Millisecond

func pause(ctx context.Context) error {
	select {
	case <-time.After(pollInterval):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// awaitExecution waits until an execution has ended.
func awaitExecution(ctx context.Context, api *sfn.Client, arn string) (*sfn.DescribeExecutionOutput, error) {
	for {
		out, err := api.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		if err != nil {
			return nil, fmt.Errorf("describe execution %s: %w", arn, err)
		}
		if out.Status != sfntypes.ExecutionStatusRunning {
			return out, nil
		}
		if err := pause(ctx); err != nil {
			return nil, fmt.Errorf("wait for execution %s: %w", arn, err)
		}
	}
}

// transitions counts the states that an execution entered.
func transitions(ctx context.Context, api *sfn.Client, arn string) (int, error) {
	n := 0
	pages := sfn.NewGetExecutionHistoryPaginator(api, &sfn.GetExecutionHistoryInput{
		ExecutionArn: &arn, MaxResults: 1000, IncludeExecutionData: aws.Bool(false),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("read history of %s: %w", arn, err)
		}
		for _, event := range page.Events {
			if strings.HasSuffix(string(event.Type), "StateEntered") {
				n++
			}
		}
	}
	return n, nil
}

// recordedTable reads the record of a table in an execution. found is false when there is none.
func recordedTable(
	ctx context.Context, api *dynamodb.Client, tableName, table, execution string,
) (record records.Table, found bool, err error) {
	err = eachRecord(ctx, api, tableName, records.TableKey(table), func(r records.Table) bool {
		record, found = r, r.Execution == execution
		return found
	})
	return record, found, err
}

// recordedRun reads the record of a job's run by its execution; of its first run when that is empty.
func recordedRun(
	ctx context.Context, api *dynamodb.Client, tableName, job, execution string,
) (record records.Run, found bool, err error) {
	err = eachRecord(ctx, api, tableName, records.JobKey(job), func(r records.Run) bool {
		record, found = r, r.Execution == execution || execution == ""
		return found
	})
	return record, found, err
}

// eachRecord reads the records of runs below a key, oldest first, until is returns true.
func eachRecord[T any](ctx context.Context, api *dynamodb.Client, tableName, key string, is func(T) bool) error {
	pages := dynamodb.NewQueryPaginator(api, &dynamodb.QueryInput{
		TableName: &tableName, KeyConditionExpression: aws.String("pk = :key AND begins_with(sk, :run)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":key": &types.AttributeValueMemberS{Value: key}, ":run": &types.AttributeValueMemberS{Value: "RUN#"},
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("read records of %s: %w", key, err)
		}
		for _, item := range page.Items {
			var record T
			if err := attributevalue.UnmarshalMap(item, &record); err != nil {
				return fmt.Errorf("read records of %s: %w", key, err)
			}
			if is(record) {
				return nil
			}
		}
	}
	return nil
}

// clients are the AWS clients of the demonstration, with the permissions of an administrator.
type clients struct {
	states    *sfn.Client
	records   *dynamodb.Client
	objects   *s3.Client
	functions *lambda.Client
}
