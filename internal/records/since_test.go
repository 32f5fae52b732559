package records

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// partition is a DynamoDB with one partition of runs, which returns two items a page.
type partition []Run

func (p partition) Query(_ context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	var key struct {
		PK   string `dynamodbav:":pk"`
		From string `dynamodbav:":from"`
		To   string `dynamodbav:":to"`
	}
	if err := attributevalue.UnmarshalMap(in.ExpressionAttributeValues, &key); err != nil {
		return nil, err
	}
	before := "~"
	if in.ExclusiveStartKey != nil {
		before = in.ExclusiveStartKey["sk"].(*types.AttributeValueMemberS).Value
	}
	out := &dynamodb.QueryOutput{}
	for _, r := range slices.Backward(p) {
		if r.PK != key.PK || r.SK < key.From || r.SK > key.To || r.SK >= before {
			continue
		}
		if len(out.Items) == 2 {
			out.LastEvaluatedKey = out.Items[1]
			break
		}
		item, err := attributevalue.MarshalMap(r)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

func TestRunsSince(t *testing.T) {
	var all partition
	start := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	for day := range 9 {
		at := start.AddDate(0, 0, day)
		all = append(all, Run{Key: Key{PK: JobKey("j"), SK: RunKey(at, "arn:x")}, Job: "j", StartedAt: at})
	}
	for name, test := range map[string]struct {
		from        time.Time
		most        int
		first, last int // days
	}{
		"all":              {start, 100, 0, 8},
		"later ones":       {start.AddDate(0, 0, 4).Add(-time.Minute), 100, 4, 8},
		"one that started": {start.AddDate(0, 0, 4), 100, 4, 8},
		"the newest":       {start, 3, 6, 8},
	} {
		got, err := RunsSince(t.Context(), all, "table", "j", test.from, test.most)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != test.last-test.first+1 || !got[0].StartedAt.Equal(all[test.first].StartedAt) || !got[len(got)-1].StartedAt.Equal(all[test.last].StartedAt) {
			t.Errorf("%s: got %d runs: %v", name, len(got), got)
		}
	}
	if got, err := RunsSince(t.Context(), all, "table", "other", start, 9); err != nil || len(got) != 0 {
		t.Errorf("another job: got %v, %v", got, err)
	}
}
