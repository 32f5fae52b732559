package run

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/dms"
)

// Start starts the tasks of a run.
type Start struct {
	Environment
	Log *slog.Logger
	DMS dms.Starter
}

// refusalTimeout is how long DMS may refuse a start: an instance that is being changed takes minutes.
const refusalTimeout = time.Hour

// Step starts, reloads or resumes every task that is ready.
func (s Start) Step() Step {
	return step("start", s.Department, s.Log, func(ctx context.Context, log *slog.Logger, run *Document) error {
		run.handleSCN()
		err := dms.StartTasks(ctx, s.DMS, run.Tasks, run.StartedAt)
		now := time.Now()
		var refused *dms.StartRefusedError
		switch {
		case errors.As(err, &refused):
			if run.RefusedSince.IsZero() {
				run.RefusedSince = now
			}
			if now.Sub(run.RefusedSince) > refusalTimeout {
				return err
			}
			log.Warn("refused", "task", taskIDs(*run), "reason", refused.Message)
			run.SetPhaseSince(dms.Pending, run.RefusedSince, now)
			return nil
		case err != nil:
			return err
		}
		run.RefusedSince = time.Time{}
		run.SetPhase(dms.Running, now)
		if run.Type.Continuous() {
			run.Settling = true
			run.Resumed = !run.Tasks[0].PreviousStart.IsZero()
			if run.Reload != nil {
				run.Reload.ChangesWritten = false // What the task had not written yet it reads once more.
			}
		}
		return nil
	})
}
