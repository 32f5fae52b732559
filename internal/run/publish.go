package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awsglue "github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/catalog"
	"github.com/oralake/oralake/internal/catalog/glue"
	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
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

// tablesAtOnce is how many tables are published at the same time.
const tablesAtOnce = 8

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

// tableToPublish is a table of the run's job.
type tableToPublish struct {
	manifest.Table
	record      records.Table // of this run
	recorded    bool          // false if the run has no record of the table
	publication catalog.Publication
	err         error
}

// target is the name of the table in the lake. A deploy may have changed the name since the run loaded the table.
func (t *tableToPublish) target() string {
	if t.recorded {
		return t.record.Target
	}
	return t.Target()
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

// publish publishes a table, or holds it, or rolls it back, or finds out what readers see of it. Then it shows that in every projection.
func (p Publish) publish(ctx context.Context, doc *Document, run records.Run, t *tableToPublish) (err error) {
	due := run.Publication == records.PublicationDue
	w := doc.writer(time.Now())
	switch {
	case due && slices.Contains(doc.Request.Rollback, t.String()):
		t.publication, err = p.rollBack(ctx, w, run, t)
	case due && slices.Contains(doc.Request.Publish, t.String()):
		t.publication, err = p.accept(ctx, w, run, t)
	case due && t.recorded && t.record.Good && t.record.Snapshot != nil && len(t.record.Held) > 0:
		t.publication, err = p.hold(ctx, w, t)
	case due && t.recorded && t.record.Good && t.record.Snapshot != nil:
		t.publication, err = p.publishSnapshot(ctx, w, t)
	default:
		t.publication, err = p.keep(ctx, w, t)
	}
	if err != nil || t.publication.Version == 0 {
		return err
	}
	return p.Catalog.Show(ctx, t.publication)
}

// publishSnapshot publishes what the run has loaded.
func (p Publish) publishSnapshot(ctx context.Context, w catalog.Writer, t *tableToPublish) (catalog.Publication, error) {
	return p.Catalog.Publish(ctx, w, t.target(), t.loaded(), func(before, s catalog.Snapshot) ([]types.TransactWriteItem, error) {
		return p.note(t, p.published(records.PublishedNow, t.target(), before, s))
	})
}

// loaded is the snapshot that the run has loaded.
func (t *tableToPublish) loaded() catalog.Snapshot {
	return catalog.Snapshot{
		Run: t.record.Snapshot.Run, Location: t.record.Snapshot.Location, Format: t.record.Snapshot.Format,
		Rows: t.record.Rows, Columns: t.record.Snapshot.Columns,
	}
}

// published says what a run does that replaces a snapshot of a table of the lake by a newer one.
func (p Publish) published(status, target string, before, s catalog.Snapshot) records.Published {
	published := records.Published{
		Status: status, Run: s.Run, Location: s.Location, Drift: catalog.Compare(before.Columns, s.Columns),
	}
	if p.DataCatalog {
		_, name, _ := strings.Cut(target, ".")
		published.Findings = glue.Findings(name, s.Columns)
	}
	if s.Rows == 0 && len(s.Columns) == 0 && s.Format == formatParquet {
		published.Why = "the table is empty, and no load of it had a row: its columns are not known"
	}
	return published
}

// hold holds what the run has loaded: readers keep what they see, until a person accepts it.
func (p Publish) hold(ctx context.Context, w catalog.Writer, t *tableToPublish) (catalog.Publication, error) {
	loaded := t.loaded()
	return p.Catalog.Hold(ctx, w, t.target(), loaded, t.record.Reason, func(now catalog.Publication) ([]types.TransactWriteItem, error) {
		held := records.Published{
			Status: records.HeldBack, Run: now.Current.Run, Location: now.Current.Location, Why: t.record.Reason,
			Drift: catalog.Compare(now.Current.Columns, loaded.Columns),
		}
		return p.note(t, held)
	})
}

// accept publishes the held snapshot. The run has no record of the table yet.
func (p Publish) accept(ctx context.Context, w catalog.Writer, run records.Run, t *tableToPublish) (catalog.Publication, error) {
	return p.Catalog.Accept(ctx, w, t.target(), func(before, s catalog.Snapshot) ([]types.TransactWriteItem, error) {
		t.record = newTableRecord(run, t.Table, s.Rows)
		return p.note(t, p.published(records.Accepted, t.target(), before, s))
	})
}

// rollBack puts back the snapshot before the present one. The run has no record of the table yet.
func (p Publish) rollBack(ctx context.Context, w catalog.Writer, run records.Run, t *tableToPublish) (catalog.Publication, error) {
	return p.Catalog.Rollback(ctx, w, t.target(), func(_, s catalog.Snapshot) ([]types.TransactWriteItem, error) {
		t.record = newTableRecord(run, t.Table, s.Rows)
		return p.note(t, records.Published{Status: records.RolledBack, Run: s.Run, Location: s.Location})
	})
}

// newTableRecord is the record of a table in a run that loads nothing.
func newTableRecord(run records.Run, t manifest.Table, rows int64) records.Table {
	return records.Table{
		Key:   records.Key{PK: records.TableKey(t.String()), SK: run.SK},
		Table: t.String(), Target: t.Target(), Job: run.Job, Execution: run.Execution, Good: true, ExpiresAt: run.ExpiresAt,
		Rows: rows,
	}
}

// note is the write of the record of a table, with what the run has published of it.
func (p Publish) note(t *tableToPublish, published records.Published) ([]types.TransactWriteItem, error) {
	t.record.Published = &published
	put, err := records.PutTable(p.Table, t.record)
	return []types.TransactWriteItem{put}, err
}

// keep finds out what readers see of a table that this run does not publish. If the run has loaded the table and the table is not good,
// its record says what they keep.
func (p Publish) keep(ctx context.Context, w catalog.Writer, t *tableToPublish) (catalog.Publication, error) {
	now, _, err := p.Catalog.Find(ctx, t.target())
	if err != nil || !t.recorded || t.record.Published != nil {
		return now, err
	}
	kept := records.Published{Status: records.KeptBefore, Run: now.Current.Run, Location: now.Current.Location, Why: "this load of it is not good"}
	if now.Version == 0 {
		kept.Why += ", and no load of it was published before"
	}
	writes, err := p.note(t, kept)
	if err == nil {
		err = records.WriteFenced(ctx, p.Records, p.Table, w.Owner, writes)
	}
	if err != nil {
		return now, fmt.Errorf("note what readers see of table %s: %w", t, err)
	}
	return now, nil
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
	return fmt.Errorf("%w, and %s more errors", errs[0], strconv.Itoa(len(errs)-1))
}
