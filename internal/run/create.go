package run

import (
	"context"
	"log/slog"
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// Create prepares a run and makes its tasks.
type Create struct {
	Environment
	Log        *slog.Logger
	Objects    Documents
	Leases     records.LeaseStore
	Records    records.Reader
	Executions Executions
	DMS        interface {
		dms.Ensurer
		dms.ConnectionTester
		dms.Modifier
		dms.Reloader
		dms.StatisticsReader
	}
}

// Step takes the lease and names the tasks when the run has none yet; called again, it makes them. Between the two
// calls the document already knows every task that may come to be, so that a failure half-way leaves none behind.
func (c Create) Step() Step {
	return step("create", c.Department, c.Log, func(ctx context.Context, log *slog.Logger, run *Document) error {
		switch {
		case run.CheckRequest != nil:
			return c.handleCheckResult(ctx, log, run)
		case len(run.Tasks) > 0 && run.Type.Continuous():
			return c.follow(ctx, log, run)
		case len(run.Tasks) > 0:
			return c.ensure(ctx, log, run)
		case run.Request.Recover != "":
			return c.recover(ctx, log, run)
		default:
			return c.prepare(ctx, log, run)
		}
	})
}

func (c Create) ensure(ctx context.Context, log *slog.Logger, run *Document) error {
	job, err := loadJob(ctx, c.Objects, run.Manifest, run.Request)
	if err != nil {
		return err
	}
	if err := c.test(ctx, run); err != nil {
		return err
	}
	run.Tasks, err = dms.Ensure(ctx, c.DMS, c.specs(run, job), run.StartedAt)
	if err != nil {
		return err
	}
	for _, task := range run.Tasks {
		log.Info("ensured", "task", task.ID, "accepted", task.Accepted)
	}
	run.SetPhase(dms.Pending, time.Now())
	return nil
}
