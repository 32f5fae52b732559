// Package reconcile implements the function reconcile. It keeps the replication task of a job that follows changes as the
// manifest says. The task keeps running after the run has ended.
//
// Each call of the function describes the task and takes the next step: it creates, modifies, stops, replaces or deletes the
// task, makes it again from its checkpoint, or prepares its start. The function start (package run) starts or resumes the task. Once the task is running, reconcile
// loads the tables that need it, while the task goes on following changes. The state machine calls reconcile again until nothing
// is left to do.
package reconcile

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// Reconcile is the function of the state machine. Its fields are what a call needs.
type Reconcile struct {
	contract.Environment
	LakeBucket string
	Log        *slog.Logger
	Documents  documents.Store
	Lake       interface {
		ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	}
	Records interface {
		records.StateReader
		records.BatchReader
		records.Transactor
	}
	Fence run.Fence
	DMS   interface {
		dms.Ensurer
		dms.ConnectionTester
		dms.Modifier
		dms.Reloader
		dms.StatisticsReader
		dms.InstanceWatcher
	}
}

// New makes the function from the environment variables that the stack sets.
func New(cfg aws.Config, getenv func(string) string, log *slog.Logger) (run.Step, error) {
	env := contract.NewReader(getenv)
	r := Reconcile{
		Environment: env.Common(), LakeBucket: env.Need(contract.EnvLakeBucket), Log: log,
		Documents: s3.NewFromConfig(cfg), Lake: s3.NewFromConfig(cfg), Records: dynamodb.NewFromConfig(cfg),
	}
	r.Fence, r.DMS = run.NewFence(cfg, r.Environment)
	return r.Step(), env.Err()
}

// Step describes the tasks of the run and takes the next step. The phase that it sets says what the state machine does then.
func (r Reconcile) Step() run.Step {
	return run.NewFencedStep("reconcile", r.Department, r.Log, r.Fence, func(ctx context.Context, log *slog.Logger, doc *run.Document) error {
		if doc.AwaitRedoLook(time.Now()) {
			return nil
		}
		report, err := run.ReceiveCheck(ctx, log, r.Documents, doc)
		if err != nil {
			return err
		}
		if report != nil {
			doc.CDCStartSCN = report.Database.StartSCN
		}
		if doc.FailUnlessReady(time.Now()); doc.Error != nil {
			return nil
		}
		f, err := r.newFollower(ctx, log, doc)
		if err != nil {
			return err
		}
		if err := f.act(ctx); err != nil {
			return err
		}
		doc.FailIfPastDeadline(time.Now())
		return nil
	})
}

// follower is one call of the function. The job has a task that follows changes: doc.Tasks[0]. If the run backfills tables of a
// cdc job, the task that loads them is doc.Tasks[1].
type follower struct {
	Reconcile
	log   *slog.Logger
	doc   *run.Document
	job   manifest.Job
	spec  dms.Spec // of the task that follows changes
	state records.JobState
	found map[string]dms.Description // the tasks of the job that exist, by identifier
}

// newFollower reads the job from the manifest and its state from the records, and describes its tasks.
func (r Reconcile) newFollower(ctx context.Context, log *slog.Logger, doc *run.Document) (*follower, error) {
	f := &follower{Reconcile: r, log: log, doc: doc}
	var err error
	if f.job, err = run.LoadJob(ctx, r.Documents, doc.Manifest, doc.Request.WholeJob()); err != nil {
		return nil, err
	}
	f.spec = run.TaskSpecs(r.Stack, doc, f.job)[0]
	if f.state, err = records.FindJobState(ctx, r.Records, r.Table, f.job.Name); err != nil {
		return nil, err
	}
	doc.FillReload(f.state)
	backfill := dms.Task{ID: run.BackfillID(r.Stack, f.job)}
	if f.found, err = dms.Describe(ctx, r.DMS, []dms.Task{{ID: f.spec.ID}, backfill}); err != nil {
		return nil, err
	}
	run.LogTasks(log, doc, f.found)
	if _, exists := f.found[backfill.ID]; exists && len(doc.Tasks) == 1 {
		doc.Leftovers = []dms.Task{backfill} // An abandoned run has left it. This run may have no tables to load.
	}
	return f, nil
}

// act takes the next step of the run. While DMS is still busy with an earlier step, or restarts the task by itself, it only sets the
// phase. Otherwise it compares the task with the manifest: see reconcile. It never starts the task of a paused job.
func (f *follower) act(ctx context.Context) error {
	if f.job.Paused {
		return f.reconcile(ctx)
	}
	now := time.Now()
	if waiting, err := run.AwaitRestart(ctx, f.log, f.DMS, f.doc, f.found, now); waiting || err != nil || f.doc.Error != nil {
		return err
	}
	if !f.doc.Tasks[0].Accepted {
		return f.reconcile(ctx)
	}
	switch phase := f.phase(); phase {
	case dms.Missing:
		return f.reconcile(ctx)
	case dms.Ready:
		if d := f.found[f.spec.ID]; d.IsStopped() && !d.StartedAt.Equal(f.doc.Tasks[0].PreviousStart) {
			return f.reconcile(ctx) // The task was running, and has stopped since: its counts are read before it is started.
		}
		if err := run.SetPhaseOfReady(ctx, f.DMS, f.doc, now); err != nil || f.doc.Phase != dms.Missing {
			return err
		}
		return f.reconcile(ctx) // A connection has no test: reconcile starts one.
	case dms.Finished:
		return f.actOnRunning(ctx, now)
	default:
		f.doc.SetPhase(phase, now)
		return nil
	}
}

