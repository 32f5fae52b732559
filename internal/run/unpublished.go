package run

import (
	"context"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// publishes says that Publish has something to do for a run that is just recorded: a good table of a full load, or a rollback.
func publishes(doc *Document, tables []records.Table) bool {
	if doc.Type != department.FullLoad || !doc.Leased {
		return false
	}
	for _, t := range tables {
		if t.Good && t.Snapshot != nil {
			return true
		}
	}
	return doc.Request.loadsNothing() && doc.Error == nil
}

// markUnpublished notes in the record of a run that some of its good tables are not published, and returns the new record. Readers keep
// what they have seen before; the next run of the job loads and publishes these tables again.
func (r Record) markUnpublished(ctx context.Context, doc *Document, run records.Run) (records.Run, error) {
	why := "its execution ended before, and another run has taken over the lease"
	if doc.PublishError != nil {
		why = errorMessage(doc.PublishError.Cause)
	}
	published, due, err := r.countPublished(ctx, doc, run)
	if err != nil {
		return run, err
	}
	reason := fmt.Sprintf("%s%s (%d of %d tables are published)", notPublished, why, published, due)
	if len(doc.Request.Rollback) > 0 {
		reason = fmt.Sprintf("%d of %d tables are rolled back: %s", published, due, why)
	} else if len(doc.Request.Publish) > 0 {
		reason = fmt.Sprintf("%d of %d held tables are published: %s", published, due, why)
	} else if run.Reason != "" {
		reason += "; " + run.Reason
	}
	run.Outcome = string(verdict.Partial)
	if published == 0 {
		run.Outcome = string(verdict.Failed)
	}
	run.Reason, run.Published, run.Publication = verdict.Shorten(reason), published, records.PublicationFailed
	run.AlertKey, run.Alerted = ErrorNotPublished, false
	err = records.Conclude(ctx, r.Records, r.Table, run, records.PublicationDue)
	if err != nil {
		return run, err
	}
	if doc.Recovering == nil {
		doc.Fail(ErrorNotPublished, run.Reason, time.Now())
	}
	return run, nil
}

// countPublished counts the tables that a run has published or rolled back, of those that it should have.
func (r Record) countPublished(ctx context.Context, doc *Document, run records.Run) (published, due int, err error) {
	job, err := LoadJob(ctx, r.Documents, contract.ParseAddress(run.Manifest), doc.Request.WholeJob())
	if err != nil {
		return 0, 0, err
	}
	var names []string
	for _, task := range job.Tasks {
		for _, t := range task.Tables {
			names = append(names, t.String())
		}
	}
	found, err := records.FindTables(ctx, r.Records, r.Table, run.SK, names)
	due = len(doc.Request.Rollback) + len(doc.Request.Publish)
	for _, t := range found {
		if t.Good && t.Snapshot != nil && len(t.Held) == 0 {
			due++
		}
		if t.Published.Changes() {
			published++
		}
	}
	return published, due, err
}
