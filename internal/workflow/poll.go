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
		replication.StatisticsReader
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
			case replication.Connected:
				phase = run.beforeStart()
			}
		}
		now := time.Now()
		settling := false
		if phase == replication.Finished && run.Type.Continuous() {
			settling, run.Settling = run.Settling, false
			if phase, err = p.follow(ctx, run, found[run.Tasks[0].ID]); err != nil {
				return err
			}
		}
		if late(run, phase, now) {
			run.Error = &Error{Error: "TimedOut", Cause: fmt.Sprintf(
				"the run was given up at %s, its time limit (timeLimitHours of the job)", run.Deadline.Format(time.RFC3339))}
			phase = replication.Failed
		}
		run.enter(phase, now)
		if phase == replication.Missing && settling {
			run.enter(replication.Running, now)
			run.WaitSeconds = int(settled / time.Second)
		}
		return nil
	})
}

// settled is how long a task that follows changes must keep running to be believed: one that cannot read the redo log from
// its checkpoint fails soon after its start.
const settled = 2 * time.Minute

// follow tells the phase of a run whose task follows changes and is at work.
func (p Poll) follow(ctx context.Context, run *Run, d replication.Description) (replication.Phase, error) {
	load := run.Load
	switch {
	case !d.AtWork(), len(run.Tasks) > 1: // A load beside it is done, too.
		return replication.Finished, nil
	case load == nil, load.ReloadedAt.IsZero():
		return replication.Missing, nil // Create looks whether there is anything to load.
	}
	statistics, err := replication.Statistics(ctx, p.DMS, d.ARN)
	if err != nil {
		return "", err
	}
	if len(load.unfinished(statistics)) > 0 {
		return replication.Running, nil
	}
	return replication.Finished, nil
}

// late says that the run is over its time limit and has not come to an end.
func late(run *Run, phase replication.Phase, now time.Time) bool {
	over := !run.Deadline.IsZero() && now.After(run.Deadline)
	return over && phase != replication.Finished && phase != replication.Failed
}
