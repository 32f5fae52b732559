package dynamodb_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/oralake/oralake/test/aws/dynamodb"
	"github.com/oralake/oralake/test/aws/resource"
)

// indexed are the properties of a table with indexes, each as NAME or NAME/PROJECTION.
func indexed(ttl string, indexes ...string) json.RawMessage {
	var all []string
	for _, x := range indexes {
		name, projection, given := strings.Cut(x, "/")
		if !given {
			projection = "ALL"
		}
		all = append(all, fmt.Sprintf(`{"IndexName": %q, "Projection": {"ProjectionType": %q},
			"KeySchema": [{"AttributeName": "sk", "KeyType": "HASH"}]}`, name, projection))
	}
	return json.RawMessage(fmt.Sprintf(`{"BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
			{"AttributeName": "sk", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
		"TimeToLiveSpecification": %s, "GlobalSecondaryIndexes": [%s]}`, ttl, strings.Join(all, ",")))
}

func TestChangesThatDynamoDBDoesNotMakeAtOnce(t *testing.T) {
	const (
		on    = `{"AttributeName": "a", "Enabled": true}`
		other = `{"AttributeName": "b", "Enabled": true}`
		off   = `{"Enabled": false}`
	)
	for name, c := range map[string]struct {
		before, after json.RawMessage
		want          string // empty when the change is made
	}{
		"one index more":             {indexed(on), indexed(on, "one"), ""},
		"one index less":             {indexed(on, "one", "two"), indexed(on, "two"), ""},
		"two indexes more":           {indexed(on), indexed(on, "one", "two"), "more than one GSI"},
		"two indexes less":           {indexed(on, "one", "two"), indexed(on), "more than one GSI"},
		"one for another":            {indexed(on, "one"), indexed(on, "two"), "more than one GSI"},
		"another projection":         {indexed(on, "one"), indexed(on, "one/KEYS_ONLY"), "Cannot update GSI's properties"},
		"another TTL attribute":      {indexed(on), indexed(other), "current AttributeName is a"},
		"TTL off":                    {indexed(on), indexed(off), ""},
		"TTL on":                     {indexed(off), indexed(other), ""},
		"TTL without an attribute":   {indexed(off), indexed(`{"Enabled": true}`), "needs an AttributeName"},
		"the same as before in full": {indexed(on, "one"), indexed(on, "one"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := dynamodb.New(acct)
			kind := s.Resources()["AWS::DynamoDB::Table"]
			r := resource.Request{StackName: "lake", LogicalID: "T", Properties: c.before}
			made, err := kind.Create(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			r.PhysicalID, r.Previous, r.Properties = made.PhysicalID, c.before, c.after
			_, err = kind.Update(t.Context(), r)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err == nil {
				return
			}
			// A refused update has changed nothing, so going back to what was there is no change.
			r.Properties = c.before
			if _, err := kind.Update(t.Context(), r); err != nil {
				t.Errorf("after the refusal: %v", err)
			}
		})
	}
}

func TestTheTTLAttributeStaysWhileItIsEnabled(t *testing.T) {
	_, client, name := start(t)
	for _, enabled := range []bool{true, false} {
		_, err := client.UpdateTimeToLive(t.Context(), &sdk.UpdateTimeToLiveInput{
			TableName: &name, TimeToLiveSpecification: &types.TimeToLiveSpecification{
				AttributeName: aws.String("another"), Enabled: &enabled,
			},
		})
		if err == nil || !strings.Contains(err.Error(), "current AttributeName is expiresAt") {
			t.Errorf("enabled %t: got %v, want a refusal", enabled, err)
		}
	}
}
