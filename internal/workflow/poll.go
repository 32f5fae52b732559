package workflow

import (
	"context"
	"fmt"
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
		phase := replication.Observe(run.Tasks, found, run.StartedAt)
		if phase == replication.Ready {
			e := run.Endpoints
			connections, err := replication.CheckConnections(ctx, p.DMS, e.Instance, e.Source, e.Target)
			if err != nil {
				return err
			}
			switch connections {
			case replication.Untested:
				phase = replication.Missing // Create tests them.
			case replication.Testing:
				phase = replication.Pending
			}
		}
		now := time.Now()
		if late(run, phase, now) {
			run.Error = &Error{Error: "TimedOut", Cause: fmt.Sprintf(
				"the run was given up at %s, its time limit (timeLimitHours of the job)", run.Deadline.Format(time.RFC3339))}
			phase = replication.Failed
		}
		run.enter(phase, now)
		return nil
	})
}

// late says that the run is over its time limit and has not come to an end.
func late(run *Run, phase replication.Phase, now time.Time) bool {
	over := !run.Deadline.IsZero() && now.After(run.Deadline)
	return over && phase != replication.Finished && phase != replication.Failed
}
