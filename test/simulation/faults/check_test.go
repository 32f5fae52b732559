package faults_test

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/aws/stepfunctions"
)

// checkTasks checks, when no execution runs, that no task without an owner is left. With keepFailedTask, the stopped tasks
// of a failed load may stay until the job has run again.
func (w *world) checkTasks(ranAgain bool) {
	for i, d := range w.plan.departments {
		for _, j := range d.Jobs {
			tasks := w.TasksOf(w.stack(i), j.Name)
			if i != w.plan.destroyed && keepsTasks(j) {
				continue
			}
			for _, task := range tasks {
				status := aws.ToString(task.Status)
				active := status == "running" || status == "starting"
				kept := j.KeepFailedTask && !ranAgain && i != w.plan.destroyed && !active
				if !kept {
					w.violated(orphan, "task %s is left, %s, and no execution runs", aws.ToString(task.ReplicationTaskIdentifier), status)
				}
			}
		}
	}
}

// checkLake compares the number of rows that readers get with the source, after a success of a job.
func (w *world) checkLake(d int, j department.Job) {
	if !leavesRows(j) {
		return
	}
	for _, table := range j.Tables {
		current, rows, err := w.readCurrent(d, table)
		if want := sourceRows[table.String()]; err != nil || rows != want {
			w.violated(falseSuccess, "readers get %d rows of %s at %s after a success (%v), and the source has %d",
				rows, table, current.Location, err, want)
		}
		if database := w.outputs[d]["CatalogDatabase"]; database != "" && d != w.plan.destroyed && len(current.Columns) > 0 {
			if location := w.inCatalog(database, table); location != current.Location {
				w.violated(falseSuccess, "readers of the Data Catalog find %s at %q after a success, and it is published at %s",
					table, location, current.Location)
			}
		}
	}
}

// checkRecords compares the records with what happened.
func (w *world) checkRecords() {
	for i, d := range w.plan.departments {
		messages := w.messages(i)
		for _, j := range d.Jobs {
			byExecution := map[string][]records.Run{}
			runs := w.RunRecords(w.outputs[i], j.Name)
			for _, run := range runs {
				byExecution[run.Execution] = append(byExecution[run.Execution], run)
			}
			for _, e := range w.truth.ended(w.machine(i), j.Name) {
				if i == w.plan.destroyed && e.Status == "ABORTED" && len(byExecution[e.ExecutionARN]) == 0 && w.endedUnseen(e) {
					continue
				}
				w.checkExecution(e, byExecution[e.ExecutionARN])
				delete(byExecution, e.ExecutionARN)
			}
			for execution := range byExecution {
				w.violated(lostRecord, "%s has a record and is no run of %s", w.name(execution), j.Name)
			}
			byRun := map[string][]records.Table{}
			for _, t := range j.Tables {
				for _, record := range w.TableRecords(w.outputs[i], t.String()) {
					if record.Job == j.Name {
						byRun[record.SK] = append(byRun[record.SK], record)
					}
				}
			}
			for _, run := range runs {
				w.checkRun(i, run, j, byRun[run.SK])
				if i != w.plan.destroyed && run.Outcome != "SUCCEEDED" && !alerted(run, j, runs, messages) {
					w.violated(silence, "no alert says that %s is %s: %s", w.name(run.Execution), run.Outcome, run.Reason)
				}
			}
		}
	}
}

// endedUnseen reports whether no recovery could record an execution that a person has stopped: the deletion of the stack had begun, or
// EventBridge lost the event, and the deletion began before the next search for orphans.
func (w *world) endedUnseen(e stepfunctions.StatusChange) bool {
	return !e.At().Before(w.destroyed) || w.faults.lost[e.ExecutionARN] && w.destroyed.Sub(e.At()) < time.Hour
}

// alerted reports whether a message is about a run, or about an earlier run with the same alert.
func alerted(run records.Run, j department.Job, runs []records.Run, messages []string) bool {
	return slices.ContainsFunc(runs, func(r records.Run) bool {
		return (r.Execution == run.Execution || sameAlert(r, run, j)) &&
			slices.ContainsFunc(messages, func(m string) bool { return strings.Contains(m, r.Execution) })
	})
}

// mostInvocations is how often one run may invoke a function. A load of two days is polled about 90 times, and in an outage
// every poll is retried.
const mostInvocations = 400

// recoveryWait is how long a recovery waits before its first function.
const recoveryWait = 5 * time.Minute

// checkEnds checks that all work ended by itself: no step after Record, no endless invocations, no recoveries without a
// wait.
func (w *world) checkEnds() {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	for _, what := range w.faults.afterRecord {
		w.violated(endless, "%s", what)
	}
	for execution, steps := range w.faults.steps {
		for step, n := range steps {
			if n > mostInvocations {
				w.violated(endless, "%s invoked %s %d times", w.name(execution), step, n)
			}
		}
	}
	for _, e := range w.truth.executions {
		took := e.At().Sub(time.UnixMilli(e.Started))
		if request(e).Recover != "" && e.Status == "FAILED" && took < recoveryWait {
			w.violated(endless, "%s failed after %v: the next recovery starts at once", w.name(e.ExecutionARN), took)
		}
	}
}

func (w *world) messages(d int) []string {
	var texts []string
	for _, m := range w.Alerts(w.outputs[d]["AlertTopicArn"]) {
		texts = append(texts, m.Text)
	}
	return texts
}

func (w *world) name(execution string) string {
	if name := w.faults.names[execution]; name != "" {
		return name
	}
	return execution
}

