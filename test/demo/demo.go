// Package demo demonstrates a department on one machine. It deploys the department with the CDK CLI to the embedded AWS,
// checks its source and fixes a table that is not ready. The schedules start the full-load jobs. A full-load-and-cdc job
// replicates changes of the source and gets one more table. Then the demonstration compares the lake with the source, counts the
// loaded tables by SQL through the Data Catalog, and deletes the stack. It reads only stack outputs, records and files, as a person with an AWS account can.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/oralake/oralake/internal/department"
)

// Options configure a demonstration.
type Options struct {
	Root       string  // the repository
	Dir        string  // the folder of the lake, the logs, the source and report.json
	Department string  // the department to deploy; Run needs one
	Scale      float64 // of TPC-H
	Speed      float64 // how many times shorter waits are than on AWS
	Document   string  // the HTML file of oralake report; empty for none
	Out        io.Writer
	// Bare leaves out the roles that DMS needs in an account, which `npx cdk deploy -c account=true` creates.
	Bare bool
}

// Run runs the whole demonstration and writes DIR/report.json. Its error is the first failure or the first wrong result.
func Run(ctx context.Context, o Options) (*Report, error) {
	began := time.Now()
	if err := o.check(); err != nil {
		return nil, err
	}
	held, err := lock(o.Dir, "works in")
	if err != nil {
		return nil, err
	}
	d, err := withChecks(o)
	if err != nil {
		held.Close()
		return nil, err
	}
	f := followed(d)
	w, err := openWorld(ctx, o, f != nil, held)
	if err != nil {
		return nil, err
	}
	defer w.Close()

	s := &show{
		Options: o, world: w, department: d, calls: countCalls(w.Cloud.Gateway), following: f,
		report: &Report{Department: d.Name, Scale: o.Scale, Check: &CheckReport{}},
	}
	if f != nil {
		s.report.CDC = &CDCReport{Job: f.job.Name, ClockSpeed: o.Speed}
	}
	s.connect(w.Cloud.Admin())
	for _, act := range []func(context.Context) error{s.deploy, s.fix, s.load, s.follow, s.redeploy, s.prove, s.deadline, s.query, s.document, s.destroy} {
		if err := act(ctx); err != nil {
			return nil, err
		}
	}
	s.report.TotalSeconds = seconds(time.Since(began))
	s.report.PeakMemoryMiB = peakMemoryMiB()
	path := filepath.Join(o.Dir, "report.json")
	if err := s.report.write(path); err != nil {
		return nil, err
	}
	fmt.Fprintf(o.Out, "\nThe lake's files are in %s, the figures are %s.\n", w.LakeDir(), path)
	if o.Document != "" {
		fmt.Fprintf(o.Out, "Open %s in a browser: it is what oralake report --html wrote before the stack was destroyed.\n", o.Document)
	}
	return s.report, errors.Join(s.report.Problem(), s.report.Check.problem(d))
}

// show is a running demonstration.
type show struct {
	Options
	clients
	world      *World
	department *department.Department
	calls      *callCounter
	following  *following // nil when the department has no job for it
	dms        *awsdms.Client
	catalog    *glue.Client
	stacks     *cloudformation.Client
	outputs    map[string]string
	stackID    string
	report     *Report
}

func (s *show) connect(cfg aws.Config) {
	s.states, s.records, s.objects = sfn.NewFromConfig(cfg), dynamodb.NewFromConfig(cfg), s3.NewFromConfig(cfg)
	s.catalog = glue.NewFromConfig(cfg)
	s.dms, s.stacks, s.functions = awsdms.NewFromConfig(cfg), cloudformation.NewFromConfig(cfg), lambda.NewFromConfig(cfg)
}

func (s *show) deploy(ctx context.Context) error {
	began := time.Now()
	dir, err := s.fromRoot(filepath.Dir(s.departmentFile()))
	if err != nil {
		return err
	}
	err = s.world.CDK(ctx, "department="+s.department.Name, "deploy",
		"-c", "departments="+dir, "--require-approval", "never", "--progress", "bar")
	if err != nil {
		return err
	}
	out, err := s.stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{
		StackName: aws.String("oralake-" + s.department.Name),
	})
	if err != nil {
		return fmt.Errorf("read the stack's outputs: %w", err)
	}
	s.stackID = aws.ToString(out.Stacks[0].StackId)
	s.outputs = map[string]string{}
	for _, output := range out.Stacks[0].Outputs {
		s.outputs[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
	}
	s.report.DeploySeconds = seconds(time.Since(began))
	return nil
}

