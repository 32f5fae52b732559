package run

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
)

// Poll is the function that describes the tasks of a full load.
type Poll struct {
	contract.Environment
	Log *slog.Logger
	DMS interface {
		dms.Describer
		dms.ConnectionDescriber
		dms.InstanceWatcher
	}
}

// NewPoll makes the function from the environment variables that the stack sets.
func NewPoll(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	return Poll{Environment: env.Common(), Log: log, DMS: awsdms.NewFromConfig(cfg)}.Step(), env.Err()
}

// Step describes all tasks of the run and sets the phase from their statuses. It waits while DMS restarts them by itself. A run whose tasks are ready waits until the
// connections to both endpoints are tested. If all tasks are done and the job verifies its loads, the phase is Verifying.
func (p Poll) Step() Step {
	return NewStep("poll", p.Department, p.Log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		found, err := dms.Describe(ctx, p.DMS, doc.Tasks)
		if err != nil {
			return err
		}
		LogTasks(log, doc, found)
		now := time.Now()
		doc.Pace.noteEnds(found)
		if waiting, err := AwaitRestart(ctx, log, p.DMS, doc, found, now); waiting || err != nil || doc.Error != nil {
			return err
		}
		switch phase := dms.PhaseOf(doc.Tasks, found, doc.Began()); {
		case phase == dms.Ready:
			if err := SetPhaseOfReady(ctx, p.DMS, doc, now); err != nil {
				return err
			}
			doc.Pace.noteReady(doc.Phase, now)
		case (phase == dms.Finished || phase == dms.Failed) && doc.Verify != "":
			doc.SetPhase(Verifying, now)
			return nil
		default:
			doc.SetPhase(phase, now)
		}
		doc.FailIfPastDeadline(now)
		return nil
	})
}

// LogTasks logs the status of each of the run's tasks.
func LogTasks(log *slog.Logger, doc *Document, found map[string]dms.Description) {
	for _, task := range doc.Tasks {
		d := found[task.ID]
		log.Info("task", "task", task.ID, "status", d.Status, "stopReason", d.StopReason, "percent", d.Percent)
	}
}

// SetPhaseOfReady sets the phase of a run whose tasks are ready, from the tests of the connections to its endpoints. DMS starts
// no task before both tests have succeeded. The phase is dms.Missing if a test was never started: then Create or Reconcile starts
// it. It is dms.Pending while a test is running.
func SetPhaseOfReady(ctx context.Context, api dms.ConnectionDescriber, doc *Document, now time.Time) error {
	connections, err := dms.CheckConnections(ctx, api, doc.Endpoints.Instance, doc.endpointsInUse()...)
	if err != nil {
		return err
	}
	switch connections {
	case dms.Untested:
		doc.SetPhase(dms.Missing, now)
	case dms.Testing:
		doc.SetPhase(dms.Pending, now)
	case dms.Connected:
		doc.setPhaseBeforeStart(now)
	}
	return nil
}
