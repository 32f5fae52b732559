package run

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/oralake/oralake/internal/catalog/glue"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// loadedFiles is what the files of a loaded table say.
type loadedFiles struct {
	count    records.FileCount
	snapshot records.Snapshot
	bytes    int64
}

// formatParquet is the format whose files have the number of their rows.
const formatParquet = "parquet"

// countFiles counts the rows in the files of each table that a full load has loaded, by their footers, and fails the tables whose files
// have other rows than DMS reports. CSV files have no footers: their tables keep the proof that DMS reports. The result is by
// SCHEMA.TABLE; it is nil for a job that follows changes.
//
// An error that a retry may fix is returned, unless the run has failed anyway. Then, and after any other error, the table is not good:
// nothing proves its files.
func (r Record) countFiles(
	ctx context.Context, log *slog.Logger, doc *Document, judged []taskVerdict,
) (map[string]loadedFiles, error) {
	if doc.Type != department.FullLoad {
		return nil, nil
	}
	jobs := inventories(ctx, lake.Reader{Objects: r.Lake, Bucket: r.LakeBucket}, doc, judged)
	files := map[string]loadedFiles{}
	for _, j := range jobs {
		name := j.table.String()
		if j.err != nil {
			if IsTransient(j.err) && doc.Error == nil {
				return nil, j.err
			}
			log.Warn("the files of a table could not be counted", "task", judged[j.task].task.ID, "table", name, "reason", j.err.Error())
		}
		v := &judged[j.task].verdict
		files[name] = judgeFiles(v, doc, j.table, j.found, j.err)
		if err := glue.Check(files[name].snapshot.Columns); err != nil && r.DataCatalog {
			verdict.MarkSameNames(v, name, err.Error())
		}
	}
	return files, nil
}

// judgeFiles decides about a table by what its files say. err is why they could not be counted.
func judgeFiles(v *verdict.Verdict, doc *Document, t verdict.Table, found lake.Inventory, err error) loadedFiles {
	name := t.String()
	f := loadedFiles{
		count: records.FileCount{Files: found.Files, By: "record function, Parquet footers", CountedAt: time.Now()},
		snapshot: records.Snapshot{
			Run: doc.SnapshotRun, Location: doc.snapshotLocation(t.Table), Format: cmp.Or(doc.Format, formatParquet),
		},
		bytes: found.Bytes,
	}
	for _, column := range found.Columns {
		f.snapshot.Columns = append(f.snapshot.Columns, records.Column(column))
	}
	switch {
	case err != nil:
		f.count.Status, f.count.Why = records.FilesNotCounted, dms.Brief(err.Error())
		verdict.MarkFilesUnread(v, name, f.count.Why)
	case found.Uncounted != "" && f.snapshot.Format == formatParquet:
		f.count.Status, f.count.Why = records.FilesNotCounted, found.Uncounted+" is not a Parquet file"
		verdict.MarkFilesUnread(v, name, f.count.Why)
	case f.snapshot.Format != formatParquet && (found.Files > 0 || t.Statistics.Rows == 0):
		f.count.Status = records.FilesNotCounted
		f.count.Why = "the files are CSV, which do not have the number of their rows"
	case found.Rows != t.Statistics.Rows:
		f.count.Status, f.count.Rows = records.FilesDiffer, &found.Rows
		f.count.Why = verdict.MarkFilesDiffering(v, name, found.Rows, t.Statistics.Rows)
	default:
		f.count.Status, f.count.Rows = records.FilesEqual, &found.Rows
		verdict.MarkFooters(v, name)
	}
	return f
}

// noteFiles adds to the records what the files of the tables say.
func noteFiles(record *records.Run, tables []records.Table, files map[string]loadedFiles) {
	for i := range tables {
		table := &tables[i]
		f, ok := files[table.Table]
		if !ok {
			continue
		}
		table.FileCount = &f.count
		if table.Good {
			table.Snapshot, table.Bytes = &f.snapshot, f.bytes
			record.Bytes += f.bytes
		}
	}
}

// inParallel calls do for each item, at most atOnce at the same time, and waits for all.
func inParallel[T any](items []T, atOnce int, do func(T)) {
	next := make(chan T)
	var workers sync.WaitGroup
	for range min(atOnce, len(items)) {
		workers.Go(func() {
			for item := range next {
				do(item)
			}
		})
	}
	for _, item := range items {
		next <- item
	}
	close(next)
	workers.Wait()
}
