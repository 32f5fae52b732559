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

// JobState is what a job that follows changes remembers from one run to the next. Who holds the job's lease may change it.
type JobState struct {
	Key
	// Checkpoint is the place in the redo log up to which all changes were in the lake, as DMS wrote it, at CheckpointAt.
	Checkpoint   string     `dynamodbav:"checkpoint,omitempty"`
	CheckpointAt *time.Time `dynamodbav:"checkpointAt,omitempty"`
	// Manifest is the manifest whose tables the job has: those of its task or, while it has none, of the next one. A table
	// that a newer manifest adds has joined the job. Nil before the job's first run.
	Manifest *Object `dynamodbav:"manifest,omitempty"`
	// LastRun is the sort key of the last run that counted changes: its tables' records hold what was counted then.
	LastRun string `dynamodbav:"lastRun,omitempty"`
	// ResumeAttempts counts the runs in a row that had to resume the task; ResumedBy is the last of them, an execution.
	ResumeAttempts int    `dynamodbav:"resumeAttempts"`
	ResumedBy      string `dynamodbav:"resumedBy,omitempty"`
	// GivenUpReason is why the task is not resumed any more; empty when it is.
	GivenUpReason string `dynamodbav:"givenUpReason,omitempty"`
	// Diverged are tables that may differ from the source until they are reloaded, each with the reason.
	Diverged map[string]string `dynamodbav:"diverged,omitempty"`
	// AwaitingLoad are tables that joined the job and whose first load DMS has not reported yet.
	AwaitingLoad []string `dynamodbav:"awaitingLoad,omitempty"`
	// Backfill are tables of a cdc job that are to be loaded by a task of their own.
	Backfill []string `dynamodbav:"backfill,omitempty"`
	// Version counts the writes: who has read an older state cannot write over a newer one.
	Version int `dynamodbav:"version"`
	// LastAlert is the AlertKey of the last run, of which people were told; empty after a success.
	LastAlert string `dynamodbav:"lastAlert,omitempty"`
}

const stateKey = "STATE"

// Object is an object in S3.
type Object struct {
	Bucket string `dynamodbav:"bucket"`
	Key    string `dynamodbav:"key"`
}

// FindJobState reads the state of a job; a job that has none yet gets an empty one.
func FindJobState(ctx context.Context, api Reader, tableName, job string) (JobState, error) {
	state := JobState{Key: Key{PK: JobKey(job), SK: stateKey}}
	out, err := api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &tableName, ConsistentRead: aws.Bool(true), Key: keyItem(state.Key),
	})
	if err != nil {
		return JobState{}, fmt.Errorf("read state of job %s: %w", job, err)
	}
	if out.Item == nil {
		return state, nil
	}
	if err := attributevalue.UnmarshalMap(out.Item, &state); err != nil {
		return JobState{}, fmt.Errorf("read state of job %s: %w", job, err)
	}
	return state, nil
}

// Diverge notes why a table may differ from the source. The first reason stays.
func (s *JobState) Diverge(table, why string) {
	if _, known := s.Diverged[table]; known {
		return
	}
	if s.Diverged == nil {
		s.Diverged = map[string]string{}
	}
	s.Diverged[table] = why
}

// ErrStateChanged says that somebody else has written the state of a job since it was read: try again.
var ErrStateChanged = errors.New("the job's state was changed meanwhile")

// WriteJobState replaces the state of a job as it was read, or written, last.
func WriteJobState(ctx context.Context, api Putter, tableName string, state *JobState) error {
	next := *state
	next.Version++
	item, err := attributevalue.MarshalMap(next)
	if err != nil {
		return fmt.Errorf("write state of %s: %w", state.PK, err)
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
		return fmt.Errorf("write state of %s: %w", state.PK, ErrStateChanged)
	}
	if err != nil {
		return fmt.Errorf("write state of %s: %w", state.PK, err)
	}
	state.Version = next.Version
	return nil
}

// DeleteJobState drops what a job remembers: its task was given up on purpose.
func DeleteJobState(ctx context.Context, api LeaseStore, tableName, job string) error {
	_, err := api.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &tableName, Key: keyItem(Key{PK: JobKey(job), SK: stateKey}),
	})
	if err != nil {
		return fmt.Errorf("forget state of job %s: %w", job, err)
	}
	return nil
}
