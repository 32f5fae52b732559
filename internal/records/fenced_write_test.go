package records

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// busy cancels transactions because of another one, so many times.
type busy struct{ conflicts, calls int }

func (b *busy) TransactWriteItems(
	context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	if b.calls++; b.calls <= b.conflicts {
		return nil, &types.TransactionCanceledException{
			CancellationReasons: []types.CancellationReason{{Code: aws.String("TransactionConflict")}, {Code: aws.String("None")}},
		}
	}
	return &dynamodb.TransactWriteItemsOutput{}, nil
}

// DynamoDB cancels a transaction of a run while another one reads the same lease. It is tried again, a limited number of times.
func TestConflictingTransactionIsTriedAgain(t *testing.T) {
	for _, test := range []struct {
		conflicts, calls int
		want             error
	}{
		{0, 1, nil}, {3, 4, nil}, {conflictAttempts - 1, conflictAttempts, nil}, {100, conflictAttempts, ErrConflict},
	} {
		synctest.Test(t, func(t *testing.T) {
			api := &busy{conflicts: test.conflicts}
			err := WriteFenced(t.Context(), api, "stats", Owner{Job: "daily", Execution: "e"}, make([]types.TransactWriteItem, 1))
			if !errors.Is(err, test.want) || api.calls != test.calls {
				t.Errorf("after %d conflicts: %v after %d calls, want %v after %d", test.conflicts, err, api.calls, test.want, test.calls)
			}
		})
	}
}
