package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/oracledb"
)

// following is the part of a demonstration that replicates changes.
type following struct {
	job      department.Job
	tables   []department.Table // the changed tables, all without filters and excluded columns
	task     string             // ARN
	began    int64              // the source's SCN before the first change
	changers map[oracledb.Table]*changer
	arrivals *arrivals
	took     []time.Duration // from each commit to its file, in real time
}

// followed returns the first full-load-and-cdc job with tables without filters and excluded columns, so that the lake can
// be compared with the source. It returns nil when there is none.
func followed(d *department.Department) *following {
	for _, job := range d.Jobs {
		if job.Type != department.FullLoadAndCDC || job.Paused {
			continue
		}
		whole := slices.DeleteFunc(slices.Clone(job.Tables), func(t department.Table) bool {
			return len(t.Filters)+len(t.Exclude) > 0
		})
		if len(whole) > 0 && d.Lake.Format == "parquet" {
			return &following{job: job, tables: whole, changers: map[oracledb.Table]*changer{}}
		}
	}
	return nil
}

// folder returns the lake folder of a table's changes.
func folder(t department.Table) string {
	schema, name := t.Target()
	return "cdc/" + schema + "/" + name
}

func sourceTable(t department.Table) oracledb.Table {
	return oracledb.Table{Schema: t.Schema, Name: t.Name}
}

// follow waits until the job, which the deploy started, replicates changes. Then it changes rows at the source and prints
// the files that arrive.
func (s *show) follow(ctx context.Context) error {
	f := s.following
	if f == nil {
		fmt.Fprintf(s.Out, "\nNo job of %s loads whole tables into Parquet files and then follows them: no change is shown.\n", s.department.Name)
		return nil
	}
	f.arrivals = &arrivals{
		objects: s.objects, bucket: s.outputs["LakeBucket"], timestamp: s.department.Lake.TimestampColumn,
		files: map[string]*changeFile{},
	}
	var err error
	if f.task, err = s.awaitFollowed(ctx, f.job.Tables); err != nil {
		return err
	}
	if f.began, err = s.world.database.SCN(ctx); err != nil {
		return err
	}
	for _, t := range f.tables {
		if f.changers[sourceTable(t)], err = newChanger(ctx, s.world.database, sourceTable(t)); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.Out, "\n%s follows %s. Changing rows at the source: inserts, updates, deletes, and all of them in one transaction.\n\n",
		f.job.Name, names(f.tables))
	if err := s.change(ctx, f.tables); err != nil {
		return err
	}
	return s.arrive(ctx)
}

// change changes rows of some tables.
func (s *show) change(ctx context.Context, tables []department.Table) error {
	for _, t := range tables {
		if err := s.following.changers[sourceTable(t)].change(ctx); err != nil {
			return err
		}
	}
	return nil
}

// timeout is how long the demonstration waits for something that takes seconds.
const timeout = 2 * time.Minute

// awaitFollowed waits until the job's task captures changes and has loaded these tables, and no run is in progress.
func (s *show) awaitFollowed(ctx context.Context, tables []department.Table) (task string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("job %s does not follow %s after %s",
		s.following.job.Name, names(tables), timeout))
	defer cancel()
	id := "oralake-" + s.department.Name + "-" + s.following.job.Name + "-1"
	for {
		task, loaded, err := s.loaded(ctx, id)
		if err != nil {
			return "", err
		}
		ready := task != "" && !slices.ContainsFunc(tables, func(t department.Table) bool { return !loaded[t.String()] })
		if ready {
			if ready, err = s.idle(ctx); err != nil {
				return "", err
			}
		}
		if ready {
			return task, nil
		}
		if err := pause(ctx); err != nil {
			return "", err
		}
	}
}

