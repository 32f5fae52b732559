package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

// ErrTaken says that another run has claimed a folder of the same name.
var ErrTaken = errors.New("another run has a folder of this name")

// Location is the folder of the snapshot of a table in the run of that name. schema and table are the names in the lake.
func Location(schema, table, run string) string {
	return contract.FullFolder + "/" + manifest.SnapshotSchema(schema, run) + "/" + table + "/"
}

// Claim claims the folders of the snapshots that a run is about to load. Call it before any task of the run is created. It can be
// repeated. It returns ErrTaken if another run has claimed one of the folders: then take another name.
func (c Catalog) Claim(ctx context.Context, w Writer, run string, tables []manifest.Table) error {
	writes := make([]types.TransactWriteItem, len(tables))
	for i, t := range tables {
		var err error
		writes[i], err = c.put(claim{
			Key: claimKey(t.Target(), run), Run: run, Location: Location(t.TargetSchema, t.TargetName, run),
			Job: w.Owner.Job, Execution: w.Execution, ClaimedAt: w.Now,
		}, "attribute_not_exists(pk) OR execution = :execution", map[string]types.AttributeValue{
			":execution": &types.AttributeValueMemberS{Value: w.Execution},
		})
		if err != nil {
			return fmt.Errorf("claim the folders of run %s: %w", run, err)
		}
	}
	err := records.WriteFenced(ctx, c.Records, c.Table, w.Owner, writes)
	if errors.Is(err, records.ErrCondition) {
		err = ErrTaken
	}
	if err != nil {
		return fmt.Errorf("claim the folders of run %s: %w", run, err)
	}
	return nil
}
