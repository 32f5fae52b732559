// Package reconcile keeps the task of a job that follows changes as the manifest says. A run of such a job looks at the task
// and does what can be done now: create, modify, stop, resume or replace it, and load tables beside it. The state machine calls
// it again until nothing is left to do.
package reconcile

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// Reconcile is the function of the state machine.
type Reconcile struct {
	contract.Environment
	LakeBucket string
	Log        *slog.Logger
	Documents  documents.Store
	Records    interface {
		records.Reader
		records.Putter
	}
	DMS interface {
		dms.Ensurer
		dms.ConnectionTester
		dms.Modifier
		dms.Reloader
		dms.StatisticsReader
	}
}

// New makes the function from the environment that the stack gives it.
func New(cfg aws.Config, getenv func(string) string, log *slog.Logger) (run.Step, error) {
	env := contract.NewReader(getenv)
	r := Reconcile{
		Environment: env.Common(), LakeBucket: env.Need(contract.EnvLakeBucket), Log: log,
		Documents: s3.NewFromConfig(cfg), Records: dynamodb.NewFromConfig(cfg), DMS: awsdms.NewFromConfig(cfg),
	}
	return r.Step(), env.Err()
}

// Step takes one look at the tasks of the run and does what can be done now.
func (r Reconcile) Step() run.Step {
	return run.NewStep("reconcile", r.Department, r.Log, func(ctx context.Context, log *slog.Logger, doc *run.Document) error {
		if _, err := run.ReceiveCheck(ctx, log, r.Documents, doc); err != nil {
			return err
		}
		if doc.FailUnlessReady(time.Now()); doc.Error != nil {
			return nil
		}
		f, err := r.follow(ctx, log, doc)
		if err != nil {
			return err
		}
		if err := f.look(ctx); err != nil {
			return err
		}
		doc.FailIfPastDeadline(time.Now())
		return nil
	})
}

// follower is one look at the tasks of a job that follows changes: first the one that follows them, then, if the run loads
// tables beside it, the one that loads.
type follower struct {
	Reconcile
	log   *slog.Logger
	doc   *run.Document
	job   manifest.Job
	spec  dms.Spec
	state records.JobState
	found map[string]dms.Description // the tasks that exist, by identifier
}

// follow reads what the job should be and what it remembers, and describes its tasks.
func (r Reconcile) follow(ctx context.Context, log *slog.Logger, doc *run.Document) (*follower, error) {
	f := &follower{Reconcile: r, log: log, doc: doc}
	var err error
	if f.job, err = run.LoadJob(ctx, r.Documents, doc.Manifest, doc.Request.WholeJob()); err != nil {
		return nil, err
	}
	f.spec = run.TaskSpecs(r.Stack, doc, f.job)[0]
	if f.state, err = records.FindJobState(ctx, r.Records, r.Table, f.job.Name); err != nil {
		return nil, err
	}
	backfill := dms.Task{ID: run.BackfillID(r.Stack, f.job)}
	if f.found, err = dms.Describe(ctx, r.DMS, []dms.Task{{ID: f.spec.ID}, backfill}); err != nil {
		return nil, err
	}
	run.LogTasks(log, doc, f.found)
	if _, left := f.found[backfill.ID]; left && len(doc.Tasks) == 1 {
		doc.Leftovers = []dms.Task{backfill} // An abandoned run was loading tables; this one may have none to load.
	}
	return f, nil
}

// look acts on the tasks that this run already works on, and reconciles the one that follows changes if there is nothing to
// wait for.
func (f *follower) look(ctx context.Context) error {
	if !f.doc.Tasks[0].Accepted {
		return f.reconcile(ctx)
	}
	now := time.Now()
	switch phase := dms.PhaseOf(f.doc.Tasks, f.found, f.doc.StartedAt); phase {
	case dms.Missing:
		return f.reconcile(ctx)
	case dms.Ready:
		if err := run.SetPhaseOfReady(ctx, f.DMS, f.doc, now); err != nil || f.doc.Phase != dms.Missing {
			return err
		}
		return f.reconcile(ctx) // The connections have no test: it begins one.
	case dms.Finished:
		return f.lookAtRunning(ctx, now)
	default:
		f.doc.SetPhase(phase, now)
		return nil
	}
}

