package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Readers list the records of a job or a table in the order of their sort keys. That order must be the order of time.
func TestRunKeysSortByStart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time {
			ms := rapid.Int64Range(0, 4_102_444_800_000).Draw(t, name) // until the year 2100
			zone := time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, name+" zone")*3600)
			return time.UnixMilli(ms).In(zone)
		}
		a, b := at("a"), at("b")
		if a.Before(b) != (RunKey(a, "arn:x:1") < RunKey(b, "arn:x:1")) && !a.Equal(b) {
			t.Fatalf("%v and %v sort as %s and %s", a, b, RunKey(a, "arn:x:1"), RunKey(b, "arn:x:1"))
		}
	})
}

// journal notes the order in which items are written. It leaves the first items of a batch unprocessed.
type journal struct {
	written     []string
	unprocessed int
}

func (j *journal) BatchWriteItem(_ context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	out := &dynamodb.BatchWriteItemOutput{}
	for table, requests := range in.RequestItems {
		if len(requests) > maxWriteItems {
			return nil, fmt.Errorf("%d items in one batch", len(requests))
		}
		for i, request := range requests {
			if i < j.unprocessed {
				out.UnprocessedItems = map[string][]types.WriteRequest{table: requests[:j.unprocessed]}
				continue
			}
			j.written = append(j.written, key(request.PutRequest.Item))
		}
	}
	return out, nil
}

func (j *journal) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	j.written = append(j.written, key(in.Item))
	return &dynamodb.PutItemOutput{}, nil
}

func key(item map[string]types.AttributeValue) string {
	var k Key
	if err := attributevalue.UnmarshalMap(item, &k); err != nil {
		return err.Error()
	}
	return k.PK
}

func TestRunIsWrittenAfterItsTables(t *testing.T) {
	var tables []Table
	for i := range 60 {
		tables = append(tables, Table{Key: Key{PK: TableKey(fmt.Sprintf("SALES.T%02d", i)), SK: "RUN#1"}})
	}
	var j journal
	if err := Write(t.Context(), &j, "stats", Run{Key: Key{PK: JobKey("daily"), SK: "RUN#1"}}, tables); err != nil {
		t.Fatal(err)
	}
	if got, want := len(j.written), len(tables)+1; got != want {
		t.Fatalf("%d records written, want %d", got, want)
	}
	if got := slices.Index(j.written, "JOB#daily"); got != len(tables) {
		t.Errorf("the run is item %d, want the last: a reader that finds the run must find its tables", got)
	}
}

func TestUnprocessedRecordsAreAnError(t *testing.T) {
	j := journal{unprocessed: 1}
	err := Write(t.Context(), &j, "stats", Run{}, []Table{{}, {}})
	if !errors.Is(err, ErrUnprocessed) {
		t.Errorf("error = %v, want ErrUnprocessed, so that the state machine retries", err)
	}
	if slices.Contains(j.written, JobKey("")) {
		t.Error("the run is written although its tables are not")
	}
}

func TestAbandonedRecord(t *testing.T) {
	started := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	got := AbandonedRecord("daily", "arn:aws:states:::execution:m:e1", started, started.Add(time.Hour), "ABORTED", "by a person", 400)
	got.RecordedAt = time.Time{}
	want := Run{
		Key: Key{PK: "JOB#daily", SK: "RUN#2026-11-22T02:00:00.000Z#e1"},
		Job: "daily", Execution: "arn:aws:states:::execution:m:e1", Outcome: "FAILED", Reason: "ABORTED: by a person", AlertKey: "ABORTED",
		StartedAt: started, Seconds: 3600, ExpiresAt: started.AddDate(0, 0, 400).Unix(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}
