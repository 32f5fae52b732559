package run

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// Delete is the function that deletes the tasks of a recorded run and releases the job's lease.
type Delete struct {
	contract.Environment
	Log    *slog.Logger
	Leases interface {
		records.LeaseStore
		records.Transactor
	}
	Fence Fence
	DMS   dms.TaskCleaner
}

// NewDelete makes the function from the environment variables that the stack sets.
func NewDelete(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	d := Delete{Environment: env.Common(), Log: log, Leases: dynamodb.NewFromConfig(cfg)}
	d.Fence, d.DMS = NewFence(cfg, d.Environment)
	return d.Step(), env.Err()
}

// deleteTimeout is how long a run waits for the deletion of its tasks before it fails. DMS takes minutes.
const deleteTimeout = 2 * time.Hour

// Step deletes the tasks that load. It keeps the task that follows changes, because deleting it loses its checkpoint
// (CHAP_Task.CDC). With keepFailedTask it only stops the tasks of a failed load. It releases the lease last, so that the next run
// never finds a task that is being deleted.
func (d Delete) Step() Step {
	return NewFencedStep("delete", d.Department, d.Log, d.Fence, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		done, err := d.deleteTasks(ctx, doc)
		if err != nil {
			return err
		}
		now := time.Now()
		doc.Pace.noteDeletion(now)
		if !done {
			doc.enterPhase(Deleting, now)
			if waited := now.Sub(doc.PhaseSince); waited > deleteTimeout {
				return fmt.Errorf("the tasks %s still exist after %s: DMS has not deleted them; look at them in the DMS console and delete them there",
					doc.taskIDs(), waited.Round(time.Minute))
			}
			return nil
		}
		if doc.Request.Job != "" {
			d.keepPace(ctx, log, doc, now)
			if err := records.Release(ctx, d.Leases, d.Table, doc.Request.Job, doc.Execution); err != nil {
				return err
			}
		}
		doc.enterPhase(dms.Finished, now)
		log.Info("lease released", "task", doc.taskIDs())
		return nil
	})
}

// deleteTasks stops or deletes the tasks that end with the run. done is false while one of them is left: call it again.
func (d Delete) deleteTasks(ctx context.Context, doc *Document) (done bool, err error) {
	loading := slices.Clone(doc.Tasks)
	if doc.Type.Continuous() {
		loading = slices.DeleteFunc(loading, func(t dms.Task) bool { return !t.Backfill })
	}
	done = true
	if len(loading) > 0 {
		stopOrDelete := dms.DeleteTasks
		if doc.KeepFailedTask && doc.Error != nil {
			stopOrDelete = dms.StopTasks
		}
		if done, err = stopOrDelete(ctx, d.DMS, d.Stack, loading); err != nil {
			return false, err
		}
	}
	if len(doc.Leftovers) > 0 {
		deleted, err := dms.DeleteLeftovers(ctx, d.DMS, d.Stack, doc.Leftovers)
		if err != nil {
			return false, err
		}
		done = done && deleted
	}
	return done, nil
}
