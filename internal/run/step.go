package run

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/oralake/oralake/internal/records"
)

// Step is one function of the state machine.
type Step func(context.Context, Document) (Document, error)

// Transient is an error that may be gone in a moment: Step Functions, which knows it by the name of this type, tries
// the function again.
type Transient struct{ err error }

func (t *Transient) Error() string { return t.err.Error() }

func (t *Transient) Unwrap() error { return t.err }

// Failure is an error that will not go away by trying again. Step Functions shows the name of this type.
type Failure struct{ err error }

func (f *Failure) Error() string { return f.err.Error() }

func (f *Failure) Unwrap() error { return f.err }

const failureName = "Failure"

// step wraps the work of a function: every log line says whose it is, and an error that may be gone in a moment is
// marked so. The error itself is logged by Lambda's caller, the state machine, with the execution.
func step(name string, department string, log *slog.Logger, work func(context.Context, *slog.Logger, *Document) error) Step {
	return func(ctx context.Context, run Document) (Document, error) {
		log := log.With("department", department, "job", run.Request.Job, "run", run.Execution, "step", name)
		before := run.Phase
		if err := work(ctx, log, &run); err != nil {
			return Document{}, classify(err)
		}
		log.Info("step done", "task", taskIDs(run), "from", before, "phase", run.Phase, "waitSeconds", run.WaitSeconds)
		return run, nil
	}
}

func taskIDs(run Document) string {
	ids := make([]string, len(run.Tasks))
	for i, task := range run.Tasks {
		ids[i] = task.ID
	}
	return strings.Join(ids, " ")
}

func classify(err error) error {
	var network net.Error
	switch {
	case errors.Is(err, records.ErrUnprocessed), errors.Is(err, records.ErrStateChanged),
		errors.As(err, &network),
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary:
		return &Transient{err}
	default:
		return &Failure{err}
	}
}
