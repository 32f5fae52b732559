package run

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

// Prepare is the first function of every run. It takes the job's lease and writes the identifiers of the run's tasks into the
// document. So Delete finds every task, also after a failure during creation. In a recovery it is the only function before
// Record.
type Prepare struct {
	contract.Environment
	Deployment
	LakeBucket string
	Log        *slog.Logger
	Documents  documents.Store
	Leases     records.LeaseStore
	Records    records.StateReader
	Executions Executions
	Alerts     Alerts
}

// Deployment is what a run uses of the stack that is deployed when it starts.
type Deployment struct {
	Manifest     contract.Address
	Instance     string // ARN of the replication instance
	Source       string // ARN of the source endpoint
	FullEndpoint string // ARN of the lake's endpoint for full loads
	CDCEndpoint  string // ARN of the lake's endpoint for cdc tasks
	LoadEndpoint string // ARN of the lake's endpoint for tasks that load tables into the folder of their changes
}

// NewPrepare makes the function from the environment variables that the stack sets.
func NewPrepare(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	p := Prepare{
		Environment: env.Common(),
		Deployment: Deployment{
			Manifest:     contract.Address{Bucket: env.Need(contract.EnvManifestBucket), Key: env.Need(contract.EnvManifestKey)},
			Instance:     env.Need(contract.EnvInstanceARN),
			Source:       env.Need(contract.EnvSourceEndpointARN),
			FullEndpoint: env.Need(contract.EnvFullEndpointARN),
			CDCEndpoint:  env.Need(contract.EnvCDCEndpointARN),
			LoadEndpoint: env.Need(contract.EnvLoadEndpointARN),
		},
		LakeBucket: env.Need(contract.EnvLakeBucket),
		Log:        log, Documents: s3.NewFromConfig(cfg), Leases: dynamodb.NewFromConfig(cfg), Records: dynamodb.NewFromConfig(cfg),
		Executions: sfn.NewFromConfig(cfg),
	}
	p.Alerts = newAlerts(cfg, p.Environment, env)
	return p.Step(), env.Err()
}

// Step prepares a run, or the recovery of an abandoned run.
func (p Prepare) Step() Step {
	return NewStep("prepare", p.Department, p.Log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		if doc.Request.Recover != "" {
			return p.prepareRecovery(ctx, log, doc)
		}
		return p.prepare(ctx, log, doc)
	})
}

// prepare takes the lease and fills the document of a run that is not a recovery. If the lease has another holder, the run waits
// or is skipped: see meetLease.
func (p Prepare) prepare(ctx context.Context, log *slog.Logger, doc *Document) error {
	now := time.Now()
	if doc.Request.InvalidInput != "" {
		return errors.New(doc.Request.InvalidInput)
	}
	if doc.Request.Job == "" {
		return errors.New(`the execution's input names no job: start the state machine with {"job": "NAME"}`)
	}
	if len(doc.Request.Orphans) > 0 {
		return p.prepareDeletion(ctx, log, doc, now)
	}
	doc.Manifest = p.Manifest
	job, err := LoadJob(ctx, p.Documents, doc.Manifest, doc.Request)
	if err != nil {
		return err
	}
	if leased, err := p.takeLeaseOrMeet(ctx, log, doc, now); err != nil || !leased {
		return err
	}
	if err := p.checkAcceptance(ctx, doc); err != nil {
		return err
	}
	p.assign(doc, job)
	if doc.Request.loadsNothing() {
		doc.Tasks = nil // It loads nothing: Publish does all of it.
		doc.SetPhase(dms.Finished, now)
		return nil
	}
	if job.Type == department.FullLoad {
		doc.SnapshotRun, doc.Format = snapshotRun(now), job.Format
	}
	if err := p.nameLeftovers(ctx, doc); err != nil {
		return err
	}
	switch {
	case job.Type.Continuous():
		doc.requestRedoLook(job)
		doc.SetPhase(Reconciling, now)
	case job.Check != "":
		return RequestCheck(ctx, p.Documents, p.LakeBucket, doc, job)
	default:
		doc.SetPhase(dms.Missing, now)
	}
	return nil
}

// prepareDeletion prepares a run that only deletes tasks without an owner. It takes the lease, so that no other run can use them. It
// reads no manifest: the job may be gone.
func (p Prepare) prepareDeletion(ctx context.Context, log *slog.Logger, doc *Document, now time.Time) error {
	if leased, err := p.takeLeaseOrMeet(ctx, log, doc, now); err != nil || !leased {
		return err
	}
	doc.nameOrphans(doc.Request.Orphans)
	doc.SetPhase(Deleting, now)
	return nil
}

// nameOrphans adds tasks to those that Delete deletes.
func (d *Document) nameOrphans(ids []string) {
	for _, id := range ids {
		d.Leftovers = append(d.Leftovers, dms.Task{ID: id})
	}
}

// assign writes the job's type, settings, endpoints and tasks into the document.
func (p Prepare) assign(doc *Document, job manifest.Job) {
	doc.Type = job.Type
	doc.KeepFailedTask = job.KeepFailedTask
	if job.Check != "" {
		doc.Verify = job.Verify
	}
	if job.TimeLimitHours > 0 {
		doc.Deadline = doc.Began().Add(time.Duration(job.TimeLimitHours) * time.Hour)
	}
	doc.Endpoints = Endpoints{Instance: p.Instance, Source: p.Source, Target: p.FullEndpoint}
	switch job.Type {
	case department.CDC:
		doc.Endpoints.Target, doc.Endpoints.Load = p.CDCEndpoint, p.LoadEndpoint
	case department.FullLoadAndCDC:
		doc.Endpoints.Target = p.LoadEndpoint // Its loads replace the files of its changes.
	}
	for _, task := range job.Tasks {
		doc.Tasks = append(doc.Tasks, dms.Task{ID: TaskID(p.Stack, task)})
	}
}

// nameLeftovers adds to the document the tasks of the job's other tables, if the run loads only some of the tables. An abandoned
// run may have left those tasks.
func (p Prepare) nameLeftovers(ctx context.Context, doc *Document) error {
	if len(doc.Request.Tables) == 0 {
		return nil
	}
	whole, err := LoadJob(ctx, p.Documents, doc.Manifest, doc.Request.WholeJob())
	if err != nil {
		return err
	}
	for _, task := range whole.Tasks {
		if left := (dms.Task{ID: TaskID(p.Stack, task)}); !slices.Contains(doc.Tasks, left) {
			doc.Leftovers = append(doc.Leftovers, left)
		}
	}
	return nil
}