// load fires the schedule of every full-load job at once and waits until all have ended.
func (s *show) load(ctx context.Context) error {
	began := time.Now()
	var jobs []department.Job
	var expected int64
	counts, started := map[string]int64{}, map[string]string{}
	for _, job := range s.department.Jobs {
		if job.Type != department.FullLoad {
			continue
		}
		jobs = append(jobs, job)
		for _, table := range job.Tables {
			n, err := s.world.CountSource(ctx, table)
			if err != nil {
				return err
			}
			counts[table.String()] = n
			expected += n
		}
		fmt.Fprintf(s.Out, "firing schedule %s/%s\n", s.outputs["ScheduleGroup"], job.Name)
		execution, err := s.world.Cloud.Scheduler.Fire(ctx, s.outputs["ScheduleGroup"], job.Name)
		if err != nil {
			return fmt.Errorf("fire schedule of job %s: %w", job.Name, err)
		}
		started[job.Name] = execution
	}
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		progress{api: s.dms, out: s.Out, expected: expected}.show(watching)
	}()
	for _, job := range jobs {
		run, err := s.await(ctx, job, started[job.Name], counts)
		if err != nil {
			stop()
			<-watched
			return err
		}
		s.report.Runs = append(s.report.Runs, run)
	}
	stop()
	<-watched
	s.report.RunSeconds = seconds(time.Since(began))
	fmt.Fprintln(s.Out)
	s.report.printArrivals(s.Out)
	return nil
}

// await waits for one run and compares what it recorded and wrote with the source.
func (s *show) await(ctx context.Context, job department.Job, execution string, counts map[string]int64) (RunReport, error) {
	ended, err := awaitExecution(ctx, s.states, execution)
	if err != nil {
		return RunReport{}, err
	}
	run := RunReport{
		Job: job.Name, Status: string(ended.Status),
		Seconds:  seconds(aws.ToTime(ended.StopDate).Sub(aws.ToTime(ended.StartDate))),
		DMSCalls: s.calls.of(aws.ToString(ended.TraceHeader)),
	}
	if ended.Error != nil {
		run.Reason = aws.ToString(ended.Error) + ": " + aws.ToString(ended.Cause)
	}
	if run.Transitions, err = transitions(ctx, s.states, execution); err != nil {
		return RunReport{}, err
	}
	record, found, err := recordedRun(ctx, s.records, s.outputs["StatsTable"], job.Name, execution)
	if err == nil && found {
		_, err = s.checked(ctx, record)
	}
	if err != nil {
		return RunReport{}, err
	}
	for _, table := range job.Tables {
		t := TableReport{Table: table.String(), SourceRows: counts[table.String()]}
		record, found, err := recordedTable(ctx, s.records, s.outputs["StatsTable"], t.Table, execution)
		if err != nil {
			return RunReport{}, err
		}
		t.RecordedRows = -1 // no good record
		if found && record.Good {
			t.RecordedRows = record.Rows
		}
		if record.RowCount != nil {
			t.Arrival = record.RowCount.Status
		}
		folder, err := s.published(ctx, table)
		if err != nil {
			return RunReport{}, err
		}
		if folder == "" {
			run.Tables = append(run.Tables, t)
			continue
		}
		if t.LakeRows, err = countRows(ctx, s.objects, s.outputs["LakeBucket"], folder); err != nil {
			return RunReport{}, err
		}
		if t.Ranges, err = countSegments(ctx, s.objects, s.outputs["LakeBucket"], folder); err != nil {
			return RunReport{}, err
		}
		run.Tables = append(run.Tables, t)
	}
	return run, nil
}

func (s *show) destroy(ctx context.Context) error {
	began := time.Now()
	fmt.Fprintln(s.Out)
	// The last cloud assembly has the name of the stack. To read it is faster than to synthesize again.
	if err := s.world.CDKOf(ctx, s.world.assembly(), "destroy", "--force"); err != nil {
		return err
	}
	s.report.DestroySeconds = seconds(time.Since(began))
	left, err := s.tasks(ctx)
	if err != nil {
		return err
	}
	s.report.AfterDestroy.Tasks = left
	pages := cloudformation.NewDescribeStackEventsPaginator(s.stacks, &cloudformation.DescribeStackEventsInput{StackName: &s.stackID})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("read the retained resources of the stack: %w", err)
		}
		for _, event := range page.StackEvents {
			if strings.HasSuffix(string(event.ResourceStatus), "DELETE_SKIPPED") {
				s.report.AfterDestroy.Retained = append(s.report.AfterDestroy.Retained, Retained{
					LogicalID: aws.ToString(event.LogicalResourceId), Type: aws.ToString(event.ResourceType),
					PhysicalID: aws.ToString(event.PhysicalResourceId),
				})
			}
		}
	}
	s.report.printLeft(s.Out)
	return nil
}

// tasks counts the replication tasks that exist.
func (s *show) tasks(ctx context.Context) (int, error) {
	n := 0
	pages := awsdms.NewDescribeReplicationTasksPaginator(s.dms, &awsdms.DescribeReplicationTasksInput{WithoutSettings: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var none *dmstypes.ResourceNotFoundFault
		if errors.As(err, &none) {
			break // DMS returns this error for an empty list.
		}
		if err != nil {
			return 0, fmt.Errorf("count the tasks that are left: %w", err)
		}
		n += len(page.ReplicationTasks)
	}
	return n, nil
}
