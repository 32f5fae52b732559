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

// Poll looks at the tasks of a full load.
type Poll struct {
	contract.Environment
	Log *slog.Logger
	DMS interface {
		dms.Describer
		dms.ConnectionDescriber
	}
}

// NewPoll makes the function from the environment that the stack gives it.
func NewPoll(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	return Poll{Environment: env.Common(), Log: log, DMS: awsdms.NewFromConfig(cfg)}.Step(), env.Err()
}

// Step finds the run's phase by one look at all its tasks. Tasks that are ready stay pending until the instance has reached
// both of their endpoints. When all tasks are done, a run that verifies its loads comes into the phase Verifying.
func (p Poll) Step() Step {
	return NewStep("poll", p.Department, p.Log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		found, err := dms.Describe(ctx, p.DMS, doc.Tasks)
		if err != nil {
			return err
		}
		LogTasks(log, doc, found)
		now := time.Now()
		switch phase := dms.PhaseOf(doc.Tasks, found, doc.StartedAt); {
		case phase == dms.Ready:
			if err := SetPhaseOfReady(ctx, p.DMS, doc, now); err != nil {
				return err
			}
		case (phase == dms.Finished || phase == dms.Failed) && doc.Verify != "":
			doc.SetPhase(Verifying, now)
			return nil
		default:
			doc.SetPhase(phase, now)
		}
		doc.FailIfLate(now)
		return nil
	})
}

// LogTasks logs what DMS says of the run's tasks, a line each.
func LogTasks(log *slog.Logger, doc *Document, found map[string]dms.Description) {
	for _, task := range doc.Tasks {
		d := found[task.ID]
		log.Info("task", "task", task.ID, "status", d.Status, "stopReason", d.StopReason, "percent", d.Percent)
	}
}

// SetPhaseOfReady sets the phase of a run whose tasks are ready: DMS starts none before the connections to both endpoints were
// tested with success. Without a test the phase is dms.Missing: Create or Reconcile begins one.
func SetPhaseOfReady(ctx context.Context, api dms.ConnectionDescriber, doc *Document, now time.Time) error {
	e := doc.Endpoints
	connections, err := dms.CheckConnections(ctx, api, e.Instance, e.Source, e.Target)
	if err != nil {
		return err
	}
	switch connections {
	case dms.Untested:
		doc.SetPhase(dms.Missing, now)
	case dms.Testing:
		doc.SetPhase(dms.Pending, now)
	case dms.Connected:
		doc.readyToStart(now)
	}
	return nil
}
