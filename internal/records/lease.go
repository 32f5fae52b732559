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

// LeaseStore writes and deletes leases, and reads the records of the runs that have held them.
type LeaseStore interface {
	Reader
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
}

// Holder is the holder of a job's lease: a run, or a deploy until a set time. The zero Holder means that nobody holds the lease.
type Holder struct {
	Execution  string    // ARN of the run's execution; empty for a deploy
	DeployHold time.Time // end of the deploy's hold; zero for a run
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

// leaseTTL is the time to live of a lease's item: as long as a Standard execution may run (Step Functions quotas). It only
// removes the item of a job that no longer exists. Whether a lease is in force depends on its holder, not on this time.
const leaseTTL = 366 * 24 * time.Hour

const leaseKey = "LEASE"

// The attributes that name the holder. A lease has one of the two: the ARN of an execution, or the end of a deploy's hold.
const (
	holderAttribute     = "holder"
	deployHoldAttribute = "deployHoldUntil"
)

// Acquire takes the lease of a job for an execution, given by its ARN. It succeeds if nobody holds the lease, or if the execution
// holds it already. It returns the holder of the lease after the call.
func Acquire(ctx context.Context, api LeaseStore, tableName, job, execution string, now time.Time) (Holder, error) {
	return acquire(ctx, api, tableName, job, execution, "attribute_not_exists(pk) OR holder = :execution", nil, now)
}

// TakeOver takes the lease of a job from an abandoned run, or from a deploy whose hold has ended. It succeeds if from or the
// execution itself holds the lease. It returns the holder of the lease after the call: the zero Holder if from has released it.
func TakeOver(ctx context.Context, api LeaseStore, tableName, job, execution string, from Holder, now time.Time) (Holder, error) {
	if from.IsDeploy() {
		return acquire(ctx, api, tableName, job, execution, "deployHoldUntil = :from OR holder = :execution",
			map[string]types.AttributeValue{":from": timeValue(from.DeployHold)}, now)
	}
	return acquire(ctx, api, tableName, job, execution, "holder = :from OR holder = :execution",
		map[string]types.AttributeValue{":from": stringValue(from.Execution)}, now)
}

func acquire(ctx context.Context, api LeaseStore, tableName, job, execution, condition string,
	values map[string]types.AttributeValue, now time.Time,
) (Holder, error) {
	values = maps.Clone(values)
	if values == nil {
		values = map[string]types.AttributeValue{}
	}
	values[":execution"] = stringValue(execution)
	holder, err := putLease(ctx, api, tableName, job, Holder{Execution: execution}, condition, values, now)
	if err != nil {
		return Holder{}, fmt.Errorf("take the lease of job %s: %w", job, err)
	}
	return holder, nil
}

// putLease writes a lease if the condition is true. It returns the holder of the lease after the call.
func putLease(ctx context.Context, api LeaseStore, tableName, job string, holder Holder, condition string,
	values map[string]types.AttributeValue, now time.Time,
) (Holder, error) {
	item := keyItem(Key{PK: JobKey(job), SK: leaseKey})
	item["acquiredAt"] = stringValue(now.UTC().Format(time.RFC3339Nano))
	item["expiresAt"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(now.Add(leaseTTL).Unix(), 10)}
	if holder.IsDeploy() {
		item[deployHoldAttribute] = timeValue(holder.DeployHold)
	} else {
		item[holderAttribute] = stringValue(holder.Execution)
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

// FindHolder reads the holder of a job's lease with a consistent read. It returns the zero Holder if nobody holds the lease.
func FindHolder(ctx context.Context, api Reader, tableName, job string) (Holder, error) {
	out, err := api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &tableName, ConsistentRead: aws.Bool(true), Key: keyItem(Key{PK: JobKey(job), SK: leaseKey}),
	})
	if err != nil {
		return Holder{}, fmt.Errorf("read the lease of job %s: %w", job, err)
	}
	return ReadHolder(out.Item)
}

// ReadHolder reads the holder from the item of a lease. It returns the zero Holder if there is no item.
func ReadHolder(item map[string]types.AttributeValue) (h Holder, err error) {
	if execution, ok := item[holderAttribute].(*types.AttributeValueMemberS); ok {
		h.Execution = execution.Value
	}
	if until, ok := item[deployHoldAttribute].(*types.AttributeValueMemberS); ok {
		if h.DeployHold, err = time.Parse(time.RFC3339Nano, until.Value); err != nil {
			return h, fmt.Errorf("read attribute %s of a lease: %w", deployHoldAttribute, err)
		}
	}
	return h, nil
}

// Release releases the lease of a job if the execution holds it. Otherwise it changes nothing.
func Release(ctx context.Context, api LeaseStore, tableName, job, execution string) error {
	return release(ctx, api, tableName, job, "holder = :execution",
		map[string]types.AttributeValue{":execution": stringValue(execution)})
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

func stringValue(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func timeValue(t time.Time) types.AttributeValue {
	return stringValue(t.UTC().Format(time.RFC3339Nano))
}
