package dynamodb

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

// The limits of a transaction. Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
const (
	maxTransactItems = 100
	maxTransactBytes = 4 << 20
)

// tokenTime is how long DynamoDB knows a ClientRequestToken: until then the same request succeeds again without an effect.
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html, "Idempotency"
const tokenTime = 10 * time.Minute

// committed is a transaction that was committed with a ClientRequestToken.
type committed struct {
	at    time.Time
	items []transactItem
}

type transactItem struct {
	ConditionCheck *conditionCheckInput
	Put            *putInput
	Delete         *deleteInput
	Update         *struct{}
}

type transactWriteItemsInput struct {
	TransactItems               []transactItem
	ClientRequestToken          string
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
}

type conditionCheckInput struct {
	write
	Key item
}

// cancelled is the error of a transaction of which a condition failed. It has a reason for each item.
type cancelled struct {
	Type    string               `json:"__type"`
	Message string               `json:"message"`
	Reasons []cancellationReason `json:"CancellationReasons"`
}

type cancellationReason struct {
	Code    string
	Message string `json:",omitempty"`
	Item    item   `json:",omitempty"`
}

func (e *cancelled) Error() string { return e.Type + ": " + e.Message }

// transactWriteItems makes all changes of a transaction or none.
func (s *Service) transactWriteItems(in transactWriteItemsInput) (struct{}, error) {
	if err := noFigures(in.ReturnConsumedCapacity, in.ReturnItemCollectionMetrics); err != nil {
		return struct{}{}, err
	}
	if n := len(in.TransactItems); n < 1 || n > maxTransactItems {
		return struct{}{}, invalid("1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d, and greater than or equal to 1", maxTransactItems)
	}
	maps.DeleteFunc(s.committed, func(_ string, c committed) bool { return time.Since(c.at) > tokenTime })
	if before, ok := s.committed[in.ClientRequestToken]; ok {
		if !reflect.DeepEqual(before.items, in.TransactItems) {
			return struct{}{}, gateway.Errorf("IdempotentParameterMismatchException",
				"Request has the same client token as another one with other parameters")
		}
		return struct{}{}, nil
	}
	var all []planned
	bytes := 0
	for _, t := range in.TransactItems {
		p, err := s.planTransact(t)
		if err != nil {
			return struct{}{}, err
		}
		if slices.ContainsFunc(all, p.sameItem) {
			return struct{}{}, invalid("Transaction request cannot include multiple operations on one item")
		}
		bytes += p.after.size()
		all = append(all, p)
	}
	if bytes > maxTransactBytes {
		return struct{}{}, invalid("Collection size in bytes exceeded the limit for a transaction: %d", bytes)
	}
	if err := failedConditions(all); err != nil {
		return struct{}{}, err
	}
	for _, p := range all {
		if p.checkOnly {
			continue
		}
		if _, err := p.run(); err != nil {
			return struct{}{}, err
		}
	}
	if in.ClientRequestToken != "" {
		s.committed[in.ClientRequestToken] = committed{time.Now(), in.TransactItems}
	}
	return struct{}{}, nil
}

// planTransact checks one item of a transaction, which has exactly one operation.
func (s *Service) planTransact(t transactItem) (planned, error) {
	check, operations := t.ConditionCheck, 0
	for _, given := range []bool{check != nil, t.Put != nil, t.Delete != nil, t.Update != nil} {
		if given {
			operations++
		}
	}
	switch {
	case operations != 1:
		return planned{}, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
	case t.Update != nil:
		return planned{}, gateway.NotImplemented("dynamodb: Update in TransactWriteItems")
	case t.Put != nil:
		return s.planPut(*t.Put)
	case t.Delete != nil:
		return s.planDelete(*t.Delete)
	case check.ConditionExpression == nil:
		return planned{}, invalid("The expression can not be empty: a ConditionCheck needs a ConditionExpression")
	}
	p, err := s.planDelete(deleteInput{write: check.write, Key: check.Key})
	p.checkOnly = true
	return p, err
}

// failedConditions returns the error of a transaction of which a condition fails, or nil. Source of its form:
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html, "TransactionCanceledException"
func failedConditions(all []planned) error {
	e := &cancelled{Type: "TransactionCanceledException"}
	var codes []string
	failed := false
	for _, p := range all {
		reason := cancellationReason{Code: "None"}
		if before := p.table.get(p.key); !p.condition.holds(before) {
			failed = true
			reason = cancellationReason{Code: "ConditionalCheckFailed", Message: "The conditional request failed"}
			if p.onFailure == "ALL_OLD" {
				reason.Item = before
			}
		}
		codes = append(codes, reason.Code)
		e.Reasons = append(e.Reasons, reason)
	}
	if !failed {
		return nil
	}
	e.Message = fmt.Sprintf("Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	return e
}
