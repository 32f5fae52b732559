package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/documents"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/run"
)

// A cdc task that is created again writes to the folders of its predecessor. DMS does not document whether the first start of a
// task deletes files there. The role of the task's endpoint may not delete them. In case they are deleted all the same, the run
// lists the folders before the first start and after it, and a table whose files are missing has diverged.

// listing says which files are in the folders of tables. Its size does not depend on the number of files.
type listing struct {
	Tables map[string]folder `json:"tables"` // by SCHEMA.TABLE; a table with an empty folder is missing
}

// folder says which files are in a folder: how many, and when the newest was written, by the clock of S3. A file that is written
// later, or again, is newer.
type folder struct {
	Files  int       `json:"files"`
	Newest time.Time `json:"newest"`
}

// listTime is how long one call lists folders. The next call goes on. It is well below the time-out of the function.
const listTime = 2 * time.Minute

// prepareFirstStart lists the folders of the job's tables before the first start of its cdc task. done is false if there is more
// to list: the state machine calls Reconcile again.
func (f *follower) prepareFirstStart(ctx context.Context) (done bool, err error) {
	if f.state.Folders != nil && (f.doc.Folders == nil || f.doc.Folders.After) {
		// No run has compared the folders since the first start of the task before this one.
		if done, err := f.compareFolders(ctx); !done || err != nil {
			return false, err
		}
	}
	if f.doc.Folders == nil {
		f.doc.Folders = &run.FolderListing{At: run.RunObjectAddress(f.LakeBucket, f.doc, "folders.json")}
	}
	progress := f.doc.Folders
	tables := f.job.Tasks[0].Tables
	if progress.Next == len(tables) {
		return true, nil
	}
	found := listing{Tables: map[string]folder{}}
	if progress.Next > 0 {
		if err := documents.Read(ctx, f.Documents, progress.At, &found); err != nil {
			return false, err
		}
	}
	next, err := f.eachFolder(tables, progress.Next, func(t manifest.Table) error {
		there, err := f.listFolder(ctx, t, time.Time{})
		if err == nil && there.Files > 0 {
			found.Tables[t.String()] = there
		}
		return err
	})
	if err == nil {
		err = documents.Write(ctx, f.Documents, progress.At, found)
	}
	if err != nil {
		return false, err
	}
	progress.Next = next
	if next < len(tables) {
		f.doc.SetPhase(run.Reconciling, time.Now())
		return false, nil
	}
	f.log.Info("listed the folders of the tables", "task", f.spec.ID, "tables", len(tables), "withFiles", len(found.Tables))
	return true, nil
}

// compareFolders compares the folders of the job's tables with the listing from before the first start of the task. A table whose
// files are missing has diverged. done is false if there is more to compare: the state machine calls Reconcile again.
func (f *follower) compareFolders(ctx context.Context) (done bool, err error) {
	at := contract.Address(*f.state.Folders)
	if f.doc.Folders == nil || !f.doc.Folders.After {
		f.doc.Folders = &run.FolderListing{At: at, After: true}
	}
	var before listing
	err = documents.Read(ctx, f.Documents, at, &before)
	if run.IsTransient(err) {
		return false, err
	}
	if err != nil { // The lake keeps documents of runs for as long as records, and somebody may delete them.
		f.log.Warn("the folders of the tables cannot be compared with those before the first start of the task", "task", f.spec.ID, "reason", err.Error())
	}
	tables := f.job.Tasks[0].Tables
	next, err := f.eachFolder(tables, f.doc.Folders.Next, func(t manifest.Table) error {
		then, had := before.Tables[t.String()]
		if !had {
			return nil
		}
		now, err := f.listFolder(ctx, t, then.Newest)
		if missing := then.Files - now.Files; err == nil && missing > 0 {
			f.log.Warn("files are missing", "task", f.spec.ID, "table", t.String(), "missing", missing, "of", then.Files)
			f.state.Diverge(t.String(), fmt.Sprintf("%d of the %d files that were in its folder before the first start of replication task %s "+
				"are missing: rows are missing in the lake", missing, then.Files, f.spec.ID))
		}
		return err
	})
	if err != nil {
		return false, err
	}
	f.doc.Folders.Next = next
	if done = next == len(tables); done {
		f.doc.Folders, f.state.Folders = nil, nil
	} else {
		f.doc.SetPhase(run.Reconciling, time.Now())
	}
	return done, f.writeState(ctx)
}

// eachFolder calls list for each table from the index first on, for listTime. next is the index of the table with which the next
// call goes on.
func (f *follower) eachFolder(tables []manifest.Table, first int, list func(manifest.Table) error) (next int, err error) {
	started := time.Now()
	for next = first; next < len(tables) && time.Since(started) < listTime; next++ {
		if err := list(tables[next]); err != nil {
			return next, err
		}
	}
	return next, nil
}

// listFolder lists the folder of a table. With until, it counts only files that are not newer.
func (f *follower) listFolder(ctx context.Context, t manifest.Table, until time.Time) (folder, error) {
	prefix := contract.CDCFolder + "/" + t.TargetSchema + "/" + t.TargetName + "/"
	pages := s3.NewListObjectsV2Paginator(f.Lake, &s3.ListObjectsV2Input{Bucket: aws.String(f.LakeBucket), Prefix: &prefix})
	var there folder
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return folder{}, fmt.Errorf("list s3://%s/%s: %w", f.LakeBucket, prefix, err)
		}
		for _, object := range page.Contents {
			at := aws.ToTime(object.LastModified)
			if !until.IsZero() && at.After(until) {
				continue
			}
			there.Files++
			if at.After(there.Newest) {
				there.Newest = at
			}
		}
	}
	return there, nil
}

// listedFolders returns where the listing of this run is, for the job's state; nil if no folder was listed.
func (f *follower) listedFolders() *records.Object {
	if f.doc.Folders == nil || f.doc.Folders.After {
		return nil
	}
	return new(records.Object(f.doc.Folders.At))
}
