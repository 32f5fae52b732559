package dms

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
)

// Table states (API_TableStatistics, TableState). Which state the tables of a task have that only follows changes is not
// documented: TableCompleted is documented for full loads.
const (
	TableQueued    = "Before load"
	TableLoading   = "Full load"
	TableReloading = "Table is being reloaded"
	TableCompleted = "Table completed"
	TableError     = "Table error"
	TableCancelled = "Table cancelled"
	TableAbsent    = "Table does not exist"
)

// GivenUp says that DMS has stopped replicating the table.
func (s TableStatistics) GivenUp() bool {
	return slices.Contains([]string{TableError, TableCancelled, TableAbsent}, s.State)
}

// Loading says that DMS is loading the table.
func (s TableStatistics) Loading() bool { return s.State == TableLoading || s.State == TableReloading }

// Loaded says that a full load of the table has ended and that DMS is not loading it again.
func (s TableStatistics) Loaded() bool {
	return !s.LoadEndedAt.IsZero() && !s.Loading() && s.State != TableQueued && !s.GivenUp()
}

// TableStatistics are the counts of one table of a task (API_TableStatistics).
type TableStatistics struct {
	Schema, Name string
	State        string // such as "Table completed"
	Rows         int64  // number of rows that the full load has loaded
	// Inserts, Updates, Deletes and DDLs count the changes that DMS has captured since the task was created.
	Inserts, Updates, Deletes, DDLs int64
	LoadStartedAt, LoadEndedAt      time.Time // start and end of the full load; zero if DMS does not report them
	Reloaded                        bool      // DMS has loaded the table more than once (FullLoadReloaded)
}

// String is the name of the table, SCHEMA.TABLE.
func (s TableStatistics) String() string { return s.Schema + "." + s.Name }

// StatisticsReader reads the statistics of a task's tables.
type StatisticsReader interface {
	DescribeTableStatistics(context.Context, *awsdms.DescribeTableStatisticsInput, ...func(*awsdms.Options)) (*awsdms.DescribeTableStatisticsOutput, error)
}

// statisticsPageSize is the most that DescribeTableStatistics returns at once.
const statisticsPageSize = 500

// Statistics reads the statistics of a task's tables. It returns none for a task that is gone or has no statistics yet.
func Statistics(ctx context.Context, api StatisticsReader, taskARN string) ([]TableStatistics, error) {
	var all []TableStatistics
	pages := awsdms.NewDescribeTableStatisticsPaginator(api, &awsdms.DescribeTableStatisticsInput{
		ReplicationTaskArn: aws.String(taskARN), MaxRecords: aws.Int32(statisticsPageSize),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isNotFound(err) || isWrongState(err) {
			return nil, nil // Without statistics the verdict counts no table as loaded.
		}
		if err != nil {
			return nil, fmt.Errorf("describe the table statistics of replication task %s: %w", taskARN, err)
		}
		for _, t := range page.TableStatistics {
			all = append(all, TableStatistics{
				Schema: aws.ToString(t.SchemaName), Name: aws.ToString(t.TableName), State: aws.ToString(t.TableState),
				Rows: t.FullLoadRows, Inserts: t.Inserts, Updates: t.Updates, Deletes: t.Deletes, DDLs: t.Ddls,
				LoadStartedAt: aws.ToTime(t.FullLoadStartTime), LoadEndedAt: aws.ToTime(t.FullLoadEndTime),
				Reloaded: aws.ToBool(t.FullLoadReloaded),
			})
		}
	}
	return all, nil
}
