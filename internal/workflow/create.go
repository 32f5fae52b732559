package workflow

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/replication"
)

// Create prepares a run and makes its tasks.
type Create struct {
	Environment
	Log        *slog.Logger
	Objects    Documents
	Leases     history.LeaseStore
	Records    history.Reader
	Executions Executions
	DMS        interface {
		replication.Ensurer
		replication.ConnectionTester
		replication.Changer
		replication.Reloader
		replication.StatisticsReader
	}
}

// Step takes the lease and names the tasks when the run has none yet; called again, it makes them. Between the two
// calls the document already knows every task that may come to be, so that a failure half-way leaves none behind.
func (c Create) Step() Step {
	return step("create", c.Department, c.Log, func(ctx context.Context, log *slog.Logger, run *Run) error {
		switch {
		case run.Ask != nil:
			return c.heard(ctx, log, run)
		case len(run.Tasks) > 0 && run.Type.Continuous():
			return c.follow(ctx, log, run)
		case len(run.Tasks) > 0:
			return c.ensure(ctx, log, run)
		case run.Request.Sweep != "":
			return c.sweep(ctx, log, run)
		default:
			return c.prepare(ctx, log, run)
		}
	})
}

func (c Create) prepare(ctx context.Context, log *slog.Logger, run *Run) error {
	now := time.Now()
	if run.Request.Wrong != "" {
		return errors.New(run.Request.Wrong)
	}
	if run.Request.Job == "" {
		return errors.New(`the execution's input names no job: start the state machine with {"job": "NAME"}`)
	}
	run.Manifest = c.Manifest
	job, err := loadJob(ctx, c.Objects, run.Manifest, run.Request)
	if err != nil {
		return err
	}
	holder, err := c.lease(ctx, log, run, now)
	if err != nil {
		return err
	}
	if holder != run.Execution {
		run.LeaseHolder = holder
		run.enter(replication.Skipped, now)
		log.Warn("skipped: another run of the job is at work", "task", "", "holder", holder)
		return nil
	}
	c.assign(run, job)
	if len(run.Request.Tables) > 0 {
		all, err := loadJob(ctx, c.Objects, run.Manifest, run.Request.whole())
		if err != nil {
			return err
		}
		for _, task := range all.Tasks {
			left := replication.Task{ID: c.taskID(task)}
			if !slices.Contains(run.Tasks, left) {
				run.Leftovers = append(run.Leftovers, left)
			}
		}
	}
	if job.Check != "" && !job.Type.Continuous() {
		return c.ask(ctx, run, job) // That of a job that follows changes is asked when its task is made or changed.
	}
	run.enter(replication.Missing, now)
	return nil
}

// assign writes into the document what the job asks for.
func (c Create) assign(run *Run, job manifest.Job) {
	run.Type = job.Type
	run.KeepFailedTask = job.KeepFailedTask
	if job.Check != "" {
		run.Verify = job.Verify
	}
	if job.TimeLimitHours > 0 {
		run.Deadline = run.StartedAt.Add(time.Duration(job.TimeLimitHours) * time.Hour)
	}
	run.Endpoints = Endpoints{Instance: c.Instance, Source: c.Source, Target: c.FullEndpoint}
	if job.Type.Continuous() {
		run.Endpoints.Target = c.CDCEndpoint
	}
	for _, task := range job.Tasks {
		run.Tasks = append(run.Tasks, replication.Task{ID: c.taskID(task)})
	}
}

func (c Create) ensure(ctx context.Context, log *slog.Logger, run *Run) error {
	job, err := loadJob(ctx, c.Objects, run.Manifest, run.Request)
	if err != nil {
		return err
	}
	if err := c.test(ctx, run); err != nil {
		return err
	}
	run.Tasks, err = replication.Ensure(ctx, c.DMS, c.specs(run, job), run.StartedAt)
	if err != nil {
		return err
	}
	for _, task := range run.Tasks {
		log.Info("ensured", "task", task.ID, "accepted", task.Accepted)
	}
	run.enter(replication.Pending, time.Now())
	return nil
}

// test has the connections to the run's endpoints tested: once in the run whatever they were before, since DMS does not
// tell when a test was made, and a password may have changed since; then those that have no success yet.
func (c Create) test(ctx context.Context, run *Run) error {
	e, begin := run.Endpoints, replication.TestConnections
	if !run.Tested {
		begin = replication.TestConnectionsAgain
	}
	if err := begin(ctx, c.DMS, e.Instance, e.Source, e.Target); err != nil {
		return err
	}
	run.Tested = true
	return nil
}

// specs are the tasks of a job as they should be.
func (c Create) specs(run *Run, job manifest.Job) []replication.Spec {
	specs := make([]replication.Spec, len(job.Tasks))
	for i, task := range job.Tasks {
		specs[i] = c.spec(run, job.Name, job.Type, task)
		if job.StartFrom != department.StartNow {
			specs[i].StartFrom = job.StartFrom
		}
	}
	return specs
}

// spec is a task of a job as it should be.
func (c Create) spec(run *Run, job string, kind department.Type, task manifest.Task) replication.Spec {
	e := run.Endpoints
	return replication.Spec{
		ID: c.taskID(task), Stack: c.Stack, Job: job, Type: kind,
		Mappings: string(task.Mappings), Settings: string(task.Settings),
		SourceARN: e.Source, TargetARN: e.Target, InstanceARN: e.Instance,
	}
}

func (c Create) taskID(task manifest.Task) string { return c.Stack + "-" + task.Name }

// backfillID is the task that loads tables of a job which follows changes.
func (c Create) backfillID(job manifest.Job) string { return c.Stack + "-" + job.BackfillName() }
