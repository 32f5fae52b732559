package run

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
)

// Create makes the tasks of a full load, after it has read what the check found.
type Create struct {
	contract.Environment
	LakeBucket string
	Log        *slog.Logger
	Documents  documents.Store
	DMS        interface {
		dms.Ensurer
		dms.ConnectionTester
	}
}

// NewCreate makes the function from the environment that the stack gives it.
func NewCreate(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	c := Create{
		Environment: env.Common(), LakeBucket: env.Need(contract.EnvLakeBucket),
		Log: log, Documents: s3.NewFromConfig(cfg), DMS: awsdms.NewFromConfig(cfg),
	}
	return c.Step(), env.Err()
}

// Step does what can be done now to have every task of the run as the manifest says. The state machine calls it again as long
// as the run is in the phase dms.Missing.
func (c Create) Step() Step {
	return NewStep("create", c.Department, c.Log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		report, err := ReceiveCheck(ctx, log, c.Documents, doc)
		if err != nil {
			return err
		}
		if report != nil {
			if err := c.planLoads(ctx, log, doc, *report); err != nil {
				return err
			}
		}
		if doc.FailUnlessReady(time.Now()); doc.Error != nil {
			return nil
		}
		return c.ensure(ctx, log, doc)
	})
}

func (c Create) ensure(ctx context.Context, log *slog.Logger, doc *Document) error {
	job, err := LoadJob(ctx, c.Documents, doc.Manifest, doc.Request)
	if err != nil {
		return err
	}
	if err := TestConnections(ctx, c.DMS, doc); err != nil {
		return err
	}
	doc.Tasks, err = dms.Ensure(ctx, c.DMS, TaskSpecs(c.Stack, doc, job), doc.StartedAt)
	if err != nil {
		return err
	}
	for _, task := range doc.Tasks {
		log.Info("ensured", "task", task.ID, "accepted", task.Accepted)
	}
	doc.SetPhase(dms.Pending, time.Now())
	return nil
}
