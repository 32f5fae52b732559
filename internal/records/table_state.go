package records

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TableState is what the state of a job keeps of one table. A table of which it keeps nothing has no item.
type TableState struct {
	Key
	Diverged     string     `dynamodbav:"diverged,omitempty"` // why rows of the table are missing or wrong in the lake, for people
	DDLSeen      *DDL       `dynamodbav:"ddlSeen,omitempty"`
	AwaitingLoad bool       `dynamodbav:"awaitingLoad,omitempty"`
	Backfill     bool       `dynamodbav:"backfill,omitempty"`
	Left         *LeftTable `dynamodbav:"left,omitempty"`
	Load         *TableLoad `dynamodbav:"load,omitempty"`
}

// LeftTable is a table that a run has taken out of the task. Until the task is started again, DMS may still follow it as before: a
// modification takes effect at the next start. Until a run reads the counts of changes after that start, the last counts of the table
// are those of its earlier time in the task.
type LeftTable struct {
	// Rules is the manifest.ContentHash of the table in the task's mappings, before it left.
	Rules string `dynamodbav:"rules"`
	// TaskStartedAt is the latest start of the task then.
	TaskStartedAt time.Time `dynamodbav:"taskStartedAt"`
}

// TableLoad is how far the load of a table is that a run of a job that follows changes has begun. See dms.TableReload.
type TableLoad struct {
	DDLs           int64 `dynamodbav:"ddls"` // DDL statements that DMS had counted before the load
	ReloadedBefore bool  `dynamodbav:"reloadedBefore,omitempty"`
	SeenLoading    bool  `dynamodbav:"seenLoading,omitempty"`
	Done           bool  `dynamodbav:"done,omitempty"`
}

// Leave adds a table (SCHEMA.TABLE) to Left.
func (s *JobState) Leave(table string, left LeftTable) {
	if s.Left == nil {
		s.Left = map[string]LeftTable{}
	}
	s.Left[table] = left
}

// MayStillFollow says that the task has not been started since a table (SCHEMA.TABLE) left it. The latest start of the task was at
// startedAt.
func (s *JobState) MayStillFollow(table string, startedAt time.Time) bool {
	left, ok := s.Left[table]
	return ok && left.TaskStartedAt.Equal(startedAt)
}

// tableStatePrefix comes before SCHEMA.TABLE in the sort key of a TableState.
const tableStatePrefix = stateKey + "#"

// Querier reads the items of a partition.
type Querier interface {
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// readTables reads the items of the job's tables into the state.
func (s *JobState) readTables(ctx context.Context, api Querier, tableName, job string) error {
	s.stored = map[string]TableState{}
	pages := dynamodb.NewQueryPaginator(api, &dynamodb.QueryInput{
		TableName: &tableName, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :job AND begins_with(sk, :prefix)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":job": stringValue(JobKey(job)), ":prefix": stringValue(tableStatePrefix),
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("read the state of the tables of job %s: %w", job, err)
		}
		var tables []TableState
		if err := attributevalue.UnmarshalListOfMaps(page.Items, &tables); err != nil {
			return fmt.Errorf("read the state of the tables of job %s: %w", job, err)
		}
		for _, t := range tables {
			s.addTable(strings.TrimPrefix(t.SK, tableStatePrefix), t)
		}
	}
	return nil
}

// addTable adds a stored item to the state.
func (s *JobState) addTable(name string, t TableState) {
	s.stored[name] = t
	if t.Diverged != "" {
		s.Diverge(name, t.Diverged)
	}
	if t.DDLSeen != nil {
		s.SeeDDL(name, *t.DDLSeen)
	}
	if t.AwaitingLoad {
		s.AwaitingLoad = append(s.AwaitingLoad, name)
	}
	if t.Backfill {
		s.Backfill = append(s.Backfill, name)
	}
	if t.Left != nil {
		s.Leave(name, *t.Left)
	}
	if t.Load != nil {
		if s.Loads == nil {
			s.Loads = map[string]TableLoad{}
		}
		s.Loads[name] = *t.Load
	}
}

// tableStates returns the items that the tables of the state should have, by SCHEMA.TABLE.
func (s *JobState) tableStates() map[string]TableState {
	all := map[string]TableState{}
	change := func(name string, change func(*TableState)) {
		t := all[name]
		t.Key = Key{PK: s.PK, SK: tableStatePrefix + name}
		change(&t)
		all[name] = t
	}
	for name, why := range s.Diverged {
		change(name, func(t *TableState) { t.Diverged = why })
	}
	for name, ddl := range s.DDLSeen {
		change(name, func(t *TableState) { t.DDLSeen = &ddl })
	}
	for _, name := range s.AwaitingLoad {
		change(name, func(t *TableState) { t.AwaitingLoad = true })
	}
	for _, name := range s.Backfill {
		change(name, func(t *TableState) { t.Backfill = true })
	}
	for name, left := range s.Left {
		change(name, func(t *TableState) { t.Left = &left })
	}
	for name, load := range s.Loads {
		change(name, func(t *TableState) { t.Load = &load })
	}
	return all
}

// tableWrites returns the writes that turn the stored items of the tables into wanted.
func (s *JobState) tableWrites(tableName string, wanted map[string]TableState) (writes []types.TransactWriteItem, err error) {
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		item, err := attributevalue.MarshalMap(wanted[name])
		if err != nil {
			return nil, fmt.Errorf("write the state of table %s: %w", name, err)
		}
		before, err := attributevalue.MarshalMap(s.stored[name])
		if err != nil {
			return nil, fmt.Errorf("write the state of table %s: %w", name, err)
		}
		if !reflect.DeepEqual(item, before) {
			writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: aws.String(tableName), Item: item}})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.stored)) {
		if _, ok := wanted[name]; !ok {
			writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{
				TableName: aws.String(tableName), Key: keyItem(s.stored[name].Key),
			}})
		}
	}
	return writes, nil
}