// settleTime is how long a started task must keep running before it is believed: one that cannot read the redo log from its
// checkpoint fails soon after its start.
const settleTime = 2 * time.Minute

// lookAtRunning acts when every task of the run runs as it should, or is done.
func (f *follower) lookAtRunning(ctx context.Context, now time.Time) error {
	d := f.found[f.spec.ID]
	settling := f.doc.Settling
	f.doc.Settling = false
	reload := f.doc.Reload
	switch {
	case !d.IsRunning(), len(f.doc.Tasks) > 1: // The load beside it is done, too.
		f.doc.SetPhase(dms.Finished, now)
		return nil
	case reload != nil && !reload.ReloadedAt.IsZero():
		return f.lookAtReload(ctx, d, now)
	case settling:
		f.doc.SetPhase(dms.Running, now)
		f.doc.WaitSeconds = int(settleTime / time.Second)
		return nil
	default:
		return f.reconcile(ctx)
	}
}

// lookAtReload waits until DMS has loaded the tables that it was told to reload.
func (f *follower) lookAtReload(ctx context.Context, d dms.Description, now time.Time) error {
	statistics, err := dms.Statistics(ctx, f.DMS, d.ARN)
	if err != nil {
		return err
	}
	phase := dms.Finished
	if len(f.doc.Reload.Pending(statistics)) > 0 {
		phase = dms.Running
	}
	f.doc.SetPhase(phase, now)
	return nil
}

// reconcile compares the task that follows changes with what the manifest says, and does what brings it closer to that.
func (f *follower) reconcile(ctx context.Context) error {
	d, exists := f.found[f.spec.ID]
	f.doc.Tasks[0] = dms.Task{ID: f.spec.ID}
	switch {
	case !exists:
		return f.createTask(ctx)
	case !d.IsRunning() && !d.IsStopped():
		return f.wait()
	}
	difference, why, err := dms.Compare(ctx, f.DMS, f.spec, d)
	if err != nil {
		return err
	}
	switch difference {
	case dms.Gone:
		return f.wait()
	case dms.NeverStarted:
		return f.deleteTask(ctx, d)
	case dms.NeedsReplacement:
		return f.replaceTask(ctx, d, why)
	case dms.Modifiable:
		return f.modifyTask(ctx, d)
	default:
		return f.keepTask(ctx, d)
	}
}

// wait has the state machine look at the task again later.
func (f *follower) wait() error {
	f.doc.SetPhase(dms.Pending, time.Now())
	return nil
}

// keepTask acts on a task that is as the manifest says.
func (f *follower) keepTask(ctx context.Context, d dms.Description) error {
	switch {
	case f.job.Paused && d.IsRunning():
		return f.stopTask(ctx, d)
	case f.job.Paused:
		f.doc.Paused = true
		f.doc.SetPhase(dms.Finished, time.Now())
		return f.saveCheckpoint(ctx, d)
	case d.IsRunning():
		f.doc.Tasks[0].Accepted, f.doc.Tasks[0].LastDescription = true, &d
		return f.load(ctx, d)
	default:
		return f.resume(ctx, d)
	}
}

// saveCheckpoint writes down how far the task has come, before anything is done to it.
func (f *follower) saveCheckpoint(ctx context.Context, d dms.Description) error {
	if d.Checkpoint != "" {
		f.state.Checkpoint, f.state.CheckpointAt = d.Checkpoint, new(time.Now())
	}
	return f.writeState(ctx)
}

func (f *follower) writeState(ctx context.Context) error {
	return records.WriteJobState(ctx, f.Records, f.Table, &f.state)
}

// requestCheck asks for a check of the database, once in a run, before the task is created or modified. requested says that the
// run waits for the answer.
func (f *follower) requestCheck(ctx context.Context) (requested bool, err error) {
	if f.job.Check == "" || f.doc.Check != nil {
		return false, nil
	}
	return true, run.RequestCheck(ctx, f.Documents, f.LakeBucket, f.doc, f.job)
}

func (f *follower) testConnections(ctx context.Context) error {
	return run.TestConnections(ctx, f.DMS, f.doc)
}
