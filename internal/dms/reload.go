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

// Reloader reloads tables of a running task.
type Reloader interface {
	ReloadTables(context.Context, *awsdms.ReloadTablesInput, ...func(*awsdms.Options)) (*awsdms.ReloadTablesOutput, error)
}

// maxReloadTables is the most tables that one call of ReloadTables takes (API_ReloadTables).
const maxReloadTables = 10

// Reload requests that a running task loads some of its tables again, while it follows changes. It does not wait for the load.
func Reload(ctx context.Context, api Reloader, found Description, tables []manifest.Table) error {
	for chunk := range slices.Chunk(tables, maxReloadTables) {
		in := &awsdms.ReloadTablesInput{ReplicationTaskArn: aws.String(found.ARN), ReloadOption: types.ReloadOptionValueDataReload}
		for _, t := range chunk {
			in.TablesToReload = append(in.TablesToReload, types.TableToReload{
				SchemaName: aws.String(t.Schema), TableName: aws.String(t.Name),
			})
		}
		if _, err := api.ReloadTables(ctx, in); err != nil {
			return fmt.Errorf("reload %d tables of replication task %s: %w", len(chunk), found.ID, err)
		}
	}
	return nil
}

// TableReload is the load of some tables of a job that follows changes. The job's task goes on following changes meanwhile.
type TableReload struct {
	Tables []string `json:"tables"` // SCHEMA.TABLE
	// ChangesWritten says that the run has waited until DMS has written the changes that it had captured before. The load
	// replaces the tables' files, so changes from before the load must not be written after it.
	ChangesWritten bool `json:"changesWritten,omitempty"`
	// ReloadedAt is when the run requested the reload from DMS. It is zero before that, and if a task of its own loads the
	// tables.
	ReloadedAt time.Time `json:"reloadedAt,omitzero"`
	// DDLs is how many DDL statements DMS had counted in each table before that wait, by SCHEMA.TABLE. The load includes the
	// effect of those. It may not include that of a TRUNCATE during the wait: DMS may write changes from before it after the
	// load. TaskStartedAt is the latest start of the task then.
	DDLs          map[string]int64 `json:"ddls,omitempty"`
	TaskStartedAt time.Time        `json:"taskStartedAt,omitzero"`
}

// Pending lists the tables that DMS has not reloaded yet. A table that DMS has stopped replicating is not pending: the verdict
// reports it.
func (l *TableReload) Pending(statistics []TableStatistics) (names []string) {
	// The clocks of DMS and of the function that requested the reload may differ.
	const skew = time.Minute
	earliest := l.ReloadedAt.Add(-skew)
	for _, s := range statistics {
		name := s.String()
		if slices.Contains(l.Tables, name) && !s.GivenUp() && (!s.Loaded() || s.LoadEndedAt.Before(earliest)) {
			names = append(names, name)
		}
	}
	return names
}
