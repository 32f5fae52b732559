package run

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// Delete ends a run.
type Delete struct {
	Environment
	Log    *slog.Logger
	Leases records.LeaseStore
	DMS    dms.TaskCleaner
}

// deleteTimeout is how long tasks may take to go before a person is told. DMS takes minutes.
const deleteTimeout = 2 * time.Hour

// Step deletes the tasks that load; one that follows changes stays, since deleting it loses its checkpoint
// (CHAP_Task.CDC). Those of a failed load are only stopped if the job says so. The lease is given back when all that is
// done: the next run never meets a task half deleted.
func (d Delete) Step() Step {
	return step("delete", d.Department, d.Log, func(ctx context.Context, log *slog.Logger, run *Document) error {
		done, err := d.takeDown(ctx, run)
		if err != nil {
			return err
		}
		if !done {
			run.SetPhase(Deleting, time.Now())
			if waited := time.Since(run.PhaseSince); waited > deleteTimeout {
				return fmt.Errorf("the tasks %s are still there after %s: look at them in the DMS console, "+
					"and delete what has not gone", taskIDs(*run), waited.Round(time.Minute))
			}
			return nil
		}
		if run.Request.Job != "" {
			if err := records.Release(ctx, d.Leases, d.Table, run.Request.Job, run.Execution); err != nil {
				return err
			}
		}
		run.SetPhase(dms.Finished, time.Now())
		log.Info("lease given back", "task", taskIDs(*run))
		return nil
	})
}

// takeDown does what can be done now to have no task left that ends with the run, and says whether none is.
func (d Delete) takeDown(ctx context.Context, run *Document) (done bool, err error) {
	doomed := slices.Clone(run.Tasks)
	if run.Type.Continuous() {
		doomed = slices.DeleteFunc(doomed, func(t dms.Task) bool { return !t.Backfill })
	}
	done = true
	if len(doomed) > 0 {
		takeDown := dms.DeleteTasks
		if run.KeepFailedTask && run.Error != nil {
			takeDown = dms.StopTasks
		}
		if done, err = takeDown(ctx, d.DMS, d.Stack, doomed); err != nil {
			return false, err
		}
	}
	if len(run.Leftovers) > 0 {
		gone, err := dms.DeleteTasks(ctx, d.DMS, d.Stack, run.Leftovers)
		if err != nil {
			return false, err
		}
		done = done && gone
	}
	return done, nil
}
