package records

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

// Reader reads records.
type Reader interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

// Find reads the record of a run; found is false when there is none.
func Find(ctx context.Context, api Reader, tableName string, key Key) (run Run, found bool, err error) {
	out, err := api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &tableName, ConsistentRead: aws.Bool(true),
		Key: keyItem(key),
	})
	if err != nil {
		return Run{}, false, fmt.Errorf("read record of run %s: %w", key.SK, err)
	}
	if out.Item == nil {
		return Run{}, false, nil
	}
	if err := attributevalue.UnmarshalMap(out.Item, &run); err != nil {
		return Run{}, false, fmt.Errorf("read record of run %s: %w", key.SK, err)
	}
	return run, true, nil
}

func keyItem(key Key) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": text(key.PK), "sk": text(key.SK)}
}

// BatchReader reads many records.
type BatchReader interface {
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
}

// readSize is the most that BatchGetItem takes.
const readSize = 100

// FindTables reads the records that tables, named SCHEMA.TABLE, have of one run; those that have none are left out.
func FindTables(ctx context.Context, api BatchReader, tableName, runKey string, tables []string) (map[string]Table, error) {
	found := map[string]Table{}
	for names := range slices.Chunk(tables, readSize) {
		keys := make([]map[string]types.AttributeValue, len(names))
		for i, name := range names {
			keys[i] = keyItem(Key{PK: TableKey(name), SK: runKey})
		}
		asked := map[string]types.KeysAndAttributes{tableName: {Keys: keys, ConsistentRead: aws.Bool(true)}}
		for len(asked) > 0 { // DynamoDB leaves out what does not fit into one answer.
			out, err := api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: asked})
			if err != nil {
				return nil, fmt.Errorf("read records of %d tables: %w", len(names), err)
			}
			var some []Table
			if err := attributevalue.UnmarshalListOfMaps(out.Responses[tableName], &some); err != nil {
				return nil, fmt.Errorf("read records of %d tables: %w", len(names), err)
			}
			for _, t := range some {
				found[t.Table] = t
			}
			if len(some) == 0 && len(out.UnprocessedKeys) > 0 {
				return nil, fmt.Errorf("read records of %d tables: %w", len(names), ErrUnprocessed)
			}
			asked = out.UnprocessedKeys
		}
	}
	return found, nil
}

// Putter writes one item.
type Putter interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// WriteIfAbsent records a run that ended without recording itself. A record that is there stays as it is.
func WriteIfAbsent(ctx context.Context, api Putter, tableName string, run Run) error {
	item, err := attributevalue.MarshalMap(run)
	if err != nil {
		return fmt.Errorf("write record of run %s: %w", run.Execution, err)
	}
	_, err = api.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &tableName, Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)"),
	})
	var there *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &there) {
		return fmt.Errorf("write record of run %s: %w", run.Execution, err)
	}
	return nil
}

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
