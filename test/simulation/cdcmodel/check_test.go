package cdcmodel_test

import (
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/demo/tablediff"
	"github.com/oralake/oralake/test/oracledb"
)

// recordOf returns the records of an execution: of the run, nil when it has none, and of the tables, by name.
func (w *world) recordOf(execution string) (run *records.Run, byTable map[string]records.Table) {
	byTable = map[string]records.Table{}
	for _, r := range w.RunRecords(w.outputs, jobName) {
		if r.Execution == execution {
			run = &r
		}
	}
	for _, t := range w.job().Tables {
		for _, r := range w.TableRecords(w.outputs, t.String()) {
			if r.Execution == execution {
				byTable[t.Name] = r
			}
		}
	}
	return run, byTable
}

var checkpointForm = regexp.MustCompile(`#(\d+)#0#0#\*`)

// completed is the state in a record of a table that DMS has loaded.
const completed = "Table completed"

// check compares each table that is good in the record of a run with the source at the recorded checkpoint or later.
func (w *world) check(e *sfn.DescribeExecutionOutput, began time.Time) {
	w.followed()
	run, byTable := w.recordOf(aws.ToString(e.ExecutionArn))
	if run == nil || run.TaskCount == 0 {
		if e.Status == sfntypes.ExecutionStatusSucceeded {
			w.violated(mismatch, "run %s succeeded and has no record", aws.ToString(e.Name))
		}
		return
	}
	w.story.Add("recorded: %s %s", run.Outcome, run.Reason)
	var checkpoint int64
	for _, task := range w.TaskRecords(w.outputs, w.history.stack()+"-"+jobName+"-1") {
		if m := checkpointForm.FindStringSubmatch(task.Checkpoint); m != nil && task.SK == run.SK {
			checkpoint, _ = strconv.ParseInt(m[1], 10, 64)
		}
	}
	for _, name := range sortedNames(byTable) {
		r := byTable[name]
		w.checkDDL(e, r, name, began)
		if !r.Good || r.Diverged || r.State != completed || w.hasDDLSince(name, began) || w.cannotKnow(name) {
			continue
		}
		if e.Status == sfntypes.ExecutionStatusSucceeded && r.LoadEndedAt != nil && r.LoadEndedAt.After(began) {
			*w.covered[name] = coverage{whole: true}
		}
		if why := w.unlike(name, checkpoint); why != "" {
			w.violated(mismatch, "%s says that %s is good, checkpoint %d: %s", aws.ToString(e.Name), name, checkpoint, why)
		}
	}
}

func sortedNames(byTable map[string]records.Table) (names []string) {
	for name := range byTable {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// hasDDLSince reports whether a table had a TRUNCATE or another DDL statement since a time.
func (w *world) hasDDLSince(table string, at time.Time) bool {
	changes, err := w.model.changes(w.t.Context(), table)
	w.must(err)
	return slices.ContainsFunc(changes, func(c oracledb.Change) bool {
		return len(c.Values) == 0 && !c.Commit.Before(at)
	})
}

// read rebuilds a table from the lake.
func (w *world) read(table string) (*lake.Table, []oracledb.Column) {
	columns, err := w.db.Columns(w.t.Context(), tableOf(table))
	w.must(err)
	reader := lake.Reader{Objects: w.objects(w.Objects), Bucket: w.outputs["LakeBucket"], Timestamp: "ORALAKE_TS"}
	inLake, err := reader.Read(w.t.Context(), "cdc/"+schema+"/"+table, tablediff.Keys(columns)...)
	w.must(err)
	return inLake, columns
}

// unlike returns how a table in the lake differs from every version of the table at the source from an SCN on; empty when
// it equals one of them.
func (w *world) unlike(table string, scn int64) string {
	inLake, columns := w.read(table)
	found := rebuilt(inLake, tablediff.Keys(columns))
	reported := w.reported(table, inLake, tablediff.Keys(columns))
	versions, err := w.model.versions(w.t.Context(), table, w.viewOf(table))
	w.must(err)
	from := 0
	for i, v := range versions {
		if v.scn <= scn {
			from = i
		}
	}
	why := ""
	for i := len(versions) - 1; i >= from; i-- {
		difference := w.differs(table, found, reported, versions[i])
		if difference == "" {
			w.countReported(found, reported, versions[i].rows)
			return ""
		}
		if why == "" {
			why = difference
		}
	}
	return why
}

// differs returns how rows of the lake differ from a version of a table; empty when they do not. A row that did not change since the
// coverage started may be absent. It is never old: the lake has a row from before only if it has all later changes, too.
func (w *world) differs(table string, found rows, reported map[string][]string, of version) string {
	c := w.known(table)
	for key := range found {
		if _, ok := of.rows[key]; !ok {
			return "the source has no row " + key
		}
	}
	for key, words := range of.rows {
		got, ok := found[key]
		switch {
		case ok && !equalOr(got, words, reported[key]):
			return "the lake has " + got + ", the source " + words
		case !ok && (c.whole || of.changed[key] > c.since):
			return "the lake has no row " + words
		}
	}
	return ""
}
