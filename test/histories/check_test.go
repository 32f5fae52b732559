package histories_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	dms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	records "github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/lake"
	"github.com/oralake/oralake/local/proof"
	"github.com/oralake/oralake/local/source"
)

// recordOf is what the run of an execution recorded; none when it recorded nothing.
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

// completed is the state of a table that DMS does not load just now, as a record gives it.
const completed = "Table completed"

// check holds every table that the record of a run calls good against what the source was at the checkpoint that the
// record names, or later.
func (w *world) check(e *sfn.DescribeExecutionOutput, began time.Time) {
	w.followed()
	run, byTable := w.recordOf(aws.ToString(e.ExecutionArn))
	if run == nil || len(run.Tasks) == 0 {
		if e.Status == sfntypes.ExecutionStatusSucceeded {
			w.violated(mismatch, "run %s succeeded and has no record", aws.ToString(e.Name))
		}
		return
	}
	w.story.tell("recorded: %s %s", run.Outcome, run.Reason)
	var checkpoint int64
	if m := checkpointForm.FindStringSubmatch(run.Tasks[0].Checkpoint); m != nil {
		checkpoint, _ = strconv.ParseInt(m[1], 10, 64)
	}
	for _, name := range sortedNames(byTable) {
		r := byTable[name]
		if r.Diverged && strings.Contains(r.Reason, "DDL") && !w.definedSince(name, time.Time{}) {
			w.violated(mismatch, "%s calls %s diverged: %s, and there was none", aws.ToString(e.Name), name, r.Reason)
		}
		if !r.Good || r.Diverged || r.State != completed || w.definedSince(name, began) {
			continue
		}
		if e.Status == sfntypes.ExecutionStatusSucceeded && r.LoadEndedAt != nil && r.LoadEndedAt.After(began) {
			*w.covered[name] = coverage{whole: true}
		}
		if why := w.unlike(name, checkpoint); why != "" {
			w.violated(mismatch, "%s calls %s good, checkpoint %d: %s", aws.ToString(e.Name), name, checkpoint, why)
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

// definedSince says whether a TRUNCATE or such a thing befell a table since a time.
func (w *world) definedSince(table string, at time.Time) bool {
	changes, err := w.model.changes(w.t.Context(), table)
	w.must(err)
	return slices.ContainsFunc(changes, func(c source.Change) bool {
		return len(c.Values) == 0 && !c.Commit.Before(at)
	})
}

// read rebuilds a table.
func (w *world) read(table string) (*lake.Table, []source.Column) {
	columns, err := w.db.Columns(w.t.Context(), tableOf(table))
	w.must(err)
	reader := lake.Reader{Objects: w.objects(w.Objects), Bucket: w.outputs["LakeBucket"], Timestamp: "ORALAKE_TS"}
	there, err := reader.Read(w.t.Context(), "cdc/"+schema+"/"+table, proof.Keys(columns)...)
	w.must(err)
	return there, columns
}

// unlike is how a table of the lake differs from all that it was at the source from an SCN on; empty when it does not
// differ from one of these.
func (w *world) unlike(table string, scn int64) string {
	there, columns := w.read(table)
	found := rebuilt(there, proof.Keys(columns))
	versions, err := w.model.versions(w.t.Context(), table)
	w.must(err)
	from := 0
	for i, v := range versions {
		if v.scn <= scn {
			from = i
		}
	}
	why := ""
	for i := len(versions) - 1; i >= from; i-- {
		difference := w.differs(table, found, versions[:i+1])
		if difference == "" {
			return ""
		}
		if why == "" {
			why = difference
		}
	}
	return why
}

// differs is how rows of the lake differ from the last version of a table, as far as that is covered: a row that was not
// changed since may be as it ever was before, or absent.
func (w *world) differs(table string, found rows, versions []version) string {
	last, c := versions[len(versions)-1], w.known(table)
	for key := range found {
		if _, ok := last.rows[key]; !ok && (c.whole || last.changed[key] > c.since) {
			return "the source has no row " + key
		}
	}
	for key, words := range last.rows {
		got, ok := found[key]
		switch {
		case got == words:
		case c.whole || last.changed[key] > c.since:
			if !ok {
				return "the lake has no row " + words
			}
			return "the lake has " + got + ", the source " + words
		case ok && !slices.ContainsFunc(versions, func(v version) bool { return v.rows[key] == got }):
			return "the lake has " + got + ", which the source never had"
		}
	}
	for key, got := range found {
		if _, ok := last.rows[key]; !ok && !slices.ContainsFunc(versions, func(v version) bool { return v.rows[key] == got }) {
			return "the lake has " + got + ", which the source never had"
		}
	}
	return ""
}

// quiet is the time after the history: nothing goes wrong any more, people do what the records tell them, and then
// everything must be right.
func (w *world) quiet() {
	time.Sleep(3 * time.Hour) // Whatever is lost comes back.
	w.settle()
	if w.job().Paused {
		w.mustDeploy(func(d *department.Department) { d.Jobs[0].Paused = false })
	}
	r, ok := request{}, false
	for try := range 8 {
		e := w.runQuietly(r)
		if ok = e.Status == sfntypes.ExecutionStatusSucceeded; ok && try > 0 {
			break
		}
		r = w.cure(e)
	}
	if !ok {
		w.violated(stuck, "the job cannot be brought back")
		return
	}
	time.Sleep(time.Duration(w.department.Lake.CDCMaxBatchSeconds)*time.Second + 2*time.Minute)
	w.runQuietly(request{})
	for _, t := range w.job().Tables {
		w.finish(t.Name)
	}
	for _, name := range sortedKeys(w.left) {
		f, err := folderOf(w.t.Context(), w.Objects, w.outputs["LakeBucket"], name)
		w.must(err)
		for _, file := range w.left[name] {
			if !slices.Contains(f.names, file) {
				w.violated(lost, "%s left the job, and its file %s is gone", name, file)
			}
		}
	}
	all, err := w.model.all(w.t.Context())
	w.must(err)
	w.done.changes = len(all)
}

func sortedKeys(m map[string][]string) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func (w *world) mustDeploy(edit func(*department.Department)) {
	if !w.deploy(edit) {
		w.t.Fatalf("a deploy fails though nothing goes wrong")
	}
	w.settle()
}

// runQuietly runs the job and checks its record.
func (w *world) runQuietly(r request) *sfn.DescribeExecutionOutput {
	began := time.Now()
	e := w.await(r)
	w.check(e, began)
	return e
}

// cure is what a person does about a run that failed: what its record says.
func (w *world) cure(e *sfn.DescribeExecutionOutput) (r request) {
	if e.Status == sfntypes.ExecutionStatusSucceeded {
		return r
	}
	cause := aws.ToString(e.Cause)
	w.story.tell("failed, though nothing goes wrong: %s", cause)
	if strings.Contains(cause, "backfill: true") {
		w.mustDeploy(func(d *department.Department) { d.Jobs[0].Backfill = new(true) })
	}
	if strings.Contains(cause, "ORA-01291") {
		w.startAnew()
		return r
	}
	if strings.Contains(cause, "Table does not exist") {
		// It was not there when the task was started, and a task learns of tables when it is started.
		w.stopTask()
		return r
	}
	r.Resume = strings.Contains(cause, `"resume": true`)
	_, byTable := w.recordOf(aws.ToString(e.ExecutionArn))
	for _, name := range sortedNames(byTable) {
		if !byTable[name].Good {
			r.Reload = append(r.Reload, schema+"."+name)
		}
	}
	if strings.Contains(cause, "resumed") {
		r.Reload = nil // First of all it must run.
	}
	return r
}

// startAnew has another task take the place of one whose place in the redo log is lost: that of a cdc job begins somewhere
// else, as the file then says; one that loads in full is deleted, as a person does.
func (w *world) startAnew() {
	if w.job().Type == department.CDC {
		scn, err := w.db.SCN(w.t.Context())
		w.must(err)
		w.mustDeploy(func(d *department.Department) {
			d.Jobs[0].StartFrom, d.Jobs[0].OnReplace = fmt.Sprint(scn), department.Restart
		})
		return
	}
	task := w.task()
	if task == nil || aws.ToString(task.Status) == "running" {
		return
	}
	_, err := w.Tasks.DeleteReplicationTask(w.t.Context(), &dms.DeleteReplicationTaskInput{ReplicationTaskArn: task.ReplicationTaskArn})
	w.must(err)
	time.Sleep(time.Hour)
	w.coverAnew(false)
}

// finish holds a table against the source as it is, and counts its changes.
func (w *world) finish(table string) {
	if why := w.unlike(table, never); why != "" {
		w.violated(mismatch, "in the end, %s", table+": "+why)
	}
	c := w.known(table)
	there, _ := w.read(table)
	if c.whole {
		d, err := proof.Compare(w.t.Context(), w.db, tableOf(table), there)
		w.must(err)
		if !d.Equal() {
			w.violated(mismatch, "in the end, %s: %d rows missing, %d too many, %d different", d.Example, d.Missing, d.Extra, d.Changed)
		}
	}
	f, err := folderOf(w.t.Context(), w.Objects, w.outputs["LakeBucket"], table)
	w.must(err)
	changes, err := w.model.changes(w.t.Context(), table)
	w.must(err)
	loaded := f.loaded
	for _, r := range w.TableRecords(w.outputs, schema+"."+table) {
		if r.LoadEndedAt != nil && r.LoadEndedAt.After(loaded) {
			loaded = *r.LoadEndedAt
		}
	}
	known := map[int64]bool{}
	for _, change := range changes {
		if len(change.Values) == 0 {
			continue
		}
		known[change.SCN] = true
		// What a load began with is in the load, and a file's time has whole seconds.
		covered := (c.whole || change.SCN > c.since) && change.Commit.After(loaded.Add(time.Second))
		if covered && f.changes[change.SCN] == 0 {
			w.done.lost++
			w.violated(lost, "%s: change %s at SCN %d of %v is not in the lake", table, change.Op, change.SCN, change.Commit.UTC())
		}
	}
	for scn := range f.changes {
		if !known[scn] {
			w.violated(mismatch, "%s: the lake has a change at SCN %d, and the source has none", table, scn)
		}
	}
	if more := there.Met.Changes - len(f.changes); more != 0 {
		w.done.duplicated += more
		w.violated(duplicated, "%s: %d changes were merged, and %d were made", table, there.Met.Changes, len(f.changes))
	}
}
