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
	"github.com/oralake/oralake/internal/run"
)

// Quiescer stops or deletes the tasks of one stack for a deploy, and holds the leases of their jobs, so that no run starts the
// tasks again.
type Quiescer struct {
	Stack   string
	Table   string // the DynamoDB table of the records
	DMS     dms.TaskCleaner
	Records records.StateStore
	Log     *slog.Logger
}

// holdTime is how long a deploy holds the leases of jobs. CloudFormation takes less time from preflight to the resources of the
// jobs, even if it modifies the replication instance between them.
const holdTime = time.Hour

// runTimeout is how long a deploy waits for runs before it fails. A run that only reconciles a task takes minutes; a run that
// loads tables may take a day. DMS may assess a task for some minutes before it starts it (CHAP_Tasks.DataTypeAssessments).
const runTimeout = 30 * time.Minute

// quiescePause is the pause between two attempts.
const quiescePause = 10 * time.Second

// stoppedTime is how long tasks must stay stopped before they count as stopped: a function of a run that has lost its lease may
// still start one.
const stoppedTime = 20 * time.Second

// Hold takes the leases of jobs for the deploy, and waits for the runs that hold them. It fails if runs are still running
// runTimeout after since, and names them.
func (q Quiescer) Hold(ctx context.Context, jobs []string, since time.Time) error {
	for {
		busy, err := q.holdOnce(ctx, jobs, time.Now().Add(holdTime))
		if err != nil || len(busy) == 0 {
			return err
		}
		if time.Since(since) > runTimeout {
			return fmt.Errorf("%s: DMS does not modify an endpoint that is in use; wait for the end of the run, or stop it, and deploy again",
				strings.Join(busy, ", and "))
		}
		q.Log.Info("waiting for runs", "busy", busy)
		if err := run.Wait(ctx, quiescePause); err != nil {
			return err
		}
	}
}

// holdOnce tries once to take the leases of jobs for the deploy. busy names, for people, the jobs whose leases runs hold.
func (q Quiescer) holdOnce(ctx context.Context, jobs []string, until time.Time) (busy []string, err error) {
	for _, job := range jobs {
		holder, err := records.HoldForDeploy(ctx, q.Records, q.Table, job, until, time.Now())
		if err != nil {
			return nil, err
		}
		if !holder.IsDeploy() {
			busy = append(busy, fmt.Sprintf("job %s is running (%s)", job, cmp.Or(holder.Execution, "a run that has just ended")))
		}
	}
	return busy, nil
}

// Release releases the leases of jobs that a deploy holds.
func (q Quiescer) Release(ctx context.Context, jobs []string) error {
	for _, job := range jobs {
		if err := records.ReleaseDeployHold(ctx, q.Records, q.Table, job); err != nil {
			return err
		}
	}
	return nil
}

// Stop stops the tasks of jobs and returns when all are stopped. The tasks keep their checkpoints.
func (q Quiescer) Stop(ctx context.Context, jobs []string) error {
	return q.repeat(ctx, jobs, func(tasks []dms.Task) (bool, error) {
		return dms.StopTasks(ctx, q.DMS, q.Stack, tasks)
	})
}

// DeleteTasks deletes the tasks of jobs, and the jobs' states with the checkpoints. It returns when none is left.
func (q Quiescer) DeleteTasks(ctx context.Context, jobs []string) error {
	err := q.repeat(ctx, jobs, func(tasks []dms.Task) (bool, error) {
		return dms.DeleteTasks(ctx, q.DMS, q.Stack, tasks)
	})
	for _, job := range jobs {
		if err == nil {
			err = records.ResetJobState(ctx, q.Records, q.Table, records.Owner{Job: job})
		}
	}
	return err
}

// repeat calls act with the tasks of jobs, until act has returned done for stoppedTime without a break.
func (q Quiescer) repeat(ctx context.Context, jobs []string, act func([]dms.Task) (done bool, err error)) error {
	if len(jobs) == 0 {
		return nil
	}
	var doneSince time.Time
	known := dms.Tags{}
	for {
		owned, err := dms.OwnedTasks(ctx, q.DMS, "", q.Stack, known)
		if err != nil {
			return err
		}
		var tasks []dms.Task
		for _, task := range owned {
			if slices.Contains(jobs, task.Job) {
				tasks = append(tasks, dms.Task{ID: task.ID, Accepted: true})
			}
		}
		done, err := act(tasks)
		switch {
		case err != nil:
			return err
		case !done:
			doneSince = time.Time{}
		case doneSince.IsZero():
			doneSince = time.Now()
		case time.Since(doneSince) >= stoppedTime:
			return nil
		}
		if err := run.Wait(ctx, quiescePause); err != nil {
			return fmt.Errorf("the tasks of jobs %s have not stopped yet: %w; deploy again", strings.Join(jobs, ", "), err)
		}
	}
}

const (
	// rollbackTimeout is how long a rollback waits for runs to end and for tasks to stop.
	rollbackTimeout = 15 * time.Minute
	// rollbackHoldTime is how long a rollback holds the leases of jobs: about as long as CloudFormation takes to restore the
	// endpoints.
	rollbackHoldTime = 10 * time.Minute
)

// BeforeRollback stops the tasks of jobs before a rollback, and deletes those of replace, which are some of the jobs. It stops
// trying rollbackTimeout after since, and then lets the rollback go on: it returns an error only if the context ends earlier. The
// jobs' next runs start the tasks again, or create new ones.
func (q Quiescer) BeforeRollback(ctx context.Context, jobs, replace []string, since time.Time) error {
	stopCtx, cancel := context.WithDeadline(ctx, since.Add(rollbackTimeout))
	defer cancel()
	err := q.stopBeforeRollback(stopCtx, jobs, replace)
	if ctx.Err() != nil && time.Since(since) < rollbackTimeout {
		return ctx.Err()
	}
	if err != nil {
		q.Log.Error("the rollback goes on, although tasks may be running", "jobs", jobs, "error", err)
	}
	return nil
}

// stopBeforeRollback holds the leases of jobs and stops or deletes their tasks, until the context ends.
func (q Quiescer) stopBeforeRollback(ctx context.Context, jobs, replace []string) error {
	for {
		busy, err := q.holdOnce(ctx, jobs, time.Now().Add(rollbackHoldTime))
		if err != nil {
			return err
		}
		if len(busy) == 0 {
			break
		}
		if run.Wait(ctx, quiescePause) != nil {
			return fmt.Errorf("wait for runs: %s: %w", strings.Join(busy, ", and "), ctx.Err())
		}
	}
	if err := q.DeleteTasks(ctx, replace); err != nil {
		return err
	}
	return q.Stop(ctx, jobs)
}
