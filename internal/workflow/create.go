package workflow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/replication"
)

// Create prepares a run and makes its tasks.
type Create struct {
	Environment
	Log        *slog.Logger
	Objects    Objects
	Leases     history.LeaseStore
	Executions Executions
	DMS        interface {
		replication.Ensurer
		replication.ConnectionTester
	}
}

// Executions tells whether the holder of a lease is still alive.
type Executions interface {
	DescribeExecution(context.Context, *sfn.DescribeExecutionInput, ...func(*sfn.Options)) (*sfn.DescribeExecutionOutput, error)
}

// Step takes the lease and names the tasks when the run has none yet; called again, it makes them. Between the two
// calls the document already knows every task that may come to be, so that a failure half-way leaves none behind.
func (c Create) Step() Step {
	return step("create", c.Department, c.Log, func(ctx context.Context, log *slog.Logger, run *Run) error {
		if len(run.Tasks) == 0 {
			return c.prepare(ctx, log, run)
		}
		return c.ensure(ctx, log, run)
	})
}

func (c Create) prepare(ctx context.Context, log *slog.Logger, run *Run) error {
	now := time.Now()
	if run.Request.Job == "" {
		return errors.New(`the execution's input names no job: start the state machine with {"job": "NAME"}`)
	}
	run.Manifest = c.Manifest
	job, err := loadJob(ctx, c.Objects, run.Manifest, run.Request.Job)
	if err != nil {
		return err
	}
	holder, err := c.lease(ctx, run, now)
	if err != nil {
		return err
	}
	if holder != run.Execution {
		run.LeaseHolder = holder
		run.enter(replication.Skipped, now)
		log.Warn("skipped: another run of the job is at work", "task", "", "holder", holder)
		return nil
	}
	run.Type = job.Type
	run.Endpoints = Endpoints{Instance: c.Instance, Source: c.Source, Target: c.FullEndpoint}
	if job.Type.Continuous() {
		run.Endpoints.Target = c.CDCEndpoint
	}
	for _, task := range job.Tasks {
		run.Tasks = append(run.Tasks, replication.Task{ID: c.taskID(task)})
	}
	run.enter(replication.Missing, now)
	return nil
}

// lease takes the job's lease, also from a holder that is no longer running.
func (c Create) lease(ctx context.Context, run *Run, now time.Time) (holder string, err error) {
	holder, err = history.Acquire(ctx, c.Leases, c.Table, run.Request.Job, run.Execution, "", now)
	if err != nil || holder == run.Execution {
		return holder, err
	}
	out, err := c.Executions.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(holder)})
	var gone *sfntypes.ExecutionDoesNotExist
	if err != nil && !errors.As(err, &gone) {
		return "", fmt.Errorf("look at the run that holds the lease of job %s: %w", run.Request.Job, err)
	}
	if err == nil && out.Status == sfntypes.ExecutionStatusRunning {
		return holder, nil
	}
	return history.Acquire(ctx, c.Leases, c.Table, run.Request.Job, run.Execution, holder, now)
}

func (c Create) ensure(ctx context.Context, log *slog.Logger, run *Run) error {
	job, err := loadJob(ctx, c.Objects, run.Manifest, run.Request.Job)
	if err != nil {
		return err
	}
	e := run.Endpoints
	if err := replication.TestConnections(ctx, c.DMS, e.Instance, e.Source, e.Target); err != nil {
		return err
	}
	specs := make([]replication.Spec, len(job.Tasks))
	for i, task := range job.Tasks {
		specs[i] = replication.Spec{
			ID: c.taskID(task), Stack: c.Stack, Job: job.Name, Type: job.Type,
			Mappings: string(task.Mappings), Settings: string(task.Settings),
			SourceARN: e.Source, TargetARN: e.Target, InstanceARN: e.Instance,
		}
	}
	run.Tasks, err = replication.Ensure(ctx, c.DMS, specs, run.StartedAt)
	if err != nil {
		return err
	}
	for _, task := range run.Tasks {
		log.Info("ensured", "task", task.ID, "arn", task.ARN)
	}
	run.enter(replication.Pending, time.Now())
	return nil
}

func (c Create) taskID(task manifest.Task) string { return c.Stack + "-" + task.Name }
