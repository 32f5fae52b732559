package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
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

// journal notes the order in which items are written. It cancels the first transactions for reasons.
type journal struct {
	written []string
	reasons []string // codes of the reasons of the first transaction
}

func (j *journal) TransactWriteItems(_ context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if len(in.TransactItems) > maxTransactItems {
		return nil, fmt.Errorf("%d items in one transaction", len(in.TransactItems))
	}
	if check := in.TransactItems[0].ConditionCheck; check == nil || key(check.Key) != "JOB#daily LEASE" {
		return nil, errors.New("the transaction does not begin with a check of the lease")
	}
	if j.reasons != nil {
		cancelled := &types.TransactionCanceledException{}
		for _, code := range j.reasons {
			cancelled.CancellationReasons = append(cancelled.CancellationReasons, types.CancellationReason{Code: &code})
		}
		return nil, cancelled
	}
	for _, item := range in.TransactItems[1:] {
		j.written = append(j.written, key(item.Put.Item))
	}
	return &dynamodb.TransactWriteItemsOutput{}, nil
}

func key(item map[string]types.AttributeValue) string {
	var k Key
	if err := attributevalue.UnmarshalMap(item, &k); err != nil {
		return err.Error()
	}
	return k.PK + " " + k.SK
}

var owner = Owner{Job: "daily", Execution: "arn:e1"}

func TestRunIsWrittenAfterItsTablesAndTasks(t *testing.T) {
	var tables []Table
	for i := range 250 {
		tables = append(tables, Table{Key: Key{PK: TableKey(fmt.Sprintf("SALES.T%03d", i)), SK: "RUN#1"}})
	}
	tasks := []Task{{Key: Key{PK: TaskKey("daily-1"), SK: "RUN#1"}}}
	var j journal
	if err := Write(t.Context(), &j, "stats", owner, Run{Key: Key{PK: JobKey("daily"), SK: "RUN#1"}}, tables, tasks); err != nil {
		t.Fatal(err)
	}
	if got, want := len(j.written), len(tables)+2; got != want {
		t.Fatalf("%d records written, want %d", got, want)
	}
	if got := slices.Index(j.written, "JOB#daily RUN#1"); got != len(tables)+1 {
		t.Errorf("the run is item %d, want the last: a reader that finds the run must find its tables", got)
	}
}

// A call of Record that comes late does not replace what the run has published since.
func TestRecordedRunIsNotReplaced(t *testing.T) {
	run := Run{Key: Key{PK: JobKey("daily"), SK: "RUN#1"}}
	err := Write(t.Context(), &journal{reasons: []string{"None", "ConditionalCheckFailed"}}, "stats", owner, run, nil, nil)
	if !errors.Is(err, ErrRecorded) {
		t.Errorf("error = %v, want that the run is recorded", err)
	}
	puts := &puts{}
	for _, before := range []string{"", PublicationDue} {
		run.Publication = PublicationDone
		if err := Conclude(t.Context(), puts, "stats", run, before); err != nil {
			t.Errorf("another call has concluded the run: %v, want no error", err)
		}
	}
	if diff := cmp.Diff([]string{"attribute_not_exists(publication)", "publication = :before"}, puts.conditions); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
}

// puts notes the conditions of writes, and refuses all.
type puts struct{ conditions []string }

func (p *puts) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	p.conditions = append(p.conditions, *in.ConditionExpression)
	return nil, &types.ConditionalCheckFailedException{}
}

func TestCancelledTransactions(t *testing.T) {
	for name, test := range map[string]struct {
		reasons []string
		want    error
	}{
		"the lease has another holder":      {[]string{"ConditionalCheckFailed", "None"}, ErrLeaseLost},
		"the state has another version":     {[]string{"None", "ConditionalCheckFailed"}, ErrStateChanged},
		"another transaction in progress":   {[]string{"TransactionConflict", "None"}, ErrConflict},
		"DynamoDB has too little capacity":  {[]string{"None", "ThrottlingError"}, ErrConflict},
		"another holder and a transaction":  {[]string{"ConditionalCheckFailed", "TransactionConflict"}, ErrLeaseLost},
		"another version and a transaction": {[]string{"TransactionConflict", "ConditionalCheckFailed"}, ErrStateChanged},
	} {
		synctest.Test(t, func(t *testing.T) {
			state := JobState{Key: Key{PK: JobKey("daily"), SK: stateKey}}
			err := WriteJobState(t.Context(), &journal{reasons: test.reasons}, "stats", owner, &state)
			if !errors.Is(err, test.want) {
				t.Errorf("%s: error = %v, want %v", name, err, test.want)
			}
			if state.Version != 0 {
				t.Errorf("%s: the version is raised although nothing was written", name)
			}
		})
	}
}

