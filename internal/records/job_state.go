package records

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// JobState is what a job that follows changes keeps from one run to the next. Only the holder of the job's lease changes it.
//
// What it keeps of a table is stored in an item of that table: see TableState. An item takes 400 KB, and a job may have thousands
// of tables.
type JobState struct {
	Key
	// Checkpoint is the place in the redo log up to which DMS had written all changes to the lake at CheckpointAt, in the format
	// of DMS (API_ReplicationTask, RecoveryCheckpoint).
	Checkpoint   string     `dynamodbav:"checkpoint,omitempty"`
	CheckpointAt *time.Time `dynamodbav:"checkpointAt,omitempty"`
	// Start is where the task started to read the redo log. Nil if the task was created by an earlier version.
	Start *CDCStart `dynamodbav:"start,omitempty"`
	// Manifest is the manifest that the task had at the last run that found it as the manifest says. It outlives the task: a table
	// that a later manifest has and this one has not was added since. Nil for a job that never had a task.
	Manifest *Object `dynamodbav:"manifest,omitempty"`
	// Folders is the document that says which files were in the folders of the tables before the first start of a cdc task. The run
	// that finds the task running compares them with what is there. Nil if no comparison is due.
	Folders *Object `dynamodbav:"folders,omitempty"`
	// LastRun is the sort key of the last run that read the counts of changes. The table records of that run have the counts.
	// LastStart is the latest start of the task then. If the task was started again since, the counts may have started again at 0.
	LastRun   string     `dynamodbav:"lastRun,omitempty"`
	LastStart *time.Time `dynamodbav:"lastStart,omitempty"`
	// CountsRestart says that a run has seen counts of changes start again at 0 at a start of the task. DMS does not document
	// whether they do.
	CountsRestart bool `dynamodbav:"countsRestart,omitempty"`
	// ResumeAttempts counts the runs in a row that had to resume the task. ResumedBy is the ARN of the last one's execution.
	ResumeAttempts int    `dynamodbav:"resumeAttempts"`
	ResumedBy      string `dynamodbav:"resumedBy,omitempty"`
	// GivenUpReason says why runs do not resume the task any more; empty while they do.
	GivenUpReason string `dynamodbav:"givenUpReason,omitempty"`
	// Diverged maps a table (SCHEMA.TABLE) of which rows are or may be missing or wrong in the lake to the reason, for people. Only a load
	// of the table ends that.
	Diverged map[string]string `dynamodbav:"-"`
	// DDLSeen has the tables (SCHEMA.TABLE) on which DDL ran at the source. Whether rows in the lake are wrong depends on the
	// statement: a load of the table ends this state, or a person who accepts the DDL.
	DDLSeen map[string]DDL `dynamodbav:"-"`
	// AwaitingLoad lists tables that were added to the job and whose first load DMS has not reported yet.
	AwaitingLoad []string `dynamodbav:"-"`
	// Backfill lists tables of a cdc job that a task of their own has yet to load.
	Backfill []string `dynamodbav:"-"`
	// Left has the tables (SCHEMA.TABLE) that a run has taken out of the task: see LeftTable.
	Left map[string]LeftTable `dynamodbav:"-"`
	// Loads has how far the load of each table is that a run has begun, by SCHEMA.TABLE.
	Loads map[string]TableLoad `dynamodbav:"-"`
	// WholeRows is what the last check found about supplemental logging; nil if no check found anything.
	WholeRows *WholeRows `dynamodbav:"wholeRows,omitempty"`
	// Redo is how long the task may stand still; nil if no run of the task has found it.
	Redo *RedoState `dynamodbav:"redo,omitempty"`
	// Version counts the writes. WriteJobState compares it, so that a writer never overwrites a state that it has not read.
	Version int `dynamodbav:"version"`
	// LastAlert is the AlertKey of the last run, for which an alert was sent; empty after a success.
	LastAlert string `dynamodbav:"lastAlert,omitempty"`

	stored map[string]TableState // the items of the tables as they are stored, by SCHEMA.TABLE
}

const stateKey = "STATE"

// StateReader reads the states of jobs.
type StateReader interface {
	Reader
	Querier
}

// StateStore reads and writes leases and the states of jobs.
type StateStore interface {
	StateReader
	LeaseStore
	Transactor
}

// Object is an object in S3.
type Object struct {
	Bucket string `dynamodbav:"bucket"`
	Key    string `dynamodbav:"key"`
}

// FindJobState reads the state of a job. It returns an empty state for a job that has none yet.
func FindJobState(ctx context.Context, api StateReader, tableName, job string) (JobState, error) {
	state := JobState{Key: Key{PK: JobKey(job), SK: stateKey}}
	out, err := api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &tableName, ConsistentRead: aws.Bool(true), Key: keyItem(state.Key),
	})
	if err != nil {
		return JobState{}, fmt.Errorf("read the state of job %s: %w", job, err)
	}
	if out.Item != nil {
		err = attributevalue.UnmarshalMap(out.Item, &state)
	}
	if err != nil {
		return JobState{}, fmt.Errorf("read the state of job %s: %w", job, err)
	}
	return state, state.readTables(ctx, api, tableName, job)
}

