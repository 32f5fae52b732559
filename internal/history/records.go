package history

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Writer writes records.
type Writer interface {
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// batchSize is the most that BatchWriteItem takes.
const batchSize = 25

// ErrUnprocessed says that DynamoDB left items of a batch aside, as it does under load: try again.
var ErrUnprocessed = errors.New("DynamoDB left records unprocessed")

// Write records a run and its tables. The run comes last, so whoever finds it finds its tables too. Writing the same
// run again replaces what was written.
func Write(ctx context.Context, api Writer, tableName string, run Run, tables []Table) error {
	for batch := range slices.Chunk(tables, batchSize) {
		requests := make([]types.WriteRequest, len(batch))
		for i, table := range batch {
			item, err := attributevalue.MarshalMap(table)
			if err != nil {
				return fmt.Errorf("write record of table %s: %w", table.Table, err)
			}
			requests[i] = types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}
		}
		out, err := api.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{tableName: requests},
		})
		if err != nil {
			return fmt.Errorf("write records of %d tables: %w", len(batch), err)
		}
		if left := len(out.UnprocessedItems[tableName]); left > 0 {
			return fmt.Errorf("write records of %d tables: %w: %d of them", len(batch), ErrUnprocessed, left)
		}
	}
	item, err := attributevalue.MarshalMap(run)
	if err != nil {
		return fmt.Errorf("write record of run %s: %w", run.Execution, err)
	}
	if _, err := api.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: item}); err != nil {
		return fmt.Errorf("write record of run %s: %w", run.Execution, err)
	}
	return nil
}
