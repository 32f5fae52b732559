package run

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/oralake/oralake/internal/records"
)

// Step is one function of the state machine.
type Step func(context.Context, Document) (Document, error)

// Transient is an error that may be gone in a moment. Step Functions knows it by the name of this type and retries.
type Transient struct{ err error }

func (t *Transient) Error() string { return t.err.Error() }

func (t *Transient) Unwrap() error { return t.err }

// Failure is an error that a retry does not mend. Step Functions shows the name of this type.
type Failure struct{ err error }

func (f *Failure) Error() string { return f.err.Error() }

func (f *Failure) Unwrap() error { return f.err }

const failureName = "Failure"

// NewStep wraps the work of a function: every log line names department, job, run and step, and an error is Transient or a
// Failure. A run that comes with an error has failed, whatever its phase says: a Catch adds the error to the document that
// the failing function was given.
func NewStep(name, department string, log *slog.Logger, work func(context.Context, *slog.Logger, *Document) error) Step {
	return func(ctx context.Context, doc Document) (Document, error) {
		log := log.With("department", department, "job", doc.Request.Job, "run", doc.Execution, "step", name)
		before := doc.Phase
		doc.failed(time.Now())
		if err := work(ctx, log, &doc); err != nil {
			return Document{}, classify(err)
		}
		log.Info("step done", "task", doc.taskIDs(), "from", before, "phase", doc.Phase, "waitSeconds", doc.WaitSeconds)
		return doc, nil
	}
}

func (d *Document) taskIDs() string {
	ids := make([]string, len(d.Tasks))
	for i, task := range d.Tasks {
		ids[i] = task.ID
	}
	return strings.Join(ids, " ")
}

func classify(err error) error {
	if IsTransient(err) {
		return &Transient{err}
	}
	return &Failure{err}
}

// IsTransient says that an error may be gone in a moment: AWS throttles or fails, the network does, or somebody else changed
// the same item of the records.
func IsTransient(err error) bool {
	var network net.Error
	return errors.Is(err, records.ErrUnprocessed) || errors.Is(err, records.ErrStateChanged) || errors.As(err, &network) ||
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}
