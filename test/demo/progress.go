package demo

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
)

// progress prints how many rows have been loaded, until its context ends. On a terminal it rewrites one line; elsewhere it
// prints a line for each loaded table.
type progress struct {
	api      *awsdms.Client
	out      io.Writer
	expected int64 // rows
}

// clearLine moves a terminal's cursor to the start of the line and clears the line.
const clearLine = "\r\x1b[K"

func (p progress) show(ctx context.Context) {
	terminal := isTerminal(p.out)
	if terminal {
		defer fmt.Fprint(p.out, clearLine)
	}
	done := map[string]bool{}
	var most int64 // the most rows so far, since deleted tasks no longer report rows
	for pause(ctx) == nil {
		rows, completed, err := p.loaded(ctx)
		if err != nil {
			continue // A task may be deleted during the calls. The final counts are checked at the end.
		}
		if terminal {
			most = max(most, min(rows, p.expected))
			fmt.Fprintf(p.out, clearLine+"loading: %d of %d rows (%d %%)", most, p.expected, 100*most/max(p.expected, 1))
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

// isTerminal reports whether out is a character device: a terminal, or /dev/null, whose output nobody reads.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// loaded reads from DMS what the tasks have loaded so far.
func (p progress) loaded(ctx context.Context) (rows int64, completed map[string]int64, err error) {
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
