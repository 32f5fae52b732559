package dms

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"

	"github.com/oralake/oralake/internal/manifest"
)

// Reloader loads tables of a running task anew.
type Reloader interface {
	ReloadTables(context.Context, *awsdms.ReloadTablesInput, ...func(*awsdms.Options)) (*awsdms.ReloadTablesOutput, error)
}

// reloadSize is the most tables that ReloadTables takes at once.
const reloadSize = 10

// Reload has a running task load some of its tables anew, while it follows the others.
func Reload(ctx context.Context, api Reloader, found Description, tables []manifest.Table) error {
	for some := range slices.Chunk(tables, reloadSize) {
		in := &awsdms.ReloadTablesInput{ReplicationTaskArn: aws.String(found.ARN), ReloadOption: types.ReloadOptionValueDataReload}
		for _, t := range some {
			in.TablesToReload = append(in.TablesToReload, types.TableToReload{
				SchemaName: aws.String(t.Schema), TableName: aws.String(t.Name),
			})
		}
		if _, err := api.ReloadTables(ctx, in); err != nil {
			return fmt.Errorf("reload %d tables of replication task %s: %w", len(some), found.ID, err)
		}
	}
	return nil
}

// TableReload is a load of some tables of a job that follows changes, while it follows them.
type TableReload struct {
	Tables []string `json:"tables"` // SCHEMA.TABLE
	// ChangesWritten says that the run has waited until what was captured before is in the lake: the load replaces the tables'
	// files, and changes that were written after it would be applied to it.
	ChangesWritten bool `json:"changesWritten,omitempty"`
	// ReloadedAt is when DMS was told to reload the tables; zero before, and for tables that get a task of their own.
	ReloadedAt time.Time `json:"reloadedAt,omitzero"`
	// DDLs is how many DDL statements DMS had counted in each table before that wait: what came before those is in the lake
	// when the load begins. A TRUNCATE during the wait may have changes before it that are written after the load.
	DDLs map[string]int64 `json:"ddls,omitempty"`
}

// Pending lists the tables that DMS is still to reload. A table in error is finished: the judge tells.
func (l *TableReload) Pending(statistics []TableStatistics) (names []string) {
	// The clocks of DMS and of the function that told it to reload may differ a little.
	const skew = time.Minute
	began := l.ReloadedAt.Add(-skew)
	for _, s := range statistics {
		name := s.Schema + "." + s.Name
		if slices.Contains(l.Tables, name) && !s.GivenUp() && (!s.Loaded() || s.LoadEndedAt.Before(began)) {
			names = append(names, name)
		}
	}
	return names
}
