package records

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Owner is a run or a deploy that holds the lease of a job. A write of an owner takes effect only if it still holds the lease: the
// write and the check are one transaction. So a call that comes after its run has ended never changes what a later run has
// written.
type Owner struct {
	Job       string
	Execution string // ARN of the run's execution; empty for a deploy
}

// ErrLeaseLost says that a run does not hold the lease of its job any more. Its call comes too late, or somebody has deleted the
// lease: the call must change nothing.
var ErrLeaseLost = errors.New("the run does not hold the lease of its job any more")

// ErrConflict says that another transaction was changing the same items. Try again.
var ErrConflict = errors.New("another transaction was changing the same items")

// ErrCondition says that the condition of a write was not true: another writer has changed the item.
var ErrCondition = errors.New("another writer has changed the item")

// Transactor writes several items at once, all or none.
type Transactor interface {
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// maxTransactItems is the most items of a transaction (API_TransactWriteItems). One of them is the check of the lease.
const maxTransactItems = 100

// maxFencedWrites is the most writes that one fenced transaction has.
const maxFencedWrites = maxTransactItems - 1

// Transactions of a run all check its lease, and DynamoDB cancels one that meets another at the same item. So a transaction is tried
// conflictAttempts times, after a random pause of at most conflictPause, and twice that each time.
const (
	conflictAttempts = 8
	conflictPause    = 20 * time.Millisecond
)

// WriteFenced makes writes for an owner, maxFencedWrites in a transaction. It returns ErrLeaseLost if the owner does not hold the
// lease, ErrCondition if the condition of a write is not true, and ErrConflict if other transactions kept changing the same items. Then
// the transactions before that one have taken effect.
func WriteFenced(ctx context.Context, api Transactor, tableName string, owner Owner, writes []types.TransactWriteItem) error {
	for chunk := range slices.Chunk(writes, maxFencedWrites) {
		err := writeChunk(ctx, api, tableName, owner, chunk)
		for attempt := 1; attempt < conflictAttempts && errors.Is(err, ErrConflict); attempt++ {
			select {
			case <-time.After(rand.N(conflictPause << attempt)):
			case <-ctx.Done():
				return err
			}
			err = writeChunk(ctx, api, tableName, owner, chunk)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeChunk makes the writes of one transaction.
func writeChunk(ctx context.Context, api Transactor, tableName string, owner Owner, chunk []types.TransactWriteItem) error {
	_, err := api.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: append([]types.TransactWriteItem{owner.check(tableName)}, chunk...),
	})
	var cancelled *types.TransactionCanceledException
	switch {
	case errors.As(err, &cancelled) && hasReason(cancelled, 0, "ConditionalCheckFailed"):
		return fmt.Errorf("job %s: %w", owner.Job, ErrLeaseLost)
	case errors.As(err, &cancelled) && conflicts(cancelled):
		return fmt.Errorf("%w: %w", ErrConflict, err)
	case errors.As(err, &cancelled) && failedCondition(cancelled):
		return fmt.Errorf("%w: %w", ErrCondition, err)
	default:
		return err
	}
}

// check is the part of a transaction that fails unless the owner holds the lease.
func (o Owner) check(tableName string) types.TransactWriteItem {
	check := &types.ConditionCheck{TableName: aws.String(tableName), Key: keyItem(Key{PK: JobKey(o.Job), SK: leaseKey})}
	if o.Execution == "" {
		check.ConditionExpression = aws.String("attribute_exists(" + deployHoldAttribute + ")")
	} else {
		check.ConditionExpression = aws.String(holderAttribute + " = :execution")
		check.ExpressionAttributeValues = map[string]types.AttributeValue{":execution": stringValue(o.Execution)}
	}
	return types.TransactWriteItem{ConditionCheck: check}
}

// hasReason says that item i of a cancelled transaction has the reason with the code.
func hasReason(e *types.TransactionCanceledException, i int, code string) bool {
	return i < len(e.CancellationReasons) && aws.ToString(e.CancellationReasons[i].Code) == code
}

// failedCondition says that a transaction was cancelled because a condition was not true.
func failedCondition(e *types.TransactionCanceledException) bool {
	return slices.ContainsFunc(e.CancellationReasons, func(r types.CancellationReason) bool {
		return aws.ToString(r.Code) == "ConditionalCheckFailed"
	})
}

// conflicts says that a transaction was cancelled for a reason that passes: no condition of it was false.
func conflicts(e *types.TransactionCanceledException) bool {
	passing := []string{"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
	return slices.ContainsFunc(e.CancellationReasons, func(r types.CancellationReason) bool {
		return slices.Contains(passing, aws.ToString(r.Code))
	}) && !failedCondition(e)
}
