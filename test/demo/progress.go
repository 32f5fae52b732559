package demo

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how many rows have been loaded, until its context ends: as a moving bar on a terminal, as a line for
// each table that is done elsewhere.
type progress struct {
	api      *awsdms.Client
	out      io.Writer
	expected int64 // rows
}

func (p progress) show(ctx context.Context) {
	var bar *progressbar.ProgressBar
	if file, ok := p.out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		bar = progressbar.NewOptions64(p.expected,
			progressbar.OptionSetWriter(file), progressbar.OptionSetDescription("loading"),
			progressbar.OptionShowCount(), progressbar.OptionSetItsString("rows"), progressbar.OptionShowIts(),
			progressbar.OptionClearOnFinish(),
		)
		defer func() { _ = bar.Clear() }()
	}
	done := map[string]bool{}
	for pause(ctx) == nil {
		rows, completed, err := p.look(ctx)
		if err != nil {
			continue // Tasks come and go while one looks; what counts is checked at the end.
		}
		if bar != nil {
			_ = bar.Set64(min(rows, p.expected))
			continue
		}
		for table, n := range completed {
			if !done[table] {
				done[table] = true
				fmt.Fprintf(p.out, "  loaded %-20s %9d rows\n", table, n)
			}
		}
	}
}

// look asks DMS what the tasks have loaded so far.
func (p progress) look(ctx context.Context) (rows int64, completed map[string]int64, err error) {
	completed = map[string]int64{}
	tasks, err := p.api.DescribeReplicationTasks(ctx, &awsdms.DescribeReplicationTasksInput{WithoutSettings: aws.Bool(true)})
	if err != nil {
		return 0, nil, err
	}
	for _, task := range tasks.ReplicationTasks {
		stats, err := p.api.DescribeTableStatistics(ctx, &awsdms.DescribeTableStatisticsInput{
			ReplicationTaskArn: task.ReplicationTaskArn, MaxRecords: aws.Int32(500),
		})
		if err != nil {
			return 0, nil, err
		}
		for _, table := range stats.TableStatistics {
			rows += table.FullLoadRows
			if aws.ToString(table.TableState) == "Table completed" {
				completed[aws.ToString(table.SchemaName)+"."+aws.ToString(table.TableName)] = table.FullLoadRows
			}
		}
	}
	return rows, completed, nil
}
