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
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// Step is one function of the state machine: it gets the run document and returns the next one.
type Step func(context.Context, Document) (Document, error)

// Transient is an error that a retry may fix. The state machine retries errors with the name of this type.
type Transient struct{ err error }

func (t *Transient) Error() string { return t.err.Error() }

func (t *Transient) Unwrap() error { return t.err }

// Failure is an error that a retry does not fix. Step Functions shows the name of this type.
type Failure struct{ err error }

func (f *Failure) Error() string { return f.err.Error() }

func (f *Failure) Unwrap() error { return f.err }

// failureName is the name of a Failure in Step Functions.
const failureName = "Failure"

// NewStep makes a step of a function's work. Every log line has the department, job, run and step. An error of work becomes a
// Transient or a Failure. If the document has an error, NewStep sets the phase dms.Failed before work: a Catch of the state
// machine adds the error to the input of the function that has failed, with the phase from before.
func NewStep(name, department string, log *slog.Logger, work func(context.Context, *slog.Logger, *Document) error) Step {
	return func(ctx context.Context, doc Document) (Document, error) {
		log := log.With("department", department, "job", doc.Request.Job, "run", doc.Execution, "step", name)
		before := doc.Phase
		doc.setFailedPhase(time.Now())
		if err := work(ctx, log, &doc); err != nil {
			return Document{}, classify(err)
		}
		log.Info("step done", "task", doc.taskIDs(), "from", before, "phase", doc.Phase, "waitSeconds", doc.WaitSeconds)
		return doc, nil
	}
}

// taskIDs are the identifiers of the run's tasks, for logs and errors.
func (d *Document) taskIDs() string {
	ids := make([]string, len(d.Tasks))
	for i, task := range d.Tasks {
		ids[i] = task.ID
	}
	return strings.Join(ids, " ")
}

// classify makes an error a Transient or a Failure.
func classify(err error) error {
	if IsTransient(err) {
		return &Transient{err}
	}
	return &Failure{err}
}

// IsTransient says that a retry may fix an error: AWS throttles calls or fails, the network fails, another writer has changed the
// same item of the records, or DMS does not show the tags of a new task yet.
func IsTransient(err error) bool {
	var network net.Error
	var untagged *dms.UntaggedError
	var conflict *types.TransactionConflictException
	return errors.Is(err, records.ErrUnprocessed) || errors.Is(err, records.ErrStateChanged) || errors.Is(err, records.ErrConflict) ||
		errors.As(err, &conflict) || errors.As(err, &network) || errors.As(err, &untagged) ||
		retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary
}
