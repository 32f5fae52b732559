package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/records"
)

// CheckReport is the part of the report on the source checks.
type CheckReport struct {
	Driver string       `json:"driver"` // of the check function
	Runs   []CheckedRun `json:"runs"`
	// Fixed is the table that was not ready, after the fix of the check; nil when no job replicates its changes.
	Fixed *FixedTable `json:"fixed,omitempty"`
}

// CheckedRun is the check of one run, from its record and its check report.
type CheckedRun struct {
	Job      string            `json:"job"`
	Mode     string            `json:"mode"`    // report or require
	Queries  int               `json:"queries"` // made in all
	Seconds  float64           `json:"seconds"`
	Failed   int               `json:"failed"` // findings by severity
	Warnings int               `json:"warnings"`
	Notes    int               `json:"notes"`
	Findings []oracle.Finding  `json:"findings"`
	Planned  []oracle.Parallel `json:"planned,omitempty"` // the tables that are worth splitting
}

// FixedTable is a table that was not ready.
type FixedTable struct {
	Table        string `json:"table"`
	Assessment   string `json:"assessment"`
	Fix          string `json:"fix"`
	FailedBefore int    `json:"failedBefore"` // findings that fail the job
	FailedAfter  int    `json:"failedAfter"`
}

// fix prints the check of the run that the deploy started, and fixes the table that is not ready, before any row changes.
func (s *show) fix(ctx context.Context) error {
	at := slices.IndexFunc(s.department.Jobs, followsUnready)
	if at < 0 || s.department.Source.Check == department.CheckOff {
		return nil
	}
	job := s.department.Jobs[at]
	run, err := s.awaitRecord(ctx, job.Name)
	if err != nil {
		return err
	}
	answer, err := s.checked(ctx, run)
	if err != nil {
		return err
	}
	at = slices.IndexFunc(answer.Findings, func(f oracle.Finding) bool {
		return f.Severity == oracle.Failed && f.Table == unready.String() && strings.HasPrefix(f.Fix, "ALTER TABLE ")
	})
	if at < 0 {
		return nil // CheckReport.problem reports the missing fix.
	}
	f := answer.Findings[at]
	fmt.Fprintf(s.Out, "\nSQL> %s\n", f.Fix)
	if err := s.world.sqlplus(ctx, f.Fix); err != nil {
		return err
	}
	after, err := s.checkAgain(ctx, job)
	if err != nil {
		return err
	}
	s.report.Check.Fixed = &FixedTable{
		Table: f.Table, Assessment: f.Assessment, Fix: f.Fix,
		FailedBefore: answer.Count(oracle.Failed), FailedAfter: after.Count(oracle.Failed),
	}
	fmt.Fprintf(s.Out, "Asked again: %d failed, %d warnings, %d notes.\n\n",
		after.Count(oracle.Failed), after.Count(oracle.Warning), after.Count(oracle.Note))
	return nil
}

// followsUnready reports whether a job replicates changes of the table that is not ready.
func followsUnready(j department.Job) bool {
	return j.Type.Continuous() && !j.Paused &&
		slices.ContainsFunc(j.Tables, func(t department.Table) bool { return sourceTable(t) == unready })
}

// awaitRecord waits for the record of a job's first run.
func (s *show) awaitRecord(ctx context.Context, job string) (records.Run, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("job %s has no record of a run after %s", job, timeout))
	defer cancel()
	for {
		run, found, err := recordedRun(ctx, s.records, s.outputs["StatsTable"], job, "")
		if found || err != nil {
			return run, err
		}
		if err := pause(ctx); err != nil {
			return records.Run{}, err
		}
	}
}

// checked prints the check of a run and adds it to the report.
func (s *show) checked(ctx context.Context, run records.Run) (checkservice.Answer, error) {
	c := run.Check
	if c == nil && s.department.Source.Check == department.CheckOff {
		return checkservice.Answer{}, nil
	}
	if c == nil {
		return checkservice.Answer{}, fmt.Errorf("the record of job %s has no check", run.Job)
	}
	if c.Problem != "" {
		return checkservice.Answer{}, fmt.Errorf("the source was not checked for job %s: %s", run.Job, c.Problem)
	}
	var answer checkservice.Answer
	if err := s.readJSON(ctx, c.Report, &answer); err != nil {
		return answer, err
	}
	checked := CheckedRun{
		Job: run.Job, Mode: c.Mode, Queries: c.Queries, Seconds: answer.Seconds,
		Failed: c.Failed, Warnings: c.Warnings, Notes: c.Notes, Findings: answer.Findings,
	}
	for _, p := range answer.Parallel {
		if p.Type != oracle.None {
			checked.Planned = append(checked.Planned, p)
		}
	}
	r := s.report.Check
	r.Driver, r.Runs = answer.Driver, append(r.Runs, checked)
	fmt.Fprintf(s.Out, "\nBefore it began, %s asked the source whether it is ready, and how it is best read:\n", run.Job)
	return answer, answer.Print(s.Out)
}

// readJSON reads a JSON document by its URL, s3://BUCKET/KEY.
func (s *show) readJSON(ctx context.Context, address string, into any) error {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(address, "s3://"), "/")
	out, err := s.objects.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return fmt.Errorf("read %s: %w", address, err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err == nil {
		err = json.Unmarshal(content, into)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", address, err)
	}
	return nil
}

// checkAgain calls the check function for a job, as a person does with the AWS CLI.
func (s *show) checkAgain(ctx context.Context, job department.Job) (answer checkservice.Answer, err error) {
	payload, err := json.Marshal(checkservice.OfJob(s.department, job))
	if err != nil {
		return answer, fmt.Errorf("call the check function: %w", err)
	}
	stack, err := s.stacks.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: &s.stackID})
	if err != nil {
		return answer, fmt.Errorf("find the check function: %w", err)
	}
	for _, r := range stack.StackResources {
		if aws.ToString(r.ResourceType) != "AWS::Lambda::Function" ||
			!strings.HasPrefix(aws.ToString(r.LogicalResourceId), "FunctionsCheck") {
			continue
		}
		out, err := s.functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: r.PhysicalResourceId, Payload: payload})
		if err == nil && out.FunctionError != nil {
			err = fmt.Errorf("%s: %s", *out.FunctionError, out.Payload)
		}
		if err == nil {
			err = json.Unmarshal(out.Payload, &answer)
		}
		if err != nil {
			return answer, fmt.Errorf("call the check function: %w", err)
		}
		return answer, nil
	}
	return answer, fmt.Errorf("stack %s has no check function", s.stackID)
}

// problem returns the first wrong result of the checks of a department; nil when there is none.
func (r *CheckReport) problem(of *department.Department) error {
	for _, run := range r.Runs {
		if run.Queries == 0 || run.Queries > 15 {
			return fmt.Errorf("the check of job %s made %d queries, want 1 to 15", run.Job, run.Queries)
		}
	}
	switch {
	case of.Source.Check == department.CheckOff || !slices.ContainsFunc(of.Jobs, followsUnready):
		return nil
	case r.Fixed == nil:
		return fmt.Errorf("the check did not find that %s is not ready", unready)
	case r.Fixed.FailedAfter != 0:
		return fmt.Errorf("%q did not fix what the check found: %d findings still fail", r.Fixed.Fix, r.Fixed.FailedAfter)
	}
	return nil
}
