// Package dynamodb is the DynamoDB of the embedded AWS. It has tables in memory with exact numbers, conditions, queries,
// scans, batches and transactions that write. It checks keys, expressions and sizes as strictly as AWS. Stacks create the
// tables.
//
// A stack can set time to live, point-in-time recovery and billing of a table, but they have no effect: items do not
// expire. Updates of items, transactions that read, indexes, streams, legacy parameters, PartiQL and consumed capacity are
// refused. The error names the operation or the parameter.
package dynamodb

import (
	"bytes"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/oralake/oralake/test/aws/account"
	"github.com/oralake/oralake/test/aws/gateway"
)

// Service has the tables of one account. It is safe for concurrent use: a lock allows one operation at a time.
type Service struct {
	acct account.Account

	mu        sync.Mutex
	tables    map[string]*table
	committed map[string]committed // transactions by ClientRequestToken
}

// New returns a DynamoDB without tables.
func New(acct account.Account) *Service {
	return &Service{acct: acct, tables: map[string]*table{}, committed: map[string]committed{}}
}

// operations returns the operations by name. The caller of an operation holds the lock.
func (s *Service) operations() map[string]func(body []byte) (any, error) {
	return map[string]func([]byte) (any, error){
		"PutItem":            op(s.putItem),
		"GetItem":            op(s.getItem),
		"DeleteItem":         op(s.deleteItem),
		"Query":              op(s.query),
		"Scan":               op(s.scan),
		"BatchWriteItem":     op(s.batchWriteItem),
		"BatchGetItem":       op(s.batchGetItem),
		"TransactWriteItems": op(s.transactWriteItems),
		"DescribeTable":      op(s.describeTable),
		"ListTables":         op(s.listTables),
	}
}

func op[In, Out any](f func(In) (Out, error)) func([]byte) (any, error) {
	return func(body []byte) (any, error) {
		var in In
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			var wrong *gateway.Error
			if errors.As(err, &wrong) {
				return nil, wrong
			}
			return nil, gateway.Errorf("SerializationException", "the embedded AWS does not take this request: %v", err)
		}
		return f(in)
	}
}

// Handler returns the API, for requests that are signed for "dynamodb".
func (s *Service) Handler() http.Handler {
	operations := s.operations()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		gateway.SetOperation(r.Context(), name)
		operation, ok := operations[name]
		if !ok {
			gateway.WriteError(w, r, gateway.NotImplemented("dynamodb:"+name))
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			gateway.WriteError(w, r, err)
			return
		}
		if err := gateway.AuthorizeBody(r.Context(), body); err != nil {
			gateway.WriteError(w, r, err)
			return
		}
		out, err := s.call(operation, body)
		var detailed *detailedError
		var transaction *cancelled
		switch {
		case errors.As(err, &detailed):
			writeAnswer(w, http.StatusBadRequest, detailed)
		case errors.As(err, &transaction):
			writeAnswer(w, http.StatusBadRequest, transaction)
		case err != nil:
			gateway.WriteError(w, r, err)
		default:
			writeAnswer(w, http.StatusOK, out)
		}
	})
}

func (s *Service) call(operation func([]byte) (any, error), body []byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return operation(body)
}

// writeAnswer adds the checksum that SDKs verify.
func writeAnswer(w http.ResponseWriter, status int, out any) {
	body, err := json.Marshal(out)
	if err != nil {
		// All types of answers can be marshalled.
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-amz-json-1.0")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	w.WriteHeader(status)
	// A write only fails when the caller closed the connection, so the error is ignored.
	_, _ = w.Write(body)
}

// detailedError is the error of a failed condition. Item is the stored item, if the request asks for it.
type detailedError struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
	Item    item   `json:"Item,omitempty"`
}

func (e *detailedError) Error() string { return e.Type + ": " + e.Message }

func conditionFailed(held item, wanted string) *detailedError {
	e := &detailedError{Type: "ConditionalCheckFailedException", Message: "The conditional request failed"}
	if wanted == "ALL_OLD" {
		e.Item = held
	}
	return e
}

// table finds a table by its name or ARN.
func (s *Service) table(name string) (*table, error) {
	if _, inARN, ok := strings.Cut(name, ":table/"); ok {
		name = inARN
	}
	if t, ok := s.tables[name]; ok {
		return t, nil
	}
	return nil, gateway.Errorf("ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
}

// noFigures refuses requests for consumed capacity and item collection metrics, which this DynamoDB does not measure.
func noFigures(capacity, metrics string) error {
	if capacity != "" && capacity != "NONE" {
		return gateway.NotImplemented("dynamodb: ReturnConsumedCapacity " + capacity)
	}
	if metrics != "" && metrics != "NONE" {
		return gateway.NotImplemented("dynamodb: ReturnItemCollectionMetrics " + metrics)
	}
	return nil
}