// phase is the phase of the task that follows changes. Only when that task is running or has ended, it is the phase of the task
// that loads tables beside it. If the first task has ended, nothing is loaded any more.
func (f *follower) phase() dms.Phase {
	phase := dms.PhaseOf(f.doc.Tasks[:1], f.found, f.doc.Began())
	if phase != dms.Finished || len(f.doc.Tasks) == 1 {
		return phase
	}
	load := dms.PhaseOf(f.doc.Tasks[1:], f.found, f.doc.Began())
	if load == dms.Missing && !f.found[f.spec.ID].IsRunning() {
		return dms.Finished
	}
	return load
}

// settleTime is how long a started task must keep running before the run counts it as running. A task that cannot read the redo
// log from its checkpoint fails soon after its start.
const settleTime = 2 * time.Minute

// actOnRunning takes the next step when the task that follows changes is running or has ended, and the task that loads tables, if
// there is one, has ended.
func (f *follower) actOnRunning(ctx context.Context, now time.Time) error {
	d := f.found[f.spec.ID]
	settling := f.doc.Settling
	f.doc.Settling = false
	reload := f.doc.Reload
	switch {
	case !d.IsRunning(), len(f.doc.Tasks) > 1: // With two tasks, the load was the last step.
		f.doc.SetPhase(dms.Finished, now)
		return nil
	case reload != nil && !reload.ReloadedAt.IsZero():
		return f.awaitReload(ctx, d, now)
	case settling:
		f.doc.SetPhase(dms.Running, now)
		f.doc.WaitSeconds = int(settleTime / time.Second)
		return nil
	default:
		return f.reconcile(ctx)
	}
}

// awaitReload waits until DMS has reloaded the tables of the run.
func (f *follower) awaitReload(ctx context.Context, d dms.Description, now time.Time) error {
	statistics, err := dms.Statistics(ctx, f.DMS, d.ARN)
	if err != nil {
		return err
	}
	phase := dms.Finished
	if len(f.doc.Reload.Observe(statistics, now)) > 0 {
		phase = dms.Running
	}
	f.doc.SetPhase(phase, now)
	return f.keepReload(ctx)
}

// reconcile compares the task that follows changes with the manifest, and takes the next step to make them equal.
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
	case dms.Gone, dms.Untagged:
		return f.wait()
	case dms.NeverStarted:
		return f.deleteTask(ctx, d)
	case dms.NeedsReplacement:
		return f.replaceTask(ctx, d, why)
	case dms.OtherTarget:
		if f.job.Type == department.CDC {
			return f.remakeTask(ctx, d, why)
		}
		return f.replaceTask(ctx, d, why)
	case dms.Modifiable:
		return f.modifyTask(ctx, d)
	default:
		return f.keepTask(ctx, d)
	}
}

// wait sets the phase in which the state machine waits and calls Reconcile again.
func (f *follower) wait() error {
	f.doc.SetPhase(dms.Pending, time.Now())
	return nil
}

// keepTask takes the next step for a task that matches the manifest: it stops a paused job's task, resumes a stopped task, or
// loads tables while the task runs.
func (f *follower) keepTask(ctx context.Context, d dms.Description) error {
	switch {
	case f.job.Paused && d.IsRunning():
		return f.stopTask(ctx, d)
	case f.job.Paused:
		return f.keepPaused(ctx, d)
	case d.IsRunning():
		if f.state.Folders != nil {
			if done, err := f.compareFolders(ctx); !done || err != nil {
				return err
			}
		}
		f.doc.Tasks[0].Accepted, f.doc.Tasks[0].LastDescription = true, &d
		return f.loadTables(ctx, d)
	default:
		return f.resume(ctx, d)
	}
}

// keepPaused ends the run of a paused job, whose task is stopped. It reads what the task knows, because somebody may delete it before
// the job goes on.
func (f *follower) keepPaused(ctx context.Context, d dms.Description) error {
	if _, err := f.noteStatistics(ctx, d); err != nil {
		return err
	}
	f.doc.Paused = true
	f.doc.SetPhase(dms.Finished, time.Now())
	return f.saveCheckpoint(ctx, d)
}

// saveCheckpoint stores the task's checkpoint in the job's state, before the task is changed.
func (f *follower) saveCheckpoint(ctx context.Context, d dms.Description) error {
	if d.Checkpoint != "" {
		f.state.Checkpoint, f.state.CheckpointAt = d.Checkpoint, new(time.Now())
	}
	return f.writeState(ctx)
}

// writeState stores the job's state.
func (f *follower) writeState(ctx context.Context) error {
	return records.WriteJobState(ctx, f.Records, f.Table, f.doc.Owner(), &f.state)
}

// requestCheck requests a check of the source database, once in a run, before the task is created or modified. requested says
// that the check comes next, and then Reconcile again.
func (f *follower) requestCheck(ctx context.Context) (requested bool, err error) {
	if f.job.Check == "" || f.doc.Check != nil {
		return false, nil
	}
	return true, run.RequestCheck(ctx, f.Documents, f.LakeBucket, f.doc, f.job)
}

// waitAfter waits after a call that DMS may have refused for now with err.
func (f *follower) waitAfter(err error) error {
	if waiting, err := f.doc.AwaitRefusal(f.log, err, time.Now()); waiting || err != nil {
		return err
	}
	return f.wait()
}

// testConnections starts the tests of the connections to the run's endpoints.
func (f *follower) testConnections(ctx context.Context) error {
	return run.TestConnections(ctx, f.DMS, f.doc)
}
