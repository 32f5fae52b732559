package cdcmodel_test

import (
	"bytes"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/parquet-go/parquet-go"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/oracledb"
)

// view says which rows and columns of a table come to the lake.
type view struct {
	exclude []string
	most    int64 // the largest ID; 0 for no limit
}

// isWhole reports whether the view has all rows and columns.
func (of view) isWhole() bool { return len(of.exclude) == 0 && of.most == 0 }

// has reports whether the row of a change is in the view.
func (of view) has(change oracledb.Change) bool {
	if of.most == 0 {
		return true
	}
	for i, c := range change.Columns {
		if c.Name == "ID" {
			id, ok := change.Values[i].(int64)
			return !ok || id <= of.most
		}
	}
	return true
}

// viewOf returns the view of a table in the file.
func (w *world) viewOf(table string) (of view) {
	for _, t := range w.job().Tables {
		if t.Name != table {
			continue
		}
		of.exclude = t.Exclude
		for _, f := range t.Filters {
			of.most, _ = strconv.ParseInt(f.Value, 10, 64)
		}
	}
	return of
}

// mostFiltered is the largest ID that a filter accepts.
const mostFiltered = 4

// excludable has a column of each table that a history may exclude. It is no key.
var excludable = [tables]string{"NAME", "V", "AT", "V"}

// transform deploys other excluded columns, or another filter, of a table of the job: those of the step's table, or of the first
// table if the job does not have that one.
func (w *world) transform(s step) {
	w.deploy(func(d *department.Department) {
		job := &d.Jobs[0]
		if job.OnReplace = ""; s.Replace {
			job.OnReplace = department.Restart
		}
		job.Tables = slices.Clone(job.Tables)
		at := max(0, slices.IndexFunc(job.Tables, func(t department.Table) bool { return t.Name == tableName(s.Table) }))
		t := &job.Tables[at]
		switch {
		case s.Does == exclude && s.Flag:
			n, err := strconv.Atoi(strings.TrimPrefix(t.Name, "T"))
			w.must(err)
			t.Exclude = []string{excludable[n]}
		case s.Does == exclude:
			t.Exclude = nil
		case s.Flag:
			t.Filters = []department.Filter{{Column: "ID", Operator: "lte", Value: strconv.Itoa(mostFiltered)}}
		default:
			t.Filters = nil
		}
	})
}

// deleteTask stops and deletes the task as a person does. The task of a cdc job is made again from its checkpoint. A new task of a
// full-load-and-cdc job loads all tables.
func (w *world) deleteTask() {
	w.stopTask()
	const stops = 10 * time.Minute
	time.Sleep(stops)
	task := w.task()
	if task == nil {
		return
	}
	if _, err := w.Tasks.DeleteReplicationTask(w.t.Context(), &awsdms.DeleteReplicationTaskInput{
		ReplicationTaskArn: task.ReplicationTaskArn,
	}); err != nil {
		w.story.Add("the task is not deleted: %v", err)
		return
	}
	if w.job().Type == department.FullLoadAndCDC {
		w.resetCoverage(false)
	}
}

// hasNoExcludedColumn checks that no file of a table has a column that the file of the department excludes. The table was loaded
// again since the column was excluded.
func (w *world) hasNoExcludedColumn(table string, f folder) {
	of := w.viewOf(table)
	if len(of.exclude) == 0 {
		return
	}
	for _, name := range f.names {
		content, err := read(w.t.Context(), w.Objects, w.outputs["LakeBucket"], name)
		w.must(err)
		file, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
		w.must(err)
		for _, column := range file.Schema().Columns() {
			if slices.Contains(of.exclude, column[0]) {
				w.violated(mismatch, "%s: file %s has the excluded column %s", table, path.Base(name), column[0])
			}
		}
	}
}
