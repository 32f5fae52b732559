package deploy

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// Quiescer keeps tasks of one stack at rest.
type Quiescer struct {
	Stack  string
	Table  string // the statistics table, where the leases are
	DMS    dms.TaskCleaner
	Leases records.LeaseStore
	Log    *slog.Logger
}

// holdTime is how long a deploy holds the leases of jobs: longer than CloudFormation takes from the guard to the jobs, even
// when it changes the replication instance on its way.
const holdTime = time.Hour

// runTimeout is how long a run may go on before a deploy is refused for it. One that looks after a task takes minutes,
// one that loads tables may take a day.
const runTimeout = 20 * time.Minute

const quiescePause = 10 * time.Second

// stoppedFor is how long tasks must have been at rest: a function of a run that lost its lease may still be at work.
const stoppedFor = 20 * time.Second

// Hold takes the leases of jobs, so that no run starts their tasks, and waits for the runs that have them. The error
// names the runs that are still at work when patience, counted from since, is over.
func (k Quiescer) Hold(ctx context.Context, jobs []string, since time.Time) error {
	for {
		busy, err := k.hold(ctx, jobs, time.Now().Add(holdTime))
		if err != nil || len(busy) == 0 {
			return err
		}
		if time.Since(since) > runTimeout {
			return fmt.Errorf("%s: DMS changes no endpoint that is in use; wait for the end, or stop the run, and deploy again",
				strings.Join(busy, ", and "))
		}
		k.Log.Info("waiting for runs", "busy", busy)
		if err := Wait(ctx, quiescePause); err != nil {
			return err
		}
	}
}

func (k Quiescer) hold(ctx context.Context, jobs []string, until time.Time) (busy []string, err error) {
	for _, job := range jobs {
		holder, err := records.HoldForDeploy(ctx, k.Leases, k.Table, job, until, time.Now())
		if err != nil {
			return nil, err
		}
		if !holder.IsDeploy() {
			busy = append(busy, fmt.Sprintf("job %s is running (%s)", job, cmp.Or(holder.Execution, "a run that just ended")))
		}
	}
	return busy, nil
}

// Release gives back what a deploy holds.
func (k Quiescer) Release(ctx context.Context, jobs []string) error {
	for _, job := range jobs {
		if err := records.ReleaseDeployHold(ctx, k.Leases, k.Table, job); err != nil {
			return err
		}
	}
	return nil
}

// Stop stops the tasks of jobs and returns when all are at rest. Their checkpoints stay.
func (k Quiescer) Stop(ctx context.Context, jobs []string) error {
	return k.until(ctx, jobs, func(tasks []dms.Task) (bool, error) {
		return dms.StopTasks(ctx, k.DMS, k.Stack, tasks)
	})
}

// TakeDown stops and deletes the tasks of jobs, with their checkpoints and what the jobs remember, and returns when none is left.
func (k Quiescer) TakeDown(ctx context.Context, jobs []string) error {
	err := k.until(ctx, jobs, func(tasks []dms.Task) (bool, error) {
		return dms.DeleteTasks(ctx, k.DMS, k.Stack, tasks)
	})
	for _, job := range jobs {
		if err == nil {
			err = records.DeleteJobState(ctx, k.Leases, k.Table, job)
		}
	}
	return err
}

// until repeats what can be done now until it has been done for a while.
func (k Quiescer) until(ctx context.Context, jobs []string, do func([]dms.Task) (bool, error)) error {
	if len(jobs) == 0 {
		return nil
	}
	var doneSince time.Time
	known := dms.Tags{}
	for {
		owned, err := dms.OwnedTasks(ctx, k.DMS, "", k.Stack, known)
		if err != nil {
			return err
		}
		var tasks []dms.Task
		for _, task := range owned {
			if slices.Contains(jobs, task.Job) {
				tasks = append(tasks, dms.Task{ID: task.ID, Accepted: true})
			}
		}
		done, err := do(tasks)
		switch {
		case err != nil:
			return err
		case !done:
			doneSince = time.Time{}
		case doneSince.IsZero():
			doneSince = time.Now()
		case time.Since(doneSince) >= stoppedFor:
			return nil
		}
		if err := Wait(ctx, quiescePause); err != nil {
			return fmt.Errorf("tasks of jobs %s are still on their way: %w", strings.Join(jobs, ", "), err)
		}
	}
}

// rollbackPatience is how long a rollback waits for runs and tasks, and rollbackLife how long it holds the leases of jobs
// from then on: no longer than it takes to give the endpoints their old definitions back.
const (
	rollbackTimeout  = 15 * time.Minute
	rollbackHoldTime = 10 * time.Minute
)

// BeforeRollback brings the tasks of jobs to rest as far as that can be had: its only error is that of a context which is
// done before rollbackPatience, counted from since, is over. The jobs' next runs start the tasks again.
func (k Quiescer) BeforeRollback(ctx context.Context, jobs []string, since time.Time) error {
	patient, cancel := context.WithDeadline(ctx, since.Add(rollbackTimeout))
	defer cancel()
	err := k.stopBeforeRollback(patient, jobs)
	if ctx.Err() != nil && time.Since(since) < rollbackTimeout {
		return ctx.Err()
	}
	if err != nil {
		k.Log.Error("the rollback goes on, though tasks may be at work", "jobs", jobs, "error", err)
	}
	return nil
}

func (k Quiescer) stopBeforeRollback(ctx context.Context, jobs []string) error {
	for {
		busy, err := k.hold(ctx, jobs, time.Now().Add(rollbackHoldTime))
		if err != nil {
			return err
		}
		if len(busy) == 0 {
			break
		}
		if Wait(ctx, quiescePause) != nil {
			return fmt.Errorf("%s", strings.Join(busy, ", and "))
		}
	}
	return k.Stop(ctx, jobs)
}
