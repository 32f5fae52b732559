package records

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
	err := findItems(ctx, api, tableName, runKey, tables, TableKey, nil, func(t Table) { found[t.Table] = t })
	return found, err
}

// Load says how much work the load of a table was.
type Load struct {
	Bytes int64         // of its files
	Took  time.Duration // 0 if DMS has not reported it
}

// FindLoads reads from the records of tables (SCHEMA.TABLE) in one run how much work their loads were. The map leaves out tables that
// have no record in that run.
func FindLoads(ctx context.Context, api BatchReader, tableName, runKey string, tables []string) (map[string]Load, error) {
	found := map[string]Load{}
	attributes := []string{"table", "bytes", "loadStartedAt", "loadEndedAt"} // The columns of a table may be most of its record.
	err := findItems(ctx, api, tableName, runKey, tables, TableKey, attributes, func(t Table) {
		load := Load{Bytes: t.Bytes}
		if t.LoadStartedAt != nil && t.LoadEndedAt != nil {
			load.Took = max(0, t.LoadEndedAt.Sub(*t.LoadStartedAt))
		}
		found[t.Table] = load
	})
	return found, err
}

// FindTasks reads the records of replication tasks in one run, in no order. It leaves out tasks that have no record in that run.
func FindTasks(ctx context.Context, api BatchReader, tableName, runKey string, tasks []string) ([]Task, error) {
	var found []Task
	err := findItems(ctx, api, tableName, runKey, tasks, TaskKey, nil, func(t Task) { found = append(found, t) })
	return found, err
}

// findItems reads the items of one run that have the partition keys of names, and calls add with each that exists. Without attributes it
// reads the whole of them.
func findItems[T any](
	ctx context.Context, api BatchReader, tableName, runKey string, names []string, partition func(string) string, attributes []string,
	add func(T),
) error {
	some := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	if len(attributes) > 0 { // Attributes need other names: many are words of DynamoDB.
		some.ExpressionAttributeNames = map[string]string{}
		for i, name := range attributes {
			some.ExpressionAttributeNames[fmt.Sprintf("#%d", i)] = name
		}
		some.ProjectionExpression = aws.String(strings.Join(slices.Sorted(maps.Keys(some.ExpressionAttributeNames)), ", "))
	}
	for names := range slices.Chunk(names, maxReadItems) {
		keys := make([]map[string]types.AttributeValue, len(names))
		for i, name := range names {
			keys[i] = keyItem(Key{PK: partition(name), SK: runKey})
		}
		some.Keys = keys
		requested := map[string]types.KeysAndAttributes{tableName: some}
		for len(requested) > 0 { // DynamoDB returns keys that do not fit into one answer as unprocessed.
			out, err := api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: requested})
			var page []T
			if err == nil {
				err = attributevalue.UnmarshalListOfMaps(out.Responses[tableName], &page)
			}
			if err != nil {
				return fmt.Errorf("read %d records of run %s: %w", len(names), runKey, err)
			}
			for _, item := range page {
				add(item)
			}
			if len(page) == 0 && len(out.UnprocessedKeys) > 0 {
				return fmt.Errorf("read %d records of run %s: %w", len(names), runKey, ErrUnprocessed)
			}
			requested = out.UnprocessedKeys
		}
	}
	return nil
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

// ErrUnprocessed says that DynamoDB did not process some items of a batch, as happens under load. Try again.
var ErrUnprocessed = errors.New("DynamoDB left records unprocessed")

// ErrRecorded says that a run has its record already.
var ErrRecorded = errors.New("the run has its record already")

