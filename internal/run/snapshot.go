package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/catalog"
	"github.com/oralake/oralake/internal/manifest"
)

// snapshotForm is the form of a RUN: it sorts by time, and it is a part of a schema's name in DMS.
const snapshotForm = "20060102T150405Z"

func snapshotRun(at time.Time) string { return at.UTC().Format(snapshotForm) }

// snapshotLocation is the folder that the run loads a table to.
func (d *Document) snapshotLocation(t manifest.Table) string {
	return catalog.Location(t.TargetSchema, t.TargetName, d.SnapshotRun)
}

// writer is the run as the writer of the catalog: the run that Record has recorded, see recordedRun.
func (d *Document) writer(now time.Time) catalog.Writer {
	execution, _ := d.recordedRun()
	return catalog.Writer{Owner: d.Owner(), Execution: execution, Now: now}
}

// maxRenamings is how many names of a run are tried. A name is taken if another run has got its lease in the same second: a run of
// another job that had the table before a deploy, or a run of this job that has failed at once.
const maxRenamings = 5

// claimFolders claims the folders of the snapshots that the run loads. If another run has a folder of the same name, this run takes the
// next second as its name: a repeated call finds the same name taken and takes the same next one.
func (c Create) claimFolders(ctx context.Context, doc *Document, job manifest.Job) error {
	if doc.Claimed {
		return nil
	}
	now := time.Now()
	if doc.SnapshotRun == "" {
		doc.SnapshotRun = snapshotRun(now) // An older version has prepared the run.
	}
	var tables []manifest.Table
	for _, task := range job.Tasks {
		tables = append(tables, task.Tables...)
	}
	for range maxRenamings {
		err := c.Catalog.Claim(ctx, doc.writer(now), doc.SnapshotRun, tables)
		if !errors.Is(err, catalog.ErrTaken) {
			doc.Claimed = err == nil
			return err
		}
		at, err := time.Parse(snapshotForm, doc.SnapshotRun)
		if err != nil {
			return fmt.Errorf("read the name of the run %q: %w", doc.SnapshotRun, err)
		}
		doc.SnapshotRun = snapshotRun(at.Add(time.Second))
	}
	return fmt.Errorf("claim the folders of the run: the names of %d seconds before %s are taken; run the job again",
		maxRenamings, doc.SnapshotRun)
}
