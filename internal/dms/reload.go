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
		_, err := api.ReloadTables(ctx, in)
		if isWrongState(err) {
			return &RefusedError{fmt.Sprintf("DMS does not reload %d tables of replication task %s now: %v", len(chunk), found.ID, err)}
		}
		if err != nil {
			return fmt.Errorf("reload %d tables of replication task %s: %w", len(chunk), found.ID, err)
		}
	}
	return nil
}

// TableReload is the load of some tables of a job that follows changes. The job's task goes on following changes meanwhile.
type TableReload struct {
	// The run document has none of the lists, because it must not grow with the number of tables. The tables stand in the request
	// of the run or in the job's state, and the rest in records.JobState.Loads.
	Tables []string `json:"-"` // SCHEMA.TABLE
	// TaskStartedAt is the latest start of the task when the run began to wait until DMS has written the changes that it had
	// captured; zero before that. The load replaces the tables' files, so changes from before the load must not be written after
	// it. A task that starts again, by whomever, captures again the changes that it had not written: the run waits again.
	TaskStartedAt time.Time `json:"taskStartedAt,omitzero"`
	// ReloadedAt is when the run requested the reload from DMS. It is zero before that, and if a task of its own loads the
	// tables.
	ReloadedAt time.Time `json:"reloadedAt,omitzero"`
	// ReloadedBefore lists the tables that DMS reported as reloaded before the request.
	ReloadedBefore []string `json:"-"`
	// SeenLoading lists the tables that DMS was loading after the request. Done lists those whose load has ended since.
	SeenLoading []string `json:"-"`
	Done        []string `json:"-"`
	// DDLs is how many DDL statements DMS had counted in each table before that wait, by SCHEMA.TABLE. The load includes the
	// effect of those. It may not include that of a TRUNCATE during the wait: DMS may write changes from before it after the
	// load.
	DDLs map[string]int64 `json:"-"`
}

// reloadSkew is how far the clocks of DMS and of the function that requested a reload may differ, and how long DMS may take to
// show a reload.
const reloadSkew = time.Minute

// Begin notes a request for the reload, at now. statistics are those from before the request.
func (l *TableReload) Begin(statistics []TableStatistics, now time.Time) {
	l.ReloadedAt, l.ReloadedBefore = now, nil
	for _, s := range statistics {
		if name := s.String(); s.Reloaded && slices.Contains(l.Tables, name) {
			l.ReloadedBefore = append(l.ReloadedBefore, name)
		}
	}
}

// Observe notes what statistics that were read at now show of the requested reload. pending lists the tables that DMS has not
// reloaded yet. A table that DMS has stopped replicating is not pending: the verdict reports it.
//
// A reload is over when DMS is not loading the table and one of these shows that it has done so: DMS was loading the table after
// the request, its load ended after the request, or DMS reports it as reloaded and did not before.
func (l *TableReload) Observe(statistics []TableStatistics, now time.Time) (pending []string) {
	for _, s := range statistics {
		name := s.String()
		if !slices.Contains(l.Tables, name) || slices.Contains(l.Done, name) || s.GivenUp() {
			continue
		}
		seen := slices.Contains(l.SeenLoading, name)
		switch {
		case s.Loading():
			if !seen {
				l.SeenLoading = append(l.SeenLoading, name)
			}
			pending = append(pending, name)
		case s.State != TableQueued && (seen || l.showsReload(s, now)):
			l.Done = append(l.Done, name)
		default:
			pending = append(pending, name)
		}
	}
	return pending
}

// showsReload says that the statistics of a table, read at now, show a reload after the request.
func (l *TableReload) showsReload(s TableStatistics, now time.Time) bool {
	if s.Loaded() && !s.LoadEndedAt.Before(l.ReloadedAt.Add(-reloadSkew)) {
		return true
	}
	return s.Reloaded && !slices.Contains(l.ReloadedBefore, s.String()) && now.Sub(l.ReloadedAt) > reloadSkew
}
