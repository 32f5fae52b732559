package run

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
)

func (c Create) prepare(ctx context.Context, log *slog.Logger, run *Document) error {
	now := time.Now()
	if run.Request.InvalidInput != "" {
		return errors.New(run.Request.InvalidInput)
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
		run.SetPhase(Skipped, now)
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
			left := dms.Task{ID: c.taskID(task)}
			if !slices.Contains(run.Tasks, left) {
				run.Leftovers = append(run.Leftovers, left)
			}
		}
	}
	if job.Check != "" && !job.Type.Continuous() {
		return c.requestCheck(ctx, run, job) // That of a job that follows changes is asked when its task is made or changed.
	}
	run.SetPhase(dms.Missing, now)
	return nil
}

// assign writes into the document what the job asks for.
func (c Create) assign(run *Document, job manifest.Job) {
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
		run.Tasks = append(run.Tasks, dms.Task{ID: c.taskID(task)})
	}
}
