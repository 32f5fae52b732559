package workflow

import (
	"context"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/replication"
)

// Poll looks at the tasks of a run.
type Poll struct {
	Environment
	Log *slog.Logger
	DMS interface {
		replication.Describer
		replication.ConnectionDescriber
	}
}

// Step tells the run's phase from one look at all its tasks. Tasks that are ready stay pending until the instance has
// reached both of their endpoints.
func (p Poll) Step() Step {
	return step("poll", p.Department, p.Log, func(ctx context.Context, log *slog.Logger, run *Run) error {
		found, err := replication.Describe(ctx, p.DMS, run.Tasks)
		if err != nil {
			return err
		}
		for _, task := range run.Tasks {
			d := found[task.ID]
			log.Info("task", "task", task.ID, "status", d.Status, "stopReason", d.StopReason, "percent", d.Percent)
		}
		phase := replication.Observe(run.Type, run.Tasks, found, run.StartedAt)
		if phase == replication.Ready {
			e := run.Endpoints
			connected, err := replication.Connected(ctx, p.DMS, e.Instance, e.Source, e.Target)
			if err != nil {
				return err
			}
			if !connected {
				phase = replication.Pending
			}
		}
		run.enter(phase, time.Now())
		return nil
	})
}
