package history

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// State is what a job that follows changes remembers from one run to the next. Who holds the job's lease may change it.
type State struct {
	Key
	// Checkpoint is the place in the redo log up to which all changes were in the lake, as DMS wrote it, at CheckpointAt.
	Checkpoint   string    `dynamodbav:"checkpoint,omitempty"`
	CheckpointAt time.Time `dynamodbav:"checkpointAt,omitempty"`
	// LastRun is the sort key of the last run that counted changes: its tables' records hold what was counted then.
	LastRun string `dynamodbav:"lastRun,omitempty"`
	// Resumes counts the runs in a row that had to resume the task; ResumedBy is the last of them, an execution.
	Resumes   int    `dynamodbav:"resumes"`
	ResumedBy string `dynamodbav:"resumedBy,omitempty"`
	// Broken is why the task is not resumed any more; empty when it is.
	Broken string `dynamodbav:"broken,omitempty"`
	// Diverged are tables that may differ from the source until they are reloaded, each with the reason.
	Diverged map[string]string `dynamodbav:"diverged,omitempty"`
	// Loading are tables that joined the job and whose first load DMS has not reported yet.
	Loading []string `dynamodbav:"loading,omitempty"`
	// Backfill are tables of a cdc job that are to be loaded by a task of their own.
	Backfill []string `dynamodbav:"backfill,omitempty"`
	// Told is the last message that people got about the job: they are not told the same twice.
	Told string `dynamodbav:"told,omitempty"`
}

const stateKey = "STATE"

// FindState reads the state of a job; a job that has none yet gets an empty one.
func FindState(ctx context.Context, api Reader, tableName, job string) (State, error) {
	state := State{Key: Key{PK: JobKey(job), SK: stateKey}}
	out, err := api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &tableName, ConsistentRead: aws.Bool(true), Key: keyItem(state.Key),
	})
	if err != nil {
		return State{}, fmt.Errorf("read state of job %s: %w", job, err)
	}
	if out.Item == nil {
		return state, nil
	}
	if err := attributevalue.UnmarshalMap(out.Item, &state); err != nil {
		return State{}, fmt.Errorf("read state of job %s: %w", job, err)
	}
	return state, nil
}

// WriteState replaces the state of a job.
func WriteState(ctx context.Context, api Putter, tableName string, state State) error {
	item, err := attributevalue.MarshalMap(state)
	if err != nil {
		return fmt.Errorf("write state of %s: %w", state.PK, err)
	}
	if _, err := api.PutItem(ctx, &dynamodb.PutItemInput{TableName: &tableName, Item: item}); err != nil {
		return fmt.Errorf("write state of %s: %w", state.PK, err)
	}
	return nil
}
