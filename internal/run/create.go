package run

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/catalog"
	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/records"
)

// Create is the function that creates the tasks of a full load. Before that it reads the result of the check, if there was one.
type Create struct {
	contract.Environment
	LakeBucket string
	Log        *slog.Logger
	Documents  documents.Store
	Records    interface {
		records.Reader
		records.BatchReader
	}
	Catalog catalog.Catalog
	Fence   Fence
	DMS     interface {
		dms.Ensurer
		dms.ConnectionTester
	}
}

// NewCreate makes the function from the environment variables that the stack sets.
func NewCreate(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	c := Create{
		Environment: env.Common(), LakeBucket: env.Need(contract.EnvLakeBucket), Log: log, Documents: s3.NewFromConfig(cfg),
	}
	table := dynamodb.NewFromConfig(cfg)
	c.Records, c.Catalog = table, catalog.Catalog{Table: c.Table, Records: table}
	c.Fence, c.DMS = NewFence(cfg, c.Environment)
	return c.Step(), env.Err()
}

// Step brings the tasks of the run closer to what the manifest says. The state machine calls it again as long as Poll sets the
// phase dms.Missing.
func (c Create) Step() Step {
	return NewFencedStep("create", c.Department, c.Log, c.Fence, func(ctx context.Context, log *slog.Logger, doc *Document) error {
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
		c.learn(ctx, log, doc)
		err = c.ensure(ctx, log, doc)
		if doc.Pace.Packed && isInvalid(err) {
			log.Warn("DMS does not take the tasks as the run has packed them: the run creates them as the file has them", "task", "", "reason", err.Error())
			doc.Manifest, doc.Pace.Packed = doc.Pace.Unpacked, false
			err = c.ensure(ctx, log, doc)
		}
		return err
	})
}

// ensure starts the connection tests and creates the missing tasks.
func (c Create) ensure(ctx context.Context, log *slog.Logger, doc *Document) error {
	job, err := LoadJob(ctx, c.Documents, doc.Manifest, doc.Request)
	if err != nil {
		return err
	}
	if err := TestConnections(ctx, c.DMS, doc); err != nil {
		return err
	}
	if err := c.claimFolders(ctx, doc, job); err != nil {
		return err
	}
	if job, err = job.ForSnapshot(doc.SnapshotRun); err != nil {
		return err
	}
	ensured, err := dms.Ensure(ctx, c.DMS, TaskSpecs(c.Stack, doc, job), doc.Began())
	if waiting, err := doc.AwaitRefusal(log, err, time.Now()); waiting || err != nil {
		return err
	}
	doc.keepTasks(ensured)
	for _, task := range doc.Tasks {
		log.Info("ensured the task", "task", task.ID, "accepted", task.Accepted)
	}
	now := time.Now()
	doc.Pace.noteCreation(now)
	doc.SetPhase(dms.Pending, now)
	return nil
}

// keepTasks replaces the run's tasks by those that Ensure returns, and keeps what the run knows of them.
func (d *Document) keepTasks(ensured []dms.Task) {
	for i := range ensured {
		for _, before := range d.Tasks {
			if before.ID == ensured[i].ID {
				ensured[i].PreviousStart = before.PreviousStart
			}
		}
	}
	d.Tasks = ensured
}
