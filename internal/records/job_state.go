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
	// Diverged maps a table (SCHEMA.TABLE) of which rows are missing or wrong in the lake to the reason, for people. Only a load
	// of the table ends that.
	Diverged map[string]string `dynamodbav:"diverged,omitempty"`
	// DDLSeen has the tables (SCHEMA.TABLE) on which DDL ran at the source. Whether rows in the lake are wrong depends on the
	// statement: a load of the table ends this state, or a person who accepts the DDL.
	DDLSeen map[string]DDL `dynamodbav:"ddlSeen,omitempty"`
	// AwaitingLoad lists tables that were added to the job and whose first load DMS has not reported yet.
	AwaitingLoad []string `dynamodbav:"awaitingLoad,omitempty"`
	// Backfill lists tables of a cdc job that a task of their own has yet to load.
	Backfill []string `dynamodbav:"backfill,omitempty"`
	// WholeRows is what the last check found about supplemental logging; nil if no check found anything.
	WholeRows *WholeRows `dynamodbav:"wholeRows,omitempty"`
	// Version counts the writes. WriteJobState compares it, so that a writer never overwrites a state that it has not read.
	Version int `dynamodbav:"version"`
	// LastAlert is the AlertKey of the last run, for which an alert was sent; empty after a success.
	LastAlert string `dynamodbav:"lastAlert,omitempty"`
}

const stateKey = "STATE"

// StateStore reads and writes leases and the states of jobs.
type StateStore interface {
	Reader
	LeaseStore
}

// Object is an object in S3.
type Object struct {
	Bucket string `dynamodbav:"bucket"`
	Key    string `dynamodbav:"key"`
}

// FindJobState reads the state of a job. It returns an empty state for a job that has none yet.
func FindJobState(ctx context.Context, api Reader, tableName, job string) (JobState, error) {
	state := JobState{Key: Key{PK: JobKey(job), SK: stateKey}}
	out, err := api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &tableName, ConsistentRead: aws.Bool(true), Key: keyItem(state.Key),
	})
	if err != nil {
		return JobState{}, fmt.Errorf("read the state of job %s: %w", job, err)
	}
	if out.Item == nil {
		return state, nil
	}
	if err := attributevalue.UnmarshalMap(out.Item, &state); err != nil {
		return JobState{}, fmt.Errorf("read the state of job %s: %w", job, err)
	}
	return state, nil
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

// WriteJobState writes the state of a job and raises its Version. It returns ErrStateChanged if the stored state has another
// Version than state.
func WriteJobState(ctx context.Context, api Putter, tableName string, state *JobState) error {
	next := *state
	next.Version++
	item, err := attributevalue.MarshalMap(next)
	if err != nil {
		return fmt.Errorf("write the state of %s: %w", state.PK, err)
	}
	_, err = api.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &tableName, Item: item,
		ConditionExpression: aws.String("attribute_not_exists(pk) OR version = :read"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":read": &types.AttributeValueMemberN{Value: strconv.Itoa(state.Version)},
		},
	})
	var changed *types.ConditionalCheckFailedException
	if errors.As(err, &changed) {
		return fmt.Errorf("write the state of %s: %w", state.PK, ErrStateChanged)
	}
	if err != nil {
		return fmt.Errorf("write the state of %s: %w", state.PK, err)
	}
	state.Version = next.Version
	return nil
}

// ResetJobState resets the state of a job whose task is replaced. It keeps the manifest of that task, so that the next run still
// knows which tables are added.
func ResetJobState(ctx context.Context, api StateStore, tableName, job string) error {
	state, err := FindJobState(ctx, api, tableName, job)
	if err != nil {
		return err
	}
	return WriteJobState(ctx, api, tableName, &JobState{Key: state.Key, Version: state.Version, Manifest: state.Manifest})
}

// DeleteJobState deletes the state of a job. Call it when the job is deleted.
func DeleteJobState(ctx context.Context, api LeaseStore, tableName, job string) error {
	_, err := api.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &tableName, Key: keyItem(Key{PK: JobKey(job), SK: stateKey}),
	})
	if err != nil {
		return fmt.Errorf("delete the state of job %s: %w", job, err)
	}
	return nil
}
