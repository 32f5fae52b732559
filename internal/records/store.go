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

// Find reads the record of a run. found is false if the run has no record.
func Find(ctx context.Context, api Reader, tableName string, key Key) (run Run, found bool, err error) {
	out, err := api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &tableName, ConsistentRead: aws.Bool(true),
		Key: keyItem(key),
	})
	if err != nil {
		return Run{}, false, fmt.Errorf("read the record of run %s: %w", key.SK, err)
	}
	if out.Item == nil {
		return Run{}, false, nil
	}
	if err := attributevalue.UnmarshalMap(out.Item, &run); err != nil {
		return Run{}, false, fmt.Errorf("read the record of run %s: %w", key.SK, err)
	}
	return run, true, nil
}

func keyItem(key Key) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": stringValue(key.PK), "sk": stringValue(key.SK)}
}

// BatchReader reads many records.
type BatchReader interface {
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
}

// maxReadItems is the most items that one call of BatchGetItem reads.
const maxReadItems = 100

// FindTables reads the records of tables (SCHEMA.TABLE) in one run. The map leaves out tables that have no record in that run.
func FindTables(ctx context.Context, api BatchReader, tableName, runKey string, tables []string) (map[string]Table, error) {
	found := map[string]Table{}
	for names := range slices.Chunk(tables, maxReadItems) {
		keys := make([]map[string]types.AttributeValue, len(names))
		for i, name := range names {
			keys[i] = keyItem(Key{PK: TableKey(name), SK: runKey})
		}
		requested := map[string]types.KeysAndAttributes{tableName: {Keys: keys, ConsistentRead: aws.Bool(true)}}
		for len(requested) > 0 { // DynamoDB returns keys that do not fit into one answer as unprocessed.
			out, err := api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: requested})
			if err != nil {
				return nil, fmt.Errorf("read the records of %d tables: %w", len(names), err)
			}
			var page []Table
			if err := attributevalue.UnmarshalListOfMaps(out.Responses[tableName], &page); err != nil {
				return nil, fmt.Errorf("read the records of %d tables: %w", len(names), err)
			}
			for _, t := range page {
				found[t.Table] = t
			}
			if len(page) == 0 && len(out.UnprocessedKeys) > 0 {
				return nil, fmt.Errorf("read the records of %d tables: %w", len(names), ErrUnprocessed)
			}
			requested = out.UnprocessedKeys
		}
	}
	return found, nil
}

// Putter writes one item.
type Putter interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// WriteIfAbsent writes the record of a run, unless the run has a record already.
func WriteIfAbsent(ctx context.Context, api Putter, tableName string, run Run) error {
	item, err := attributevalue.MarshalMap(run)
	if err != nil {
		return fmt.Errorf("write the record of run %s: %w", run.Execution, err)
	}
	_, err = api.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &tableName, Item: item, ConditionExpression: aws.String("attribute_not_exists(pk)"),
	})
	var exists *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("write the record of run %s: %w", run.Execution, err)
	}
	return nil
}

// Writer writes records.
type Writer interface {
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// maxWriteItems is the most items that one call of BatchWriteItem writes.
const maxWriteItems = 25

// ErrUnprocessed says that DynamoDB did not process some items of a batch, as happens under load. Try again.
var ErrUnprocessed = errors.New("DynamoDB left records unprocessed")

// Write writes the records of a run and of its tables. It writes the run last, so that a reader that finds the run finds its
// tables. Writing the same run again replaces its records.
func Write(ctx context.Context, api Writer, tableName string, run Run, tables []Table) error {
	for batch := range slices.Chunk(tables, maxWriteItems) {
		requests := make([]types.WriteRequest, len(batch))
		for i, table := range batch {
			item, err := attributevalue.MarshalMap(table)
			if err != nil {
				return fmt.Errorf("write the record of table %s: %w", table.Table, err)
			}
			requests[i] = types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}
		}
		out, err := api.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{tableName: requests},
		})
		if err != nil {
			return fmt.Errorf("write the records of %d tables: %w", len(batch), err)
		}
		if left := len(out.UnprocessedItems[tableName]); left > 0 {
			return fmt.Errorf("write the records of %d tables: %w: %d of them", len(batch), ErrUnprocessed, left)
		}
	}
	item, err := attributevalue.MarshalMap(run)
	if err != nil {
		return fmt.Errorf("write the record of run %s: %w", run.Execution, err)
	}
	if _, err := api.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: item}); err != nil {
		return fmt.Errorf("write the record of run %s: %w", run.Execution, err)
	}
	return nil
}
