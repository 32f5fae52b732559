package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	awsglue "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/catalog"
	"github.com/oralake/oralake/internal/catalog/glue"
	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/records"
)

// Publish is the function that makes the snapshots of the good tables of a recorded full load those that readers see. Readers of the
// other tables keep the snapshot that they have. It also repairs what earlier runs could not show, and deletes folders without use.
type Publish struct {
	contract.Environment
	Log       *slog.Logger
	Documents documents.Reader
	Records   interface {
		records.Reader
		records.BatchReader
		records.Transactor
		records.Putter
	}
	Catalog catalog.Catalog
	// DataCatalog says that readers find the tables in the Data Catalog of AWS Glue.
	DataCatalog bool
}

// NewPublish makes the function from the environment variables that the stack sets.
func NewPublish(cfg aws.Config, getenv func(string) string, log *slog.Logger) (Step, error) {
	env := contract.NewReader(getenv)
	common, bucket := env.Common(), env.Need(contract.EnvLakeBucket)
	keep, minutes := env.NeedNumber(contract.EnvKeepSnapshots), env.NeedNumber(contract.EnvReadersMinutes)
	objects, table := s3.NewFromConfig(cfg), dynamodb.NewFromConfig(cfg)
	p := Publish{
		Environment: common, Log: log, Documents: objects, Records: table,
		Catalog: catalog.Catalog{
			Table: common.Table, Records: table, Bucket: bucket, Lake: objects,
			Keep: keep, Readers: common.Real(time.Duration(minutes) * time.Minute),
			Projections: []catalog.Projection{catalog.CurrentDocuments{Bucket: bucket, Lake: objects}},
		},
	}
	if database := getenv(contract.EnvCatalogDatabase); database != "" {
		p.DataCatalog = true
		p.Catalog.Projections = append(p.Catalog.Projections, glue.Database{API: awsglue.NewFromConfig(cfg), Name: database, Bucket: bucket})
	}
	return p.Step(), env.Err()
}

// tablesAtOnce is how many tables are published at the same time. A table takes about ten calls of AWS, one after another, and the
// function has minutes for thousands of tables.
const tablesAtOnce = 24

// Step publishes, then notes in the record of the run that it has, and then deletes what has no use. Each part can be repeated. An error
// of one table does not keep the others from being published. After an error that no retry fixes, Record notes in the record of the run
// what is not published.
func (p Publish) Step() Step {
	return NewStep("publish", p.Department, p.Log, func(ctx context.Context, log *slog.Logger, doc *Document) error {
		run, found, err := records.Find(ctx, p.Records, p.Table, doc.recordKey())
		if err != nil || !found {
			return err
		}
		tables, err := p.tables(ctx, doc, run)
		if err != nil {
			return err
		}
		inParallel(tables, tablesAtOnce, func(t *tableToPublish) { t.err = p.publish(ctx, doc, run, t) })
		var errs []error
		for _, t := range tables {
			if t.err != nil {
				errs = append(errs, t.err)
			} else if t.record.Published.Changes() {
				run.Published++
				log.Info("published", "task", "", "table", t.record.Published.Location, "status", t.record.Published.Status)
			}
		}
		if len(errs) > 0 {
			return summary(errs)
		}
		if run.Publication == records.PublicationDue {
			run.Publication = records.PublicationDone
			if err := records.Conclude(ctx, p.Records, p.Table, run, records.PublicationDue); err != nil {
				return err
			}
		}
		if err := p.clean(ctx, log, doc, run, tables); err != nil {
			return err
		}
		doc.SetPhase(dms.Finished, time.Now())
		return nil
	})
}

// tables returns all tables of the run's job, with their records of the run. Tables that the run has not loaded are there to be
// repaired. If the manifest does not name the job any more, there are none.
func (p Publish) tables(ctx context.Context, doc *Document, run records.Run) ([]*tableToPublish, error) {
	job, err := LoadJob(ctx, p.Documents, doc.Manifest, doc.Request.WholeJob())
	if errors.Is(err, errNoJob) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []*tableToPublish
	var names []string
	for _, task := range job.Tasks {
		for _, t := range task.Tables {
			all = append(all, &tableToPublish{Table: t})
			names = append(names, t.String())
		}
	}
	found, err := records.FindTables(ctx, p.Records, p.Table, run.SK, names)
	for _, t := range all {
		t.record, t.recorded = found[t.String()]
	}
	return all, err
}

// cleanMargin is the part of the function's time that is left when it stops deleting folders. The next run goes on.
const cleanMargin = 30 * time.Second

// clean deletes folders without use, and notes in the record of the run if that is not possible. That does not make a run fail: readers
// see what they should.
func (p Publish) clean(ctx context.Context, log *slog.Logger, doc *Document, run records.Run, tables []*tableToPublish) error {
	w := doc.writer(time.Now())
	inParallel(tables, tablesAtOnce, func(t *tableToPublish) {
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > cleanMargin {
			t.err = p.Catalog.Clean(ctx, w, t.target(), t.publication)
		}
	})
	var errs []error
	for _, t := range tables {
		if t.err != nil {
			errs = append(errs, t.err)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	err := summary(errs)
	log.Warn("folders without use could not be deleted", "task", "", "reason", err.Error())
	run.CleanupProblem = dms.Brief(err.Error())
	return records.Conclude(ctx, p.Records, p.Table, run, run.Publication)
}

// summary is the first of several errors, with the number of the others.
func summary(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	for _, err := range errs {
		if IsTransient(err) {
			return fmt.Errorf("%w, and %d more errors", err, len(errs)-1)
		}
	}
	return fmt.Errorf("%w, and %d more errors", errs[0], len(errs)-1)
}