// loaded returns the ARN of a running task and the tables that it has loaded.
func (s *show) loaded(ctx context.Context, id string) (arn string, tables map[string]bool, err error) {
	out, err := s.dms.DescribeReplicationTasks(ctx, &awsdms.DescribeReplicationTasksInput{
		Filters:         []dmstypes.Filter{{Name: aws.String("replication-task-id"), Values: []string{id}}},
		WithoutSettings: aws.Bool(true),
	})
	var none *dmstypes.ResourceNotFoundFault
	switch {
	case errors.As(err, &none):
		return "", nil, nil
	case err != nil:
		return "", nil, fmt.Errorf("describe replication task %s: %w", id, err)
	case aws.ToString(out.ReplicationTasks[0].Status) != "running":
		return "", nil, nil
	}
	arn = aws.ToString(out.ReplicationTasks[0].ReplicationTaskArn)
	statistics, err := s.dms.DescribeTableStatistics(ctx, &awsdms.DescribeTableStatisticsInput{
		ReplicationTaskArn: &arn, MaxRecords: aws.Int32(500),
	})
	if err != nil {
		return "", nil, fmt.Errorf("describe the tables of replication task %s: %w", id, err)
	}
	tables = map[string]bool{}
	for _, t := range statistics.TableStatistics {
		tables[aws.ToString(t.SchemaName)+"."+aws.ToString(t.TableName)] = aws.ToString(t.TableState) == "Table completed"
	}
	return arn, tables, nil
}

// idle reports whether no run is in progress.
func (s *show) idle(ctx context.Context) (bool, error) {
	machine := s.outputs["StateMachineArn"]
	out, err := s.states.ListExecutions(ctx, &sfn.ListExecutionsInput{
		StateMachineArn: &machine, StatusFilter: sfntypes.ExecutionStatusRunning,
	})
	if err != nil {
		return false, fmt.Errorf("list the runs: %w", err)
	}
	return len(out.Executions) == 0, nil
}

// arrive waits until every change is in a file, and prints the contents of the new files.
func (s *show) arrive(ctx context.Context) error {
	f := s.following
	made, err := made(ctx, s.world.database, f.began)
	if err != nil {
		return err
	}
	var missing error
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	files := map[int][]*changeFile{}
	for {
		for i, t := range f.tables {
			more, err := f.arrivals.readNew(ctx, folder(t))
			if err != nil {
				return errors.Join(err, missing)
			}
			files[i] = append(files[i], more...)
		}
		missing = nil
		for _, t := range f.tables {
			if landed, want := f.arrivals.landed(folder(t)), made[sourceTable(t)]; landed < want && missing == nil {
				missing = fmt.Errorf("%d of %d changes of %s are in the lake after %s", landed, want, t, timeout)
			}
		}
		if missing == nil {
			s.printArrived(files)
			return nil
		}
		if pause(ctx) != nil {
			return missing
		}
	}
}

// printArrived prints the contents of CDC files. The key of files is the index of the table.
func (s *show) printArrived(files map[int][]*changeFile) {
	f := s.following
	w := tabwriter.NewWriter(s.Out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "IN THE LAKE\tFILES\tINSERTS\tUPDATES\tDELETES\tSECONDS FROM COMMIT TO FILE\t")
	for i, t := range f.tables {
		rows := map[string]int{}
		var took []time.Duration
		for _, file := range files[i] {
			for op, n := range file.Ops {
				rows[op] += n
			}
			took = append(took, file.Took...)
		}
		f.took = append(f.took, took...)
		fmt.Fprintf(w, "%s/\t%d\t%d\t%d\t%d\t%s\t\n", folder(t), len(files[i]), rows["I"], rows["U"], rows["D"], s.span(took))
	}
	w.Flush()
}

// span returns the shortest and the longest of some durations, in seconds of the embedded AWS.
func (s *show) span(took []time.Duration) string {
	if len(took) == 0 {
		return "-"
	}
	least, most := s.onAWS(slices.Min(took)), s.onAWS(slices.Max(took))
	if low, high := fmt.Sprintf("%.0f", least), fmt.Sprintf("%.0f", most); low != high {
		return low + " to " + high
	}
	return fmt.Sprintf("%.0f", most)
}

// onAWS converts a real duration to seconds of the embedded AWS. It also multiplies the running time of programs, so the
// result is longer than on AWS.
func (s *show) onAWS(real time.Duration) float64 {
	return seconds(time.Duration(float64(real) * max(s.Speed, 1)))
}

// departmentFile returns the path of the deployed copy of the department's file.
func (s *show) departmentFile() string { return copied(s.Options) }
