package workflow

import (
	"context"
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

// Step starts, reloads or resumes every task that is ready.
func (s Start) Step() Step {
	return step("start", s.Department, s.Log, func(ctx context.Context, _ *slog.Logger, run *Run) error {
		if err := replication.Start(ctx, s.DMS, run.Type, run.Tasks, run.StartedAt); err != nil {
			return err
		}
		run.enter(replication.Running, time.Now())
		return nil
	})
}