// Only the items of tables that have changed are written, the item of the job last.
func TestStateOfTables(t *testing.T) {
	state := JobState{Key: Key{PK: JobKey("daily"), SK: stateKey}, Backfill: []string{"S.B"}, Loads: map[string]TableLoad{"S.B": {}}}
	for i := range 150 {
		state.Diverge(fmt.Sprintf("S.T%03d", i), "DDL")
	}
	var j journal
	write := func() []string {
		t.Helper()
		j.written = nil
		if err := WriteJobState(t.Context(), &versions{&j}, "stats", owner, &state); err != nil {
			t.Fatal(err)
		}
		return j.written
	}
	if got := write(); len(got) != 152 || got[len(got)-54] != "JOB#daily STATE" {
		t.Errorf("%d items written, want 151 of tables, and the job's item first in the last transaction: %v", len(got), got)
	}
	if diff := cmp.Diff([]string{"JOB#daily STATE"}, write()); diff != "" {
		t.Errorf("written without a change (-want +got):\n%s", diff)
	}
	delete(state.Diverged, "S.T007")
	state.Loads["S.B"] = TableLoad{Done: true}
	if diff := cmp.Diff([]string{"JOB#daily STATE", "JOB#daily STATE#S.B", "deleted JOB#daily STATE#S.T007"}, write()); diff != "" {
		t.Errorf("written after a change (-want +got):\n%s", diff)
	}
	if state.Version != 3 {
		t.Errorf("version %d after three writes", state.Version)
	}
}

// A new task begins with the tables that have diverged, have DDL or need a load, and with nothing else of an earlier task. What is
// left out is deleted from the table.
func TestStateForNewTask(t *testing.T) {
	state := JobState{
		Key: Key{PK: JobKey("daily"), SK: stateKey}, Checkpoint: "checkpoint:V1#7", LastRun: "RUN#1", Backfill: []string{"S.B"},
		AwaitingLoad: []string{"S.A"}, CountsRestart: true, Manifest: &Object{Bucket: "b", Key: "k"},
	}
	state.Diverge("S.D", "its filter has changed")
	state.SeeDDL("S.L", DDL{NoticedAt: time.Now()})
	state.Leave("S.X", LeftTable{Rules: "1f", TaskStartedAt: time.Now()})
	var j journal
	write := func() []string {
		t.Helper()
		j.written = nil
		if err := WriteJobState(t.Context(), &versions{&j}, "stats", owner, &state); err != nil {
			t.Fatal(err)
		}
		return j.written
	}
	write()
	state = state.ForNewTask()
	if diff := cmp.Diff([]string{"JOB#daily STATE", "deleted JOB#daily STATE#S.A", "deleted JOB#daily STATE#S.X"}, write()); diff != "" {
		t.Errorf("written for a new task (-want +got):\n%s", diff)
	}
	_, seen := state.DDLSeen["S.L"]
	if state.Checkpoint != "" || state.LastRun != "" || state.Manifest == nil || !state.CountsRestart || state.Diverged["S.D"] == "" || !seen ||
		!slices.Equal(state.Backfill, []string{"S.B"}) {
		t.Errorf("state for a new task: %+v", state)
	}
	state.Diverged, state.DDLSeen, state.Backfill = nil, nil, nil // The new task loads all tables.
	want := []string{"JOB#daily STATE", "deleted JOB#daily STATE#S.B", "deleted JOB#daily STATE#S.D", "deleted JOB#daily STATE#S.L"}
	if diff := cmp.Diff(want, write()); diff != "" {
		t.Errorf("written for a new task that loads (-want +got):\n%s", diff)
	}
}

// versions is a journal of writes of a state: it also takes checks of the version and deletions.
type versions struct{ *journal }

func (v *versions) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if len(in.TransactItems) > maxTransactItems {
		return nil, fmt.Errorf("%d items in one transaction", len(in.TransactItems))
	}
	checked := in.TransactItems[1].ConditionCheck != nil || in.TransactItems[1].Put.ConditionExpression != nil
	if !checked {
		return nil, errors.New("the transaction does not check the version")
	}
	for _, item := range in.TransactItems[1:] {
		switch {
		case item.Put != nil:
			v.written = append(v.written, key(item.Put.Item))
		case item.Delete != nil:
			v.written = append(v.written, "deleted "+key(item.Delete.Key))
		}
	}
	return &dynamodb.TransactWriteItemsOutput{}, nil
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