// checkExecution checks that an execution with its job's lease has one record, that every execution without success has one, and a
// skipped execution none. A run that only deletes orphans has a record only if it failed.
func (w *world) checkExecution(e stepfunctions.StatusChange, records []records.Run) {
	if request(&e).Orphans != nil && e.Status == "SUCCEEDED" {
		return
	}
	skipped := e.Output != nil && strings.Contains(*e.Output, `"phase":"skipped"`)
	name := w.name(e.ExecutionARN)
	switch {
	case skipped && len(request(&e).Tables)+len(request(&e).Rollback) > 0:
		w.violated(falseSuccess, "%s succeeded, but what a person requested was not done: it was skipped", name)
	case skipped && len(records) > 0:
		w.violated(lostRecord, "%s was skipped and has a record", name)
	case len(records) > 1:
		w.violated(lostRecord, "%s has %d records", name, len(records))
	case e.Status != "SUCCEEDED" && len(records) == 0:
		w.violated(lostRecord, "%s is %s and has no record", name, e.Status)
	case !skipped && w.faults.leasedBy(w.truth, e.ExecutionARN) && len(records) == 0:
		w.violated(lostRecord, "%s had the lease, is %s, and has no record", name, e.Status)
	case e.Status == "SUCCEEDED" && !skipped && (len(records) == 0 || records[0].Outcome != "SUCCEEDED"):
		w.violated(falseSuccess, "%s succeeded, but no success is recorded: %+v", name, records)
	}
}

// checkRun checks that a judged run has a record of each table, and that each good table really is good.
func (w *world) checkRun(d int, run records.Run, j department.Job, tables []records.Table) {
	name := w.name(run.Execution)
	if run.TaskCount > 0 {
		for _, table := range w.truth.wanted(run.Execution, j) {
			n := 0
			for _, record := range tables {
				if record.Table == table {
					n++
				}
			}
			if n != 1 {
				w.violated(lostRecord, "%s has %d records of table %s", name, n, table)
			}
		}
	}
	for _, record := range tables {
		if problem := w.unproven(d, run, j, record); record.Good && problem != "" {
			w.violated(falseSuccess, "%s says that table %s is good: %s", name, record.Table, problem)
		}
		if run.Outcome == "SUCCEEDED" && !record.Good {
			w.violated(falseSuccess, "%s succeeded with table %s not good: %s", name, record.Table, record.Reason)
		}
	}
	if run.Outcome == "SUCCEEDED" && len(tables) == 0 {
		w.violated(falseSuccess, "%s succeeded without a table", name)
	}
}

// recording is how long a run may take from its last poll of the tasks to its record.
const recording = 10 * time.Minute

// unproven returns why the events do not prove that a table is good; empty when they do.
func (w *world) unproven(d int, run records.Run, j department.Job, record records.Table) string {
	if record.Published != nil && record.Published.Status == records.RolledBack {
		return w.neverPublished(d, record)
	}
	last := run.RecordedAt.Add(recording)
	if keepsTasks(j) {
		return w.unfollowed(run, w.TaskRecords(w.outputs[d], record.Task), record, last)
	}
	all := w.truth.loadsOf(record.Task)
	for i, l := range all {
		// A task reads from when it runs. A stopped run may have started it late.
		if l.running.Before(run.StartedAt) || l.began.After(last) {
			continue
		}
		if run.Outcome == "SUCCEEDED" && !strings.Contains(l.reason, "FULL_LOAD_ONLY_FINISHED") {
			continue
		}
		for _, t := range l.tables {
			if t.Schema+"."+t.Table != record.Table || t.Rows != record.Rows {
				continue
			}
			whole := t.Complete || keptFrom(all[:i], t, run.StartedAt) || t.Lost
			if reportedOnly(record.Proof, t) || whole && t.Rows == sourceRows[record.Table] {
				return ""
			}
		}
	}
	return "no run of its task loaded all of it"
}

// ended returns the ended executions of a job.
func (t *truth) ended(machine, job string) []stepfunctions.StatusChange {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []stepfunctions.StatusChange
	for _, arn := range t.order {
		e := t.executions[arn]
		if e.MachineARN == machine && e.Status != "RUNNING" && request(e).Job == job {
			all = append(all, *e)
		}
	}
	return all
}

type requested struct {
	Job         string
	Tables      []string
	Rollback    []string
	Recover     string
	FindOrphans bool
	Orphans     []string
}

func request(e *stepfunctions.StatusChange) (r requested) {
	if err := json.Unmarshal([]byte(aws.ToString(e.Input)), &r); err != nil {
		panic(err) // the test and the EventBridge rule write only JSON
	}
	return r
}

// wanted returns the tables of a run.
func (t *truth) wanted(execution string, j department.Job) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.executions[execution]; e != nil {
		if some := request(e).Tables; len(some) > 0 {
			return some
		}
	}
	var all []string
	for _, table := range j.Tables {
		all = append(all, table.String())
	}
	return all
}

func (t *truth) loadsOf(task string) []load {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.loads[task])
}

// throttled returns how many calls DMS refused for lack of tokens, and the longest time without tokens.
func (t *truth) throttled() (calls int, longest time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bucket.refused, t.bucket.longest
}

// leasedBy reports whether an execution had the lease of its job. An execution that was stopped while Create ran may get
// the lease after its end; that does not count.
func (f *faults) leasedBy(t *truth, execution string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	for trace, of := range f.traces {
		at := t.leased[trace]
		if of == execution && !at.IsZero() && at.Before(t.executions[execution].At()) {
			return true
		}
	}
	return false
}
