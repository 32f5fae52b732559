package workflow

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/replication"
)

// Start starts the tasks of a run.
type Start struct {
	Environment
	Log *slog.Logger
	DMS replication.Starter
}

// refusalPatience is how long DMS may refuse a start: an instance that is being changed takes minutes.
const refusalPatience = time.Hour

// Step starts, reloads or resumes every task that is ready.
func (s Start) Step() Step {
	return step("start", s.Department, s.Log, func(ctx context.Context, log *slog.Logger, run *Run) error {
		run.hearSCN()
		err := replication.Start(ctx, s.DMS, run.Tasks, run.StartedAt)
		now := time.Now()
		var refused *replication.Refused
		switch {
		case errors.As(err, &refused):
			if run.RefusedSince.IsZero() {
				run.RefusedSince = now
			}
			if now.Sub(run.RefusedSince) > refusalPatience {
				return err
			}
			log.Warn("refused", "task", taskIDs(*run), "reason", refused.Message)
			run.enterSince(replication.Pending, run.RefusedSince, now)
			return nil
		case err != nil:
			return err
		}
		run.RefusedSince = time.Time{}
		run.enter(replication.Running, now)
		if run.Type.Continuous() {
			run.Settling = true
			run.Resumed = !run.Tasks[0].Before.IsZero()
			if run.Load != nil {
				run.Load.Flushed = false // What the task had not written yet it reads once more.
			}
		}
		return nil
	})
}
