package records

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// LeaseStore keeps leases.
type LeaseStore interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

// leaseLife is how long a forgotten lease stays in the table: as long as a Standard execution may live. Whether a
// lease is in force is decided by its holder being alive, not by time.
const leaseLife = 366 * 24 * time.Hour

const leaseKey = "LEASE"

// Acquire takes the lease of a job for an execution (its ARN). It succeeds if nobody holds the lease or the execution
// holds it already. Otherwise it returns who holds it.
func Acquire(ctx context.Context, api LeaseStore, tableName, job, execution string, now time.Time) (holder string, err error) {
	return acquire(ctx, api, tableName, job, execution, "attribute_not_exists(pk) OR holder = :execution", nil, now)
}

// TakeOver takes the lease of a job from an execution that is no longer running. It succeeds if that one, or the new
// one, holds the lease. Otherwise it returns who holds it, which is nobody when the lease was given back.
func TakeOver(ctx context.Context, api LeaseStore, tableName, job, execution, dead string, now time.Time) (holder string, err error) {
	return acquire(ctx, api, tableName, job, execution, "holder = :dead OR holder = :execution",
		map[string]types.AttributeValue{":dead": text(dead)}, now)
}

func acquire(ctx context.Context, api LeaseStore, tableName, job, execution, condition string,
	values map[string]types.AttributeValue, now time.Time,
) (holder string, err error) {
	values = maps.Clone(values)
	if values == nil {
		values = map[string]types.AttributeValue{}
	}
	values[":execution"] = text(execution)
	_, err = api.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(tableName),
		Item: map[string]types.AttributeValue{
			"pk":         text(JobKey(job)),
			"sk":         text(leaseKey),
			"holder":     text(execution),
			"acquiredAt": text(now.UTC().Format(time.RFC3339Nano)),
			"expiresAt":  &types.AttributeValueMemberN{Value: strconv.FormatInt(now.Add(leaseLife).Unix(), 10)},
		},
		ConditionExpression:                 &condition,
		ExpressionAttributeValues:           values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var held *types.ConditionalCheckFailedException
	if errors.As(err, &held) {
		if name, ok := held.Item["holder"].(*types.AttributeValueMemberS); ok {
			return name.Value, nil
		}
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("take lease of job %s: %w", job, err)
	}
	return execution, nil
}

// Release gives the lease of a job back. A lease that the execution does not hold is left alone.
func Release(ctx context.Context, api LeaseStore, tableName, job, execution string) error {
	_, err := api.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:           aws.String(tableName),
		Key:                 map[string]types.AttributeValue{"pk": text(JobKey(job)), "sk": text(leaseKey)},
		ConditionExpression: aws.String("holder = :execution"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":execution": text(execution),
		},
	})
	var notOurs *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &notOurs) {
		return fmt.Errorf("give back lease of job %s: %w", job, err)
	}
	return nil
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
