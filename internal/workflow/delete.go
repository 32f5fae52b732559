package workflow

import (
	"context"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/replication"
)

// Delete ends a run.
type Delete struct {
	Environment
	Log    *slog.Logger
	Leases history.LeaseStore
	DMS    interface {
		replication.Describer
		replication.Remover
	}
}

// Step deletes the tasks of a full load; those of a CDC job stay, since deleting one loses its checkpoint
// (CHAP_Task.CDC). The lease is given back only when the tasks are gone: the next run never meets one half deleted.
func (d Delete) Step() Step {
	return step("delete", d.Department, d.Log, func(ctx context.Context, log *slog.Logger, run *Run) error {
		if !run.Type.Continuous() && len(run.Tasks) > 0 {
			gone, err := replication.Delete(ctx, d.DMS, run.Tasks)
			if err != nil {
				return err
			}
			if !gone {
				run.enter(replication.Deleting, time.Now())
				return nil
			}
		}
		if run.Request.Job != "" {
			if err := history.Release(ctx, d.Leases, d.Table, run.Request.Job, run.Execution); err != nil {
				return err
			}
		}
		run.enter(replication.Finished, time.Now())
		log.Info("lease given back", "task", taskIDs(*run))
		return nil
	})
}
