package cdcmodel_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/demo/tablediff"
)

// withoutFaults is the phase after the history: there are no faults, a person does what the records say, and then all data
// must be correct.
func (w *world) withoutFaults() {
	time.Sleep(3 * time.Hour) // A lost instance is back by then.
	w.settle()
	if w.job().Paused {
		w.mustDeploy(func(d *department.Department) { d.Jobs[0].Paused = false })
	}
	r, ok := request{}, false
	for try := range 8 {
		e := w.runChecked(r)
		if ok = e.Status == sfntypes.ExecutionStatusSucceeded; ok && try > 0 {
			break
		}
		r = w.fix(e)
	}
	if !ok {
		w.violated(stuck, "the job does not run again")
		return
	}
	time.Sleep(time.Duration(w.department.Lake.CDCMaxBatchSeconds)*time.Second + 2*time.Minute)
	if e := w.runChecked(request{}); e.Status != sfntypes.ExecutionStatusSucceeded {
		w.violated(stuck, "at the end, a run is %s: %s", e.Status, aws.ToString(e.Cause))
	}
	if n := len(w.TasksOf(w.history.stack(), jobName)); n != 1 {
		w.violated(stuck, "at the end, the job has %d tasks, not one", n)
	}
	for _, t := range w.job().Tables {
		w.finish(t.Name)
	}
	for _, name := range sortedKeys(w.left) {
		f, err := folderOf(w.t.Context(), w.Objects, w.outputs["LakeBucket"], name)
		w.must(err)
		for _, file := range w.left[name] {
			if !slices.Contains(f.names, file) {
				w.done.lost++
				w.violated(lost, "%s left the job, and its file %s is missing", name, file)
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
		w.t.Fatalf("a deploy fails without a fault")
	}
	w.settle()
}

// runChecked runs the job and checks its record.
func (w *world) runChecked(r request) *sfn.DescribeExecutionOutput {
	began := time.Now()
	e := w.await(r)
	w.check(e, began)
	return e
}

// fix does what the record of a failed run says, as a person does. It returns the input of the next run.
func (w *world) fix(e *sfn.DescribeExecutionOutput) (r request) {
	if e.Status == sfntypes.ExecutionStatusSucceeded {
		return r
	}
	cause := aws.ToString(e.Cause)
	w.story.Add("failed without a fault: %s", cause)
	if strings.Contains(cause, "backfill: true") {
		w.mustDeploy(func(d *department.Department) { d.Jobs[0].Backfill = new(true) })
	}
	if strings.Contains(cause, "ORA-01291") {
		w.replaceTask()
		return r
	}
	r.Resume = strings.Contains(cause, `"resume": true`)
	_, byTable := w.recordOf(aws.ToString(e.ExecutionArn))
	for _, name := range sortedNames(byTable) {
		if byTable[name].State == "Table does not exist" {
			// The table did not exist when the task was started. A task finds tables only when it starts.
			w.stopTask()
			return request{}
		}
		switch t := byTable[name]; {
		case t.DDLSeen && !t.Diverged && w.harmless(name):
			r.Accept = append(r.Accept, schema+"."+name)
			time.Sleep(time.Second) // A person first reads what a run has noticed.
		case !t.Good:
			r.Reload = append(r.Reload, schema+"."+name)
		}
	}
	if strings.Contains(cause, "resumed") {
		r.Reload, r.Accept = nil, nil // The task must run first.
	}
	return r
}

// replaceTask replaces a task whose checkpoint is no longer in the redo log. A cdc job gets another startFrom. The task of a
// full-load-and-cdc job is deleted, as a person does.
func (w *world) replaceTask() {
	if w.job().Type == department.CDC {
		w.mustDeploy(func(d *department.Department) {
			d.Jobs[0].StartFrom, d.Jobs[0].OnReplace = fmt.Sprint(w.startSCN()), department.Restart
		})
		return
	}
	task := w.task()
	if task == nil || aws.ToString(task.Status) == "running" {
		return
	}
	_, err := w.Tasks.DeleteReplicationTask(w.t.Context(), &awsdms.DeleteReplicationTaskInput{
		ReplicationTaskArn: task.ReplicationTaskArn,
	})
	w.must(err)
	time.Sleep(time.Hour)
	w.resetCoverage(false)
}

// finish compares a table with the source as it is, and counts its changes.
func (w *world) finish(table string) {
	if w.cannotKnow(table) {
		return
	}
	if why := w.unlike(table, never); why != "" {
		w.violated(mismatch, "in the end, %s", table+": "+why)
	}
	c := w.known(table)
	there, _ := w.read(table)
	if c.whole && !w.keyLogged[table] && w.viewOf(table).isWhole() {
		d, err := tablediff.Compare(w.t.Context(), w.db, tableOf(table), there)
		w.must(err)
		if !d.Equal() {
			w.violated(mismatch, "in the end, %s: %d rows missing, %d too many, %d different",
				d.Example, d.Missing, d.Extra, d.Changed)
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
		// Changes from before a load are in the load. The time of a file has whole seconds.
		covered := (c.whole || change.SCN > c.since) && w.viewOf(table).has(change) && change.Commit.After(loaded.Add(time.Second))
		if covered && f.changes[change.SCN] == 0 {
			w.done.lost++
			w.violated(lost, "%s: change %s at SCN %d of %v is not in the lake", table, change.Op, change.SCN, change.Commit.UTC())
		}
	}
	w.hasNoExcludedColumn(table, f)
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
