package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/oralake/oralake/internal/records"
)

// Held is a snapshot that is good, and that readers do not get until a person accepts it. It is the latest of its table: a later one that
// is held takes its place, and a later one that is published ends it. While it is held, its folder stays.
type Held struct {
	records.Key
	Snapshot  Snapshot  `dynamodbav:"snapshot"`
	Why       string    `dynamodbav:"why"` // for people
	Job       string    `dynamodbav:"job"`
	Execution string    `dynamodbav:"execution"` // of the run that has loaded it, at HeldAt
	HeldAt    time.Time `dynamodbav:"heldAt"`
}

// ErrNotHeld says that there is no held snapshot to accept.
var ErrNotHeld = errors.New("no snapshot of it is held: a later load was published, or none was held; load the table again")

func heldKey(table string) records.Key { return records.Key{PK: Key(table).PK, SK: "HELD"} }

// FindHeld reads the held snapshot of a table, SCHEMA.TABLE in the lake.
func (c Catalog) FindHeld(ctx context.Context, table string) (h Held, found bool, err error) {
	if found, err = c.get(ctx, heldKey(table), &h); err != nil {
		return Held{}, false, fmt.Errorf("read the held snapshot of table %s: %w", table, err)
	}
	return h, found, nil
}

// Hold holds a snapshot of a table, SCHEMA.TABLE in the lake, that the run has loaded. It returns what readers go on to see. A repeated
// call changes nothing. also are writes that take effect together with it.
func (c Catalog) Hold(
	ctx context.Context, w Writer, table string, s Snapshot, why string, also func(now Publication) ([]types.TransactWriteItem, error),
) (Publication, error) {
	now, _, err := c.Find(ctx, table)
	if err != nil {
		return Publication{}, err
	}
	if s.Run <= now.Newest {
		return now, nil // A call that comes late.
	}
	writes, err := also(now)
	if err != nil {
		return now, fmt.Errorf("hold table %s of run %s: %w", table, s.Run, err)
	}
	held, err := c.put(Held{
		Key: heldKey(table), Snapshot: s, Why: why, Job: w.Owner.Job, Execution: w.Execution, HeldAt: w.Now,
	}, "attribute_not_exists(pk) OR #snapshot.#run <= :run", map[string]types.AttributeValue{":run": &types.AttributeValueMemberS{Value: s.Run}})
	if err == nil {
		held.Put.ExpressionAttributeNames = map[string]string{"#snapshot": "snapshot", "#run": "run"}
		err = records.WriteFenced(ctx, c.Records, c.Table, w.Owner, append(writes, held))
	}
	if err != nil {
		return now, fmt.Errorf("hold table %s of run %s: %w", table, s.Run, err)
	}
	return now, nil
}

// Accept publishes the held snapshot of a table, SCHEMA.TABLE in the lake. A repeated call of the same run changes nothing. It returns
// ErrNotHeld if there is none.
func (c Catalog) Accept(ctx context.Context, w Writer, table string, also Also) (Publication, error) {
	p, found, err := c.Find(ctx, table)
	if err != nil || found && p.Execution == w.Execution {
		return p, err
	}
	held, found, err := c.FindHeld(ctx, table)
	if err != nil {
		return p, err
	}
	if !found {
		return p, fmt.Errorf("publish table %s: %w", table, ErrNotHeld)
	}
	return c.Publish(ctx, w, table, held.Snapshot, also)
}

// release is the write that ends the holding of a snapshot that the publication of a run replaces; none if there is no such snapshot.
func (c Catalog) release(ctx context.Context, table, run string) ([]types.TransactWriteItem, error) {
	held, found, err := c.FindHeld(ctx, table)
	if err != nil || !found || held.Snapshot.Run > run {
		return nil, err
	}
	key, err := attributevalue.MarshalMap(heldKey(table))
	return []types.TransactWriteItem{{Delete: &types.Delete{TableName: &c.Table, Key: key}}}, err
}
