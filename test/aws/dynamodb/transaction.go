package dynamodb

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/test/aws/gateway"
)

const (
	maxTransaction = 100
	// tokenLife is how long the same client request token means the same transaction.
	tokenLife = 10 * time.Minute
)

// doneTransaction is a transaction that was carried out under a client request token.
type doneTransaction struct {
	request [sha256.Size]byte
	at      time.Time
}

type transactWriteItemsInput struct {
	TransactItems []struct {
		Put            *putInput
		Update         *updateInput
		Delete         *deleteInput
		ConditionCheck *deleteInput
	}
	ClientRequestToken          string
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string
}

type cancellationReason struct {
	Code    string
	Message string `json:",omitempty"`
	Item    item   `json:",omitempty"`
}

func (s *Service) transactWriteItems(in transactWriteItemsInput) (gateway.Empty, error) {
	if err := noFigures(in.ReturnConsumedCapacity, in.ReturnItemCollectionMetrics); err != nil {
		return gateway.Empty{}, err
	}
	if n := len(in.TransactItems); n < 1 || n > maxTransaction {
		return gateway.Empty{}, invalid("1 validation error detected: Value at 'transactItems' failed to satisfy "+
			"constraint: Member must have length between 1 and %d", maxTransaction)
	}
	repeated, err := s.repeated(in)
	if err != nil || repeated {
		return gateway.Empty{}, err
	}
	all := make([]planned, len(in.TransactItems))
	for i, t := range in.TransactItems {
		var p planned
		var err error
		switch {
		case t.Put != nil && t.Update == nil && t.Delete == nil && t.ConditionCheck == nil:
			p, err = s.planPut(*t.Put)
		case t.Update != nil && t.Put == nil && t.Delete == nil && t.ConditionCheck == nil:
			p, err = s.planUpdate(*t.Update)
		case t.Delete != nil && t.Put == nil && t.Update == nil && t.ConditionCheck == nil:
			p, err = s.planDelete(*t.Delete)
		case t.ConditionCheck != nil && t.Put == nil && t.Update == nil && t.Delete == nil:
			p, err = s.planDelete(*t.ConditionCheck)
			p.checkOnly = true
		default:
			err = invalid("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		if err != nil {
			return gateway.Empty{}, err
		}
		if slices.ContainsFunc(all[:i], p.sameItem) {
			return gateway.Empty{}, invalid("Transaction request cannot include multiple operations on one item")
		}
		all[i] = p
	}
	if err := commitAll(all); err != nil {
		return gateway.Empty{}, err
	}
	s.remember(in)
	return gateway.Empty{}, nil
}

// commitAll carries out every change, or none when any cannot be.
func commitAll(all []planned) error {
	after := make([]item, len(all))
	reasons := make([]cancellationReason, len(all))
	codes := make([]string, len(all))
	cancelled := false
	for i, p := range all {
		var err error
		var failed *detailedError
		var wrong *gateway.Error
		_, after[i], err = p.decide()
		switch {
		case err == nil:
			reasons[i].Code = "None"
		case errors.As(err, &failed):
			reasons[i] = cancellationReason{Code: "ConditionalCheckFailed", Message: failed.Message, Item: failed.Item}
		case errors.As(err, &wrong):
			reasons[i] = cancellationReason{Code: "ValidationError", Message: wrong.Message}
		default:
			return err
		}
		codes[i] = reasons[i].Code
		cancelled = cancelled || err != nil
	}
	if cancelled {
		return &detailedError{
			Type: "TransactionCanceledException", Reasons: reasons,
			Message: fmt.Sprintf("Transaction cancelled, please refer cancellation reasons for specific reasons [%s]",
				strings.Join(codes, ", ")),
		}
	}
	for i, p := range all {
		p.commit(after[i])
	}
	return nil
}

// repeated says whether a transaction with this token was done already; another request under the token is an error.
func (s *Service) repeated(in transactWriteItemsInput) (bool, error) {
	for token, done := range s.tokens {
		if time.Since(done.at) > tokenLife {
			delete(s.tokens, token)
		}
	}
	done, ok := s.tokens[in.ClientRequestToken]
	if !ok || in.ClientRequestToken == "" {
		return false, nil
	}
	if done.request != in.hash() {
		return false, gateway.Errorf("IdempotentParameterMismatchException",
			"Request was repeated with same ClientRequestToken, but with different parameters")
	}
	return true, nil
}

func (s *Service) remember(in transactWriteItemsInput) {
	if in.ClientRequestToken != "" {
		s.tokens[in.ClientRequestToken] = doneTransaction{in.hash(), time.Now()}
	}
}

func (in transactWriteItemsInput) hash() [sha256.Size]byte {
	b, err := json.Marshal(in.TransactItems)
	if err != nil {
		// The request came as JSON, so it goes as JSON.
		panic(err)
	}
	return sha256.Sum256(b)
}
