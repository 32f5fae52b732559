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
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

// Prepare is the first function of every run. It takes the job's lease and names the tasks of the run. So the document names
// every task before one is made, and a failure half-way leaves no task that nobody knows. Of a recovery run it is the only
// function before Record.
type Prepare struct {
	contract.Environment
	Deployment
	LakeBucket string
	Log        *slog.Logger
	Documents  documents.Store
	Leases     records.LeaseStore
	Executions Executions
}

// Deployment is what the deployed stack gives to new runs.
type Deployment struct {
	Manifest     contract.Address
	Instance     string // ARN of the replication instance
	Source       string // ARNs of the endpoints
	FullEndpoint string
	CDCEndpoint  string
}

// NewPrepare makes the function from the environment that the stack gives it.
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
		},
		LakeBucket: env.Need(contract.EnvLakeBucket),
		Log:        log, Documents: s3.NewFromConfig(cfg), Leases: dynamodb.NewFromConfig(cfg), Executions: sfn.NewFromConfig(cfg),
	}
	return p.Step(), env.Err()
}

// Step prepares a run, or the recovery of another one.
func (p Prepare) Step() Step {
	return NewStep("prepare", p.Department, p.Log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		if doc.Request.Recover != "" {
			return p.recover(ctx, log, doc)
		}
		return p.prepare(ctx, log, doc)
	})
}

func (p Prepare) prepare(ctx context.Context, log *slog.Logger, doc *Document) error {
	now := time.Now()
	if doc.Request.InvalidInput != "" {
		return errors.New(doc.Request.InvalidInput)
	}
	if doc.Request.Job == "" {
		return errors.New(`the execution's input names no job: start the state machine with {"job": "NAME"}`)
	}
	doc.Manifest = p.Manifest
	job, err := LoadJob(ctx, p.Documents, doc.Manifest, doc.Request)
	if err != nil {
		return err
	}
	holder, err := p.takeLease(ctx, log, doc, now)
	if err != nil {
		return err
	}
	if holder.Execution != doc.Execution {
		doc.LeaseHolder = holder.String()
		doc.SetPhase(Skipped, now)
		log.Warn("skipped: another run holds the job's lease", "task", "", "holder", doc.LeaseHolder)
		return nil
	}
	doc.Leased = true
	p.assign(doc, job)
	if err := p.nameLeftovers(ctx, doc); err != nil {
		return err
	}
	switch {
	case job.Type.Continuous():
		doc.SetPhase(Reconciling, now)
	case job.Check != "":
		return RequestCheck(ctx, p.Documents, p.LakeBucket, doc, job)
	default:
		doc.SetPhase(dms.Missing, now)
	}
	return nil
}

// assign writes into the document what the job is.
func (p Prepare) assign(doc *Document, job manifest.Job) {
	doc.Type = job.Type
	doc.KeepFailedTask = job.KeepFailedTask
	if job.Check != "" {
		doc.Verify = job.Verify
	}
	if job.TimeLimitHours > 0 {
		doc.Deadline = doc.StartedAt.Add(time.Duration(job.TimeLimitHours) * time.Hour)
	}
	doc.Endpoints = Endpoints{Instance: p.Instance, Source: p.Source, Target: p.FullEndpoint}
	if job.Type.Continuous() {
		doc.Endpoints.Target = p.CDCEndpoint
	}
	for _, task := range job.Tasks {
		doc.Tasks = append(doc.Tasks, dms.Task{ID: TaskID(p.Stack, task)})
	}
}

// nameLeftovers names the tasks of the job's other tables, in a run of some tables: an abandoned run may have left them.
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