// Write writes the records of a run, of its tables and of its tasks, while owner holds the job's lease. It writes the run last, so
// that a reader that finds the run finds its tables and tasks. It returns ErrRecorded if the run has a record: then an earlier call has
// written everything, and the run may have published its tables since.
func Write(
	ctx context.Context, api Transactor, tableName string, owner Owner, run Run, tables []Table, tasks []Task,
) error {
	items := make([]any, 0, len(tables)+len(tasks)+1)
	for _, t := range tables {
		items = append(items, t)
	}
	for _, t := range tasks {
		items = append(items, t)
	}
	items = append(items, run)
	writes := make([]types.TransactWriteItem, len(items))
	for i, record := range items {
		item, err := attributevalue.MarshalMap(record)
		if err != nil {
			return fmt.Errorf("write the records of run %s: %w", run.Execution, err)
		}
		writes[i].Put = &types.Put{TableName: aws.String(tableName), Item: item}
		switch record.(type) {
		case Table: // A run publishes a table only after it has written its own record.
			writes[i].Put.ConditionExpression = aws.String("attribute_not_exists(published)")
		case Run:
			writes[i].Put.ConditionExpression = aws.String("attribute_not_exists(pk)")
		}
	}
	err := WriteFenced(ctx, api, tableName, owner, writes)
	if errors.Is(err, ErrCondition) {
		err = ErrRecorded
	}
	if err != nil {
		return fmt.Errorf("write the records of run %s: %w", run.Execution, err)
	}
	return nil
}

// Conclude replaces the record of a run whose Publication was before. It changes nothing if another call has changed that: the record is
// that of a run whose tables are published, or given up.
func Conclude(ctx context.Context, api Putter, tableName string, run Run, before string) error {
	condition, values := ifPublication(before)
	err := putRun(ctx, api, tableName, run, condition, values)
	var changed *types.ConditionalCheckFailedException
	if errors.As(err, &changed) {
		return nil
	}
	return err
}

// GiveUpPublication notes in the record of a run that nobody will publish its tables any more, if it has not published them. problem is
// the name of the error, and reason says for people why.
func GiveUpPublication(ctx context.Context, api interface {
	Reader
	Putter
}, tableName string, key Key, reason, problem string,
) error {
	run, found, err := Find(ctx, api, tableName, key)
	if err != nil || !found || run.Publication != PublicationDue {
		return err
	}
	if run.Reason != "" {
		reason += "; " + run.Reason
	}
	run.Outcome, run.Reason, run.Publication = "PARTIAL", reason, PublicationFailed
	run.AlertKey, run.Alerted = problem, false
	return Conclude(ctx, api, tableName, run, PublicationDue)
}

// ifPublication is the condition that the Publication of a run's record is before.
func ifPublication(before string) (condition string, values map[string]types.AttributeValue) {
	if before == "" {
		return "attribute_not_exists(publication)", nil
	}
	return "publication = :before", map[string]types.AttributeValue{":before": stringValue(before)}
}

// PutTable is the write of the record of a table.
func PutTable(tableName string, t Table) (types.TransactWriteItem, error) {
	item, err := attributevalue.MarshalMap(t)
	if err != nil {
		return types.TransactWriteItem{}, fmt.Errorf("write the record of table %s: %w", t.Table, err)
	}
	return types.TransactWriteItem{Put: &types.Put{TableName: aws.String(tableName), Item: item}}, nil
}

// WriteRun writes only the record of a run that has never had the lease of its job.
func WriteRun(ctx context.Context, api Putter, tableName string, run Run) error {
	return putRun(ctx, api, tableName, run, "", nil)
}

// MarkAlerted notes in the record of a run that its alert was sent, whoever holds the job's lease. It changes nothing if somebody has
// written the record, or the state of the run's publication, since the caller read it.
func MarkAlerted(ctx context.Context, api Putter, tableName string, run Run) error {
	read, err := attributevalue.Marshal(run.RecordedAt)
	if err != nil {
		return fmt.Errorf("note the alert in the record of run %s: %w", run.Execution, err)
	}
	condition, values := ifPublication(run.Publication)
	if values == nil {
		values = map[string]types.AttributeValue{}
	}
	values[":read"] = read
	run.Alerted = true
	err = putRun(ctx, api, tableName, run, "recordedAt = :read AND "+condition, values)
	var changed *types.ConditionalCheckFailedException
	if errors.As(err, &changed) {
		return nil
	}
	return err
}

// putRun writes the record of a run under a condition; empty for none.
func putRun(
	ctx context.Context, api Putter, tableName string, run Run, condition string, values map[string]types.AttributeValue,
) error {
	item, err := attributevalue.MarshalMap(run)
	if err == nil {
		put := &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: item, ExpressionAttributeValues: values}
		if condition != "" {
			put.ConditionExpression = &condition
		}
		_, err = api.PutItem(ctx, put)
	}
	if err != nil {
		return fmt.Errorf("write the record of run %s: %w", run.Execution, err)
	}
	return nil
}
