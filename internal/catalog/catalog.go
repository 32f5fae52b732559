// Package catalog publishes snapshots. A snapshot is what one successful full load of one table left in the lake: a folder
// full/SCHEMA__RUN/TABLE/ whose files never change. To publish a snapshot is to make it the one that readers see.
//
// Which snapshot that is, one item in the table of the records decides: the Publication of the table. It changes by one conditional
// write, while the run holds the lease of its job. All that readers look at are projections of it: they are written afterwards, and
// each later run of the job repairs them. So after a failure at any point, each projection shows one whole snapshot.
//
// An item for each folder says which run writes it (claim), so that no two runs write the same one, and so that folders without use
// are found and deleted:
//
//	pk                    sk
//	LAKE#<schema.table>   PUBLISHED         the Publication of a table; schema and table are the names in the lake
//	LAKE#<schema.table>   HELD              the snapshot that is held, if there is one, see Held
//	LAKE#<schema.table>   SNAPSHOT#<run>    the claim of a folder
package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/oralake/oralake/internal/records"
)

// Catalog publishes the snapshots of one department.
type Catalog struct {
	Table   string // the DynamoDB table of the records
	Records Store
	Bucket  string // of the lake
	Lake    Objects
	// Keep is how many snapshots of a table stay: the published one, and those that a rollback can put back.
	Keep int
	// Readers is how long the folder of a snapshot stays after the last projection has ceased to show it: readers list and read its
	// files meanwhile.
	Readers time.Duration
	// Projections are what readers look at.
	Projections []Projection
}

// Store reads and writes the items of the catalog.
type Store interface {
	records.Reader
	records.Querier
	records.Transactor
}

// Projection shows readers which snapshot is published.
type Projection interface {
	// Show shows the snapshot of a publication. It changes nothing if readers see that of a later version. It can be repeated.
	Show(context.Context, Publication) error
}

// Snapshot is what a full load left in the lake.
type Snapshot struct {
	Run      string           `dynamodbav:"run"`      // the RUN in its location, such as 20261201T020000Z; later runs have greater ones
	Location string           `dynamodbav:"location"` // its folder, full/SCHEMA__RUN/TABLE/; a snapshot without rows has no files there
	Format   string           `dynamodbav:"format"`   // parquet or csv
	Rows     int64            `dynamodbav:"rows"`
	Columns  []records.Column `dynamodbav:"columns,omitempty"` // of its Parquet files; those of the snapshot before if it has no files
}

// Publication says which snapshot of a table is published.
type Publication struct {
	records.Key
	Table   string   `dynamodbav:"table"`   // SCHEMA.TABLE in the lake
	Version int      `dynamodbav:"version"` // counts the changes of this item
	Current Snapshot `dynamodbav:"current"` // what readers see
	// Previous are the snapshots that stay for a rollback, the latest first.
	Previous []Kept `dynamodbav:"previous,omitempty"`
	// Newest is the run of the newest snapshot that was ever published. It differs from that of Current after a rollback.
	Newest string `dynamodbav:"newest"`
	// Job and Execution are the run that has published Current, or put it back, at ChangedAt.
	Job       string    `dynamodbav:"job"`
	Execution string    `dynamodbav:"execution"`
	ChangedAt time.Time `dynamodbav:"changedAt"`
}

// Kept is an earlier snapshot that stays.
type Kept struct {
	Run      string `dynamodbav:"run"`
	Location string `dynamodbav:"location"`
}

// names says that readers see the snapshot of a run, or that a rollback can put it back.
func (p Publication) names(run string) bool {
	return p.Current.Run == run || slices.ContainsFunc(p.Previous, func(k Kept) bool { return k.Run == run })
}

// claim says which run writes the folder of a snapshot.
type claim struct {
	records.Key
	Run       string    `dynamodbav:"run"`
	Location  string    `dynamodbav:"location"`
	Job       string    `dynamodbav:"job"`
	Execution string    `dynamodbav:"execution"`
	ClaimedAt time.Time `dynamodbav:"claimedAt"`
	// Published is the snapshot, once it is published. A rollback reads it.
	Published *Snapshot `dynamodbav:"published,omitempty"`
	// UnnamedAt is when a run first found that no publication names the snapshot, and that all projections show another one; nil if
	// none has found that.
	UnnamedAt *time.Time `dynamodbav:"unnamedAt,omitempty"`
}

const (
	publishedKey = "PUBLISHED"
	claimPrefix  = "SNAPSHOT#"
)

// Key is the key of the publication of a table, SCHEMA.TABLE in the lake.
func Key(table string) records.Key { return records.Key{PK: "LAKE#" + table, SK: publishedKey} }

func claimKey(table, run string) records.Key {
	return records.Key{PK: Key(table).PK, SK: claimPrefix + run}
}

// Find reads the publication of a table, SCHEMA.TABLE in the lake. found is false if no snapshot of it was ever published.
func (c Catalog) Find(ctx context.Context, table string) (p Publication, found bool, err error) {
	return Find(ctx, c.Records, c.Table, table)
}

// Find reads the publication of a table of the lake, as Catalog.Find does, from the table of the records.
func Find(ctx context.Context, api records.Reader, recordsTable, table string) (p Publication, found bool, err error) {
	found, err = get(ctx, api, recordsTable, Key(table), &p)
	if err != nil {
		return Publication{}, false, fmt.Errorf("read the publication of table %s: %w", table, err)
	}
	return p, found, nil
}

// get reads an item into the value that item points to.
func (c Catalog) get(ctx context.Context, key records.Key, item any) (found bool, err error) {
	return get(ctx, c.Records, c.Table, key, item)
}

func get(ctx context.Context, api records.Reader, table string, key records.Key, item any) (found bool, err error) {
	at, err := attributevalue.MarshalMap(key)
	if err != nil {
		return false, err
	}
	out, err := api.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, ConsistentRead: aws.Bool(true), Key: at})
	if err != nil || out.Item == nil {
		return false, err
	}
	return true, attributevalue.UnmarshalMap(out.Item, item)
}

// put is the write of an item under a condition.
func (c Catalog) put(item any, condition string, values map[string]types.AttributeValue) (types.TransactWriteItem, error) {
	all, err := attributevalue.MarshalMap(item)
	put := &types.Put{TableName: &c.Table, Item: all, ConditionExpression: &condition, ExpressionAttributeValues: values}
	return types.TransactWriteItem{Put: put}, err
}

// Writer is the run that changes the catalog. Owner holds the lease of the job. Execution is the run's own, also while another execution
// recovers it.
type Writer struct {
	Owner     records.Owner
	Execution string
	Now       time.Time
}

// changeAttempts is how often a write is tried if another call of the same run changes the same item.
const changeAttempts = 5

// errBusy says that other calls kept changing an item.
var errBusy = errors.New("other calls keep changing it")
