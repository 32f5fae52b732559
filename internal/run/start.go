package run

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
)

// Start is the function that starts the tasks of a run.
type Start struct {
	contract.Environment
	Log   *slog.Logger
	Fence Fence
	DMS   dms.Starter
}

// NewStart makes the function from the environment variables that the stack sets.
func NewStart(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	s := Start{Environment: env.Common(), Log: log}
	s.Fence, s.DMS = NewFence(cfg, s.Environment)
	return s.Step(), env.Err()
}

// Step starts every task that is ready: dms.StartTasks says how. If DMS refuses a start for now, the run tries again later.
func (s Start) Step() Step {
	return NewFencedStep("start", s.Department, s.Log, s.Fence, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		doc.handleSCN()
		err := dms.StartTasks(ctx, s.DMS, doc.Tasks, doc.Began())
		now := time.Now()
		if waiting, err := doc.AwaitRefusal(log, err, now); waiting || err != nil {
			return err
		}
		doc.Pace.noteStart(now)
		doc.SetPhase(dms.Running, now)
		if doc.Type.Continuous() {
			doc.Settling = true
			doc.Resumed = doc.Resumed || !doc.Tasks[0].PreviousStart.IsZero()
		}
		return nil
	})
}
