package records

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Watch is what the regular look at a job remembers of its successes. The records of runs expire, and it does not.
type Watch struct {
	Key
	FirstSeen   time.Time  `dynamodbav:"firstSeen"`             // when a look found the job, after it was not in the manifest
	LastSeen    time.Time  `dynamodbav:"lastSeen"`              // the latest look
	LastSuccess *time.Time `dynamodbav:"lastSuccess,omitempty"` // when the latest run that succeeded was recorded; nil if there is none
	LastRun     string     `dynamodbav:"lastRun,omitempty"`     // the sort key of that run
}

const watchKey = "WATCH"

// Succeeded is the outcome of a run that succeeded.
const Succeeded = "SUCCEEDED"

// WatchStore reads and writes what looks remember.
type WatchStore interface {
	Reader
	Querier
	Putter
}

// forgetAfter is how long a job may be unseen before a look takes it for a new one: it was out of the file in between.
const forgetAfter = 24 * time.Hour

// Look notes that a job is in the manifest, and reads from the records whether it has succeeded since the last look. A run of some of
// its tables only, which a person asked for, is no success of the job; nor is one that has yet to publish what it has loaded.
func Look(ctx context.Context, api WatchStore, tableName, job string, now time.Time) (Watch, error) {
	w := Watch{Key: Key{PK: JobKey(job), SK: watchKey}}
	out, err := api.GetItem(ctx, &dynamodb.GetItemInput{TableName: &tableName, ConsistentRead: aws.Bool(true), Key: keyItem(w.Key)})
	if err == nil {
		err = attributevalue.UnmarshalMap(out.Item, &w)
	}
	if err != nil {
		return Watch{}, fmt.Errorf("read when job %s succeeded: %w", job, err)
	}
	if w.FirstSeen.IsZero() || now.Sub(w.LastSeen) > forgetAfter {
		w.FirstSeen = now
	}
	w.LastSeen = now
	if err := w.findSuccess(ctx, api, tableName); err != nil {
		return Watch{}, fmt.Errorf("read when job %s succeeded: %w", job, err)
	}
	item, err := attributevalue.MarshalMap(w)
	if err == nil {
		_, err = api.PutItem(ctx, &dynamodb.PutItemInput{TableName: &tableName, Item: item})
	}
	if err != nil {
		return Watch{}, fmt.Errorf("note when job %s succeeded: %w", job, err)
	}
	return w, nil
}

// findSuccess looks for the newest run that succeeded, back to the one that the last look found.
func (w *Watch) findSuccess(ctx context.Context, api Querier, tableName string) error {
	from := cmp.Or(w.LastRun, runPrefix)
	in := &dynamodb.QueryInput{
		TableName: &tableName, ScanIndexForward: aws.Bool(false), ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
		FilterExpression:       aws.String("outcome = :good AND attribute_not_exists(requestedTables) AND (attribute_not_exists(publication) OR publication <> :due)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":pk": stringValue(w.PK), ":from": stringValue(from), ":to": stringValue(runPrefix + "~"), ":good": stringValue(Succeeded),
			":due": stringValue(PublicationDue),
		},
	}
	pages := dynamodb.NewQueryPaginator(api, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		var runs []Run
		if err := attributevalue.UnmarshalListOfMaps(page.Items, &runs); err != nil {
			return err
		}
		if len(runs) > 0 {
			w.LastSuccess, w.LastRun = &runs[0].RecordedAt, runs[0].SK
			return nil
		}
	}
	return nil
}

// SinceSuccess returns how long ago the job succeeded; if it never has, how long ago it was first seen.
func (w Watch) SinceSuccess(now time.Time) time.Duration {
	if w.LastSuccess != nil && w.LastSuccess.After(w.FirstSeen) {
		return now.Sub(*w.LastSuccess)
	}
	return now.Sub(w.FirstSeen)
}
