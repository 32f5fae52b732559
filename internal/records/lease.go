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

// LeaseStore writes and deletes leases.
type LeaseStore interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

// Holder is who holds the lease of a job: a run, or a deploy until a time. The zero Holder is nobody.
type Holder struct {
	Execution  string    // ARN of the run's execution
	DeployHold time.Time // when the hold of a deploy ends
}

// IsDeploy says that a deploy holds the lease.
func (h Holder) IsDeploy() bool { return !h.DeployHold.IsZero() }

// String names the holder for people.
func (h Holder) String() string {
	if h.IsDeploy() {
		return "a deploy, until " + h.DeployHold.UTC().Format(time.RFC3339)
	}
	return h.Execution
}

// leaseLife is how long a forgotten lease stays in the table: as long as a Standard execution may live. Whether a lease is in
// force depends on its holder alone, not on this time.
const leaseLife = 366 * 24 * time.Hour

const leaseKey = "LEASE"

// The attributes of a lease. A lease has one of the two: the ARN of an execution, or the end of a deploy's hold.
const (
	holderAttribute     = "holder"
	deployHoldAttribute = "deployHoldUntil"
)

// Acquire takes the lease of a job for an execution (its ARN). It succeeds if nobody holds the lease or the execution
// holds it already. It returns who holds the lease then.
func Acquire(ctx context.Context, api LeaseStore, tableName, job, execution string, now time.Time) (Holder, error) {
	return acquire(ctx, api, tableName, job, execution, "attribute_not_exists(pk) OR holder = :execution", nil, now)
}

// TakeOver takes the lease of a job from an abandoned run, or from a deploy whose hold has ended. It succeeds if that one,
// or the execution, holds the lease. It returns who holds the lease then: nobody when the lease was released.
func TakeOver(ctx context.Context, api LeaseStore, tableName, job, execution string, from Holder, now time.Time) (Holder, error) {
	if from.IsDeploy() {
		return acquire(ctx, api, tableName, job, execution, "deployHoldUntil = :from OR holder = :execution",
			map[string]types.AttributeValue{":from": stampText(from.DeployHold)}, now)
	}
	return acquire(ctx, api, tableName, job, execution, "holder = :from OR holder = :execution",
		map[string]types.AttributeValue{":from": text(from.Execution)}, now)
}

func acquire(ctx context.Context, api LeaseStore, tableName, job, execution, condition string,
	values map[string]types.AttributeValue, now time.Time,
) (Holder, error) {
	values = maps.Clone(values)
	if values == nil {
		values = map[string]types.AttributeValue{}
	}
	values[":execution"] = text(execution)
	holder, err := putLease(ctx, api, tableName, job, Holder{Execution: execution}, condition, values, now)
	if err != nil {
		return Holder{}, fmt.Errorf("take the lease of job %s: %w", job, err)
	}
	return holder, nil
}

// putLease writes a lease if the condition holds, and returns who holds it then.
func putLease(ctx context.Context, api LeaseStore, tableName, job string, holder Holder, condition string,
	values map[string]types.AttributeValue, now time.Time,
) (Holder, error) {
	item := keyItem(Key{PK: JobKey(job), SK: leaseKey})
	item["acquiredAt"] = text(now.UTC().Format(time.RFC3339Nano))
	item["expiresAt"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(now.Add(leaseLife).Unix(), 10)}
	if holder.IsDeploy() {
		item[deployHoldAttribute] = stampText(holder.DeployHold)
	} else {
		item[holderAttribute] = text(holder.Execution)
	}
	_, err := api.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(tableName), Item: item,
		ConditionExpression: &condition, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var held *types.ConditionalCheckFailedException
	if errors.As(err, &held) {
		return ReadHolder(held.Item)
	}
	if err != nil {
		return Holder{}, err
	}
	return holder, nil
}

// ReadHolder reads who holds a lease from its item; nobody does if there is no item.
func ReadHolder(item map[string]types.AttributeValue) (h Holder, err error) {
	if execution, ok := item[holderAttribute].(*types.AttributeValueMemberS); ok {
		h.Execution = execution.Value
	}
	if until, ok := item[deployHoldAttribute].(*types.AttributeValueMemberS); ok {
		if h.DeployHold, err = time.Parse(time.RFC3339Nano, until.Value); err != nil {
			return h, fmt.Errorf("read %s: %w", deployHoldAttribute, err)
		}
	}
	return h, nil
}

// Release releases the lease of a job. A lease that the execution does not hold stays as it is.
func Release(ctx context.Context, api LeaseStore, tableName, job, execution string) error {
	return release(ctx, api, tableName, job, "holder = :execution",
		map[string]types.AttributeValue{":execution": text(execution)})
}

func release(ctx context.Context, api LeaseStore, tableName, job, condition string, values map[string]types.AttributeValue) error {
	_, err := api.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: aws.String(tableName), Key: keyItem(Key{PK: JobKey(job), SK: leaseKey}),
		ConditionExpression: &condition, ExpressionAttributeValues: values,
	})
	var notOurs *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &notOurs) {
		return fmt.Errorf("release the lease of job %s: %w", job, err)
	}
	return nil
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func stampText(t time.Time) types.AttributeValue { return text(t.UTC().Format(time.RFC3339Nano)) }
