package dms

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
)

// Table states (API_TableStatistics, TableState).
const (
	TableCompleted = "Table completed"
	TableError     = "Table error"
	TableCancelled = "Table cancelled"
	TableAbsent    = "Table does not exist"
)

// GivenUp says that DMS has given the table up.
func (s TableStatistics) GivenUp() bool {
	return slices.Contains([]string{TableError, TableCancelled, TableAbsent}, s.State)
}

// Loaded says that the table was loaded in full and nothing loads it now.
func (s TableStatistics) Loaded() bool { return s.Idle() && !s.LoadEndedAt.IsZero() }

// Idle says that nothing loads the table, nor is about to.
func (s TableStatistics) Idle() bool { return s.State == TableCompleted }

// TableStatistics is what DMS counted for one table (API_TableStatistics).
type TableStatistics struct {
	Schema, Name string
	State        string // such as "Table completed"
	Rows         int64  // loaded by the full load
	// Inserts, Updates, Deletes and DDLs were captured from the redo log since the task was created.
	Inserts, Updates, Deletes, DDLs int64
	LoadStartedAt, LoadEndedAt      time.Time // of the full load; zero when DMS does not say
}

// StatisticsReader reads the statistics of a task's tables.
type StatisticsReader interface {
	DescribeTableStatistics(context.Context, *awsdms.DescribeTableStatisticsInput, ...func(*awsdms.Options)) (*awsdms.DescribeTableStatisticsOutput, error)
}

// statisticsPageSize is the most that DescribeTableStatistics returns at once.
const statisticsPageSize = 500

// Statistics reads what a task has counted for each of its tables; none for a task that is gone or has no statistics.
func Statistics(ctx context.Context, api StatisticsReader, taskARN string) ([]TableStatistics, error) {
	var all []TableStatistics
	pages := awsdms.NewDescribeTableStatisticsPaginator(api, &awsdms.DescribeTableStatisticsInput{
		ReplicationTaskArn: aws.String(taskARN), MaxRecords: aws.Int32(statisticsPageSize),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if missing(err) || wrongState(err) {
			return nil, nil // What DMS cannot tell proves nothing.
		}
		if err != nil {
			return nil, fmt.Errorf("describe table statistics of %s: %w", taskARN, err)
		}
		for _, t := range page.TableStatistics {
			all = append(all, TableStatistics{
				Schema: aws.ToString(t.SchemaName), Name: aws.ToString(t.TableName), State: aws.ToString(t.TableState),
				Rows: t.FullLoadRows, Inserts: t.Inserts, Updates: t.Updates, Deletes: t.Deletes, DDLs: t.Ddls,
				LoadStartedAt: aws.ToTime(t.FullLoadStartTime), LoadEndedAt: aws.ToTime(t.FullLoadEndTime),
			})
		}
	}
	return all, nil
}