// Diverge adds a table (SCHEMA.TABLE) to Diverged. A table that is there already keeps its first reason.
func (s *JobState) Diverge(table, why string) {
	if _, known := s.Diverged[table]; known {
		return
	}
	if s.Diverged == nil {
		s.Diverged = map[string]string{}
	}
	s.Diverged[table] = why
}

// ErrStateChanged says that another writer has changed the state of a job since it was read. Read the state and try again.
var ErrStateChanged = errors.New("another writer has changed the state since it was read")

// WriteJobState writes the state of a job and raises its Version, while owner holds the job's lease. It returns ErrStateChanged if
// the stored state has another Version than state. It writes the items of tables first and the job's item last: after a failure
// between them, the caller does its work again from the job's item.
func WriteJobState(ctx context.Context, api Transactor, tableName string, owner Owner, state *JobState) error {
	next := *state
	next.Version++
	item, err := attributevalue.MarshalMap(next)
	if err != nil {
		return fmt.Errorf("write the state of %s: %w", state.PK, err)
	}
	tables := next.tableStates()
	writes, err := next.tableWrites(tableName, tables)
	if err != nil {
		return fmt.Errorf("write the state of %s: %w", state.PK, err)
	}
	// Each transaction checks the version, so that of two calls of one run only one writes.
	check := versionCheck(tableName, state)
	for len(writes) >= maxFencedWrites {
		chunk := append([]types.TransactWriteItem{{ConditionCheck: &check}}, writes[:maxFencedWrites-1]...)
		if err := writeVersioned(ctx, api, tableName, owner, chunk); err != nil {
			return fmt.Errorf("write the state of %s: %w", state.PK, err)
		}
		writes = writes[maxFencedWrites-1:]
	}
	put := &types.Put{
		TableName: check.TableName, Item: item,
		ConditionExpression: check.ConditionExpression, ExpressionAttributeValues: check.ExpressionAttributeValues,
	}
	err = writeVersioned(ctx, api, tableName, owner, append([]types.TransactWriteItem{{Put: put}}, writes...))
	if err != nil {
		return fmt.Errorf("write the state of %s: %w", state.PK, err)
	}
	state.Version, state.stored = next.Version, tables
	return nil
}

// versionCheck is the check that the stored state of a job has the Version of state.
func versionCheck(tableName string, state *JobState) types.ConditionCheck {
	return types.ConditionCheck{
		TableName: aws.String(tableName), Key: keyItem(state.Key),
		ConditionExpression: aws.String("attribute_not_exists(pk) OR version = :read"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":read": &types.AttributeValueMemberN{Value: strconv.Itoa(state.Version)},
		},
	}
}

// writeVersioned makes writes in one transaction for an owner. The first of them checks the version of a state. It returns
// ErrStateChanged if that check fails.
func writeVersioned(ctx context.Context, api Transactor, tableName string, owner Owner, writes []types.TransactWriteItem) error {
	err := WriteFenced(ctx, api, tableName, owner, writes)
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) && hasReason(cancelled, 1, "ConditionalCheckFailed") {
		return ErrStateChanged
	}
	return err
}

// ForNewTask returns the state with which a new task of the job begins. It keeps what a new task does not repair unless it loads all
// tables: which tables have diverged, have DDL or need a load. It also keeps the manifest of the task before, so that the next run
// still knows which tables are added, and the listing of the folders that no run has compared yet.
func (s JobState) ForNewTask() JobState {
	return JobState{
		Key: s.Key, Version: s.Version, Manifest: s.Manifest, CountsRestart: s.CountsRestart,
		Diverged: s.Diverged, DDLSeen: s.DDLSeen, Backfill: s.Backfill, Folders: s.Folders, stored: s.stored,
	}
}

// ResetJobState resets the state of a job whose task is replaced, while owner holds the job's lease: see ForNewTask.
func ResetJobState(ctx context.Context, api StateStore, tableName string, owner Owner) error {
	state, err := FindJobState(ctx, api, tableName, owner.Job)
	if err != nil {
		return err
	}
	state = state.ForNewTask()
	return WriteJobState(ctx, api, tableName, owner, &state)
}

// DeleteJobState deletes the state of a job, while owner holds the job's lease. Call it when the job is deleted.
func DeleteJobState(ctx context.Context, api StateStore, tableName string, owner Owner) error {
	state, err := FindJobState(ctx, api, tableName, owner.Job)
	if err != nil {
		return err
	}
	keys := []Key{state.Key}
	for _, table := range state.stored {
		keys = append(keys, table.Key)
	}
	writes := make([]types.TransactWriteItem, len(keys))
	for i, key := range keys {
		writes[i].Delete = &types.Delete{TableName: aws.String(tableName), Key: keyItem(key)}
	}
	if err := WriteFenced(ctx, api, tableName, owner, writes); err != nil {
		return fmt.Errorf("delete the state of job %s: %w", owner.Job, err)
	}
	return nil
}
