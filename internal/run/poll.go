package run

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/dms"
)

// Poll looks at the tasks of a run.
type Poll struct {
	Environment
	Log *slog.Logger
	DMS interface {
		dms.Describer
		dms.ConnectionDescriber
		dms.StatisticsReader
	}
}

// Step tells the run's phase from one look at all its tasks. Tasks that are ready stay pending until the instance has
// reached both of their endpoints.
func (p Poll) Step() Step {
	return step("poll", p.Department, p.Log, func(ctx context.Context, log *slog.Logger, run *Document) error {
		found, err := dms.Describe(ctx, p.DMS, run.Tasks)
		if err != nil {
			return err
		}
		for _, task := range run.Tasks {
			d := found[task.ID]
			log.Info("task", "task", task.ID, "status", d.Status, "stopReason", d.StopReason, "percent", d.Percent)
		}
		phase := dms.PhaseOf(run.Tasks, found, run.StartedAt)
		if phase == dms.Ready {
			e := run.Endpoints
			connections, err := dms.CheckConnections(ctx, p.DMS, e.Instance, e.Source, e.Target)
			if err != nil {
				return err
			}
			switch connections {
			case dms.Untested:
				phase = dms.Missing // Create tests them.
			case dms.Testing:
				phase = dms.Pending
			case dms.Connected:
				phase = run.phaseBeforeStart()
			}
		}
		now := time.Now()
		settling := false
		if phase == dms.Finished && run.Type.Continuous() {
			settling, run.Settling = run.Settling, false
			if phase, err = p.follow(ctx, run, found[run.Tasks[0].ID]); err != nil {
				return err
			}
		}
		if pastDeadline(run, phase, now) {
			run.Error = &Error{Error: "TimedOut", Cause: fmt.Sprintf(
				"the run was given up at %s, its time limit (timeLimitHours of the job)", run.Deadline.Format(time.RFC3339))}
			phase = dms.Failed
		}
		run.SetPhase(phase, now)
		if phase == dms.Missing && settling {
			run.SetPhase(dms.Running, now)
			run.WaitSeconds = int(settleTime / time.Second)
		}
		return nil
	})
}

// settleTime is how long a task that follows changes must keep running to be believed: one that cannot read the redo log from
// its checkpoint fails soon after its start.
const settleTime = 2 * time.Minute

// follow tells the phase of a run whose task follows changes and is at work.
func (p Poll) follow(ctx context.Context, run *Document, d dms.Description) (dms.Phase, error) {
	load := run.Reload
	switch {
	case !d.IsRunning(), len(run.Tasks) > 1: // A load beside it is done, too.
		return dms.Finished, nil
	case load == nil, load.ReloadedAt.IsZero():
		return dms.Missing, nil // Create looks whether there is anything to load.
	}
	statistics, err := dms.Statistics(ctx, p.DMS, d.ARN)
	if err != nil {
		return "", err
	}
	if len(load.Pending(statistics)) > 0 {
		return dms.Running, nil
	}
	return dms.Finished, nil
}

// pastDeadline says that the run is over its time limit and has not come to an end.
func pastDeadline(run *Document, phase dms.Phase, now time.Time) bool {
	over := !run.Deadline.IsZero() && now.After(run.Deadline)
	return over && phase != dms.Finished && phase != dms.Failed
}
