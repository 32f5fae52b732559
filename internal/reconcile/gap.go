package reconcile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/records"
)

// noteGap notes in the job's state which tables of a cdc task that is about to be created may miss changes: those between the place
// that the last task of the job had reached and start. There is such a gap unless the task starts where the last one ended. Where
// that was may not be known any more, and a checkpoint of DMS cannot be compared with an SCN or a time. So every table has diverged
// that the last task followed, too. before is the state of the job, and kept are the tables (SCHEMA.TABLE) that stay.
//
// A job without a state never had a task, or it was taken out of the department's file and put back. Then the folders tell: a table
// with files has rows of an earlier task.
func (f *follower) noteGap(ctx context.Context, before records.JobState, start records.CDCStart, kept []string) error {
	goesOn := start.Origin == records.StartOfCheckpoint || before.Start != nil && before.Start.Position == start.Position
	if f.job.Type != department.CDC || goesOn {
		return nil
	}
	why := fmt.Sprintf("replication task %s starts at %s (%s), and it is not known that the task before it had reached that place: "+
		"changes between the two may be missing", f.spec.ID, start.Position, start.Origin)
	if before.Manifest == nil {
		var found listing
		if err := documents.Read(ctx, f.Documents, f.doc.Folders.At, &found); err != nil {
			return err
		}
		kept = slices.Sorted(maps.Keys(found.Tables))
		why = fmt.Sprintf("its folder has files of an earlier task, and replication task %s starts at %s (%s): changes between the "+
			"two may be missing", f.spec.ID, start.Position, start.Origin)
	}
	for _, name := range kept {
		f.state.Diverge(name, why)
	}
	if len(kept) > 0 {
		f.log.Warn("changes may be missing between the last task and the new one", "task", f.spec.ID, "tables", joinNames(kept),
			"position", start.Position)
	}
	return nil
}

// noteGapOf notes in the job's state which of the tables, SCHEMA.TABLE, have files in the lake although they join a cdc task only now.
// The file says that they are not loaded. Changes between these files and now are missing.
func (f *follower) noteGapOf(ctx context.Context, joining []string) error {
	for _, t := range f.job.Tasks[0].Tables {
		if !slices.Contains(joining, t.String()) {
			continue
		}
		there, err := f.listFolder(ctx, t, time.Time{})
		if err != nil {
			return err
		}
		if there.Files > 0 {
			f.state.Diverge(t.String(), fmt.Sprintf("its folder has files from before, the newest of %s, and it joins replication task %s "+
				"without a load (backfill: false): changes between the two may be missing", there.Newest.UTC().Format(time.RFC3339), f.spec.ID))
		}
	}
	return nil
}
