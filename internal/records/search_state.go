package records

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// SearchState is what one search for orphans tells the next one. It belongs to the department, not to a job.
type SearchState struct {
	Key
	// EndsSeen is up to when the ends of executions were looked at: every run that failed before has a record and an alert, or a
	// recovery was started for it.
	EndsSeen time.Time `dynamodbav:"endsSeen"`
}

var searchKey = Key{PK: "SEARCH", SK: stateKey}

// FindSearchState reads the state of the search. It returns an empty state before the first search.
func FindSearchState(ctx context.Context, api Reader, tableName string) (state SearchState, err error) {
	out, err := api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &tableName, ConsistentRead: aws.Bool(true), Key: keyItem(searchKey),
	})
	if err == nil {
		err = attributevalue.UnmarshalMap(out.Item, &state)
	}
	if err != nil {
		return SearchState{}, fmt.Errorf("read the state of the search for orphans: %w", err)
	}
	return state, nil
}

// WriteSearchState stores the state for the next search. A late call may store an older state: then a search looks again.
func WriteSearchState(ctx context.Context, api Putter, tableName string, state SearchState) error {
	state.Key = searchKey
	item, err := attributevalue.MarshalMap(state)
	if err == nil {
		_, err = api.PutItem(ctx, &dynamodb.PutItemInput{TableName: &tableName, Item: item})
	}
	if err != nil {
		return fmt.Errorf("store the state of the search for orphans: %w", err)
	}
	return nil
}
