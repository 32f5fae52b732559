package run

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/oralake/oralake/internal/catalog"
	"github.com/oralake/oralake/internal/catalog/glue"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

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
