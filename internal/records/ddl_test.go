package records

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// An item of DynamoDB has at most 400 KB. A job of 2,000 tables with the longest names that DMS moves, all with DDL, must fit.
func TestStateOfManyTablesWithDDLFits(t *testing.T) {
	const tables, mostBytes = 2000, 400 * 1000
	state := JobState{Key: Key{PK: JobKey("live"), SK: stateKey}}
	for i := range tables {
		name := fmt.Sprintf("%s.%030d", strings.Repeat("S", 30), i)
		state.SeeDDL(name, DDL{NoticedAt: time.Now().Add(time.Duration(i)), Unsure: true})
	}
	item, err := attributevalue.MarshalMap(state)
	if err != nil {
		t.Fatal(err)
	}
	if len(state.DDLSeen) != tables {
		t.Fatalf("%d tables, want %d", len(state.DDLSeen), tables)
	}
	if got := itemBytes(item); got > mostBytes*3/4 {
		t.Errorf("the state has %d bytes, want at most three quarters of %d: other members must fit, too", got, mostBytes)
	}
}

// itemBytes is the size of an item as DynamoDB counts it (CapacityUnitCalculations.html).
func itemBytes(item map[string]types.AttributeValue) (bytes int) {
	for name, value := range item {
		bytes += len(name) + 1
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			bytes += len(v.Value)
		case *types.AttributeValueMemberN:
			bytes += len(v.Value)
		case *types.AttributeValueMemberM:
			bytes += 3 + itemBytes(v.Value)
		default:
			bytes++
		}
	}
	return bytes
}
