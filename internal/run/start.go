package run

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
)

// Start starts the tasks of a run.
type Start struct {
	contract.Environment
	Log *slog.Logger
	DMS dms.Starter
}

// NewStart makes the function from the environment that the stack gives it.
func NewStart(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	return Start{Environment: env.Common(), Log: log, DMS: awsdms.NewFromConfig(cfg)}.Step(), env.Err()
}

// refusalTimeout is how long DMS may refuse a start: changing an instance takes minutes.
const refusalTimeout = time.Hour

// Step starts, reloads or resumes every task that is ready.
func (s Start) Step() Step {
	return NewStep("start", s.Department, s.Log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		doc.handleSCN()
		err := dms.StartTasks(ctx, s.DMS, doc.Tasks, doc.StartedAt)
		now := time.Now()
		var refused *dms.StartRefusedError
		switch {
		case errors.As(err, &refused):
			if doc.RefusedSince.IsZero() {
				doc.RefusedSince = now
			}
			if now.Sub(doc.RefusedSince) > refusalTimeout {
				return err
			}
			log.Warn("refused", "task", doc.taskIDs(), "reason", refused.Message)
			doc.SetPhaseSince(dms.Pending, doc.RefusedSince, now)
			return nil
		case err != nil:
			return err
		}
		doc.RefusedSince = time.Time{}
		doc.SetPhase(dms.Running, now)
		if doc.Type.Continuous() {
			doc.Settling = true
			doc.Resumed = !doc.Tasks[0].PreviousStart.IsZero()
			if doc.Reload != nil {
				doc.Reload.ChangesWritten = false // The task reads again what it had not written.
			}
		}
		return nil
	})
}
