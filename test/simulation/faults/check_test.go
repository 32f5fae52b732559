package faults_test

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/test/aws/stepfunctions"
)

// checkTasks looks for tasks without an owner, when nothing runs. Those of a failed load may stay if the job says so,
// until it has run again, which they do stopped.
func (w *world) checkTasks(ranAgain bool) {
	for i, d := range w.plan.departments {
		for _, j := range d.Jobs {
			tasks := w.TasksOf(w.stack(i), j.Name)
			if i != w.plan.destroyed && keepsTasks(j) {
				continue
			}
			for _, task := range tasks {
				status := aws.ToString(task.Status)
				works := status == "running" || status == "starting"
				kept := j.KeepFailedTask && !ranAgain && i != w.plan.destroyed && !works
				if !kept {
					w.violated(orphan, "task %s is left, %s, and nothing runs", aws.ToString(task.ReplicationTaskIdentifier), status)
				}
			}
		}
	}
}

// checkLake counts the rows that the last run of a job wrote.
func (w *world) checkLake(d int, j department.Job) {
	if !leavesRows(j) {
		return
	}
	for _, table := range j.Tables {
		out, err := w.Objects.ListObjectsV2(w.t.Context(), &s3.ListObjectsV2Input{
			Bucket: aws.String(w.outputs[d]["LakeBucket"]), Prefix: aws.String("full/" + table.Schema + "/" + table.Name + "/"),
		})
		if err != nil {
			w.t.Fatal(err)
		}
		var rows int64
		for _, object := range out.Contents {
			n, err := w.parquetRows(w.outputs[d]["LakeBucket"], aws.ToString(object.Key))
			if err != nil {
				w.t.Fatal(err)
			}
			rows += n
		}
		if want := sourceRows[table.String()]; rows != want {
			w.violated(falseSuccess, "the lake has %d rows of %s after a success, the source has %d", rows, table, want)
		}
	}
}

// checkRecords compares what was recorded with what happened.
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
				if i == w.plan.destroyed && e.Status == "ABORTED" && len(byExecution[e.ExecutionARN]) == 0 && !e.At().Before(w.destroyed) {
					continue // Stopped by a person while the stack went: nobody was left to record it.
				}
				w.checkExecution(e, byExecution[e.ExecutionARN])
				delete(byExecution, e.ExecutionARN)
			}
			for execution := range byExecution {
				w.violated(lostRecord, "%s is recorded, and is no run of %s", w.name(execution), j.Name)
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
				w.checkRun(run, j, byRun[run.SK])
				if i != w.plan.destroyed && run.Outcome != "SUCCEEDED" && !told(run, j, runs, messages) {
					w.violated(silence, "nobody was told that %s is %s: %s", w.name(run.Execution), run.Outcome, run.Reason)
				}
			}
		}
	}
}

// told says whether one of the messages is about a run of a job, or about an earlier one that tells of it, too.
func told(run records.Run, j department.Job, runs []records.Run, messages []string) bool {
	return slices.ContainsFunc(runs, func(r records.Run) bool {
		return (r.Execution == run.Execution || tells(r, run, j)) &&
			slices.ContainsFunc(messages, func(m string) bool { return strings.Contains(m, r.Execution) })
	})
}

// mostInvocations is how often one run may invoke a function: a load of two days is looked at some 90 times, and an outage
// has every look tried again.
const mostInvocations = 400

// recoveryWait is how long a recovery waits before its first function.
const recoveryWait = 5 * time.Minute

// checkEnds sees to it that all that was begun comes to its end by itself.
func (w *world) checkEnds() {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	for _, what := range w.faults.astray {
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
			w.violated(endless, "%s failed after %v: the next recovery begins at once", w.name(e.ExecutionARN), took)
		}
	}
}

func (w *world) messages(d int) []string {
	var texts []string
	for _, m := range w.SNS.Messages(w.outputs[d]["AlertTopicArn"]) {
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

// checkExecution sees to it that an execution that had its job's lease is recorded once, and one that was skipped not.
func (w *world) checkExecution(e stepfunctions.StatusChange, records []records.Run) {
	skipped := e.Output != nil && strings.Contains(*e.Output, `"phase":"skipped"`)
	name := w.name(e.ExecutionARN)
	switch {
	case skipped && len(records) > 0:
		w.violated(lostRecord, "%s was skipped, and recorded", name)
	case len(records) > 1:
		w.violated(lostRecord, "%s has %d records", name, len(records))
	case !skipped && w.faults.leasedBy(w.truth, e.ExecutionARN) && len(records) == 0:
		w.violated(lostRecord, "%s had the lease, is %s, and has no record", name, e.Status)
	case e.Status == "SUCCEEDED" && !skipped && (len(records) == 0 || records[0].Outcome != "SUCCEEDED"):
		w.violated(falseSuccess, "%s succeeded, but no success is recorded: %+v", name, records)
	}
}

// checkRun sees to it that a run that was judged has its tables, and that each good one is proven.
func (w *world) checkRun(run records.Run, j department.Job, tables []records.Table) {
	name := w.name(run.Execution)
	if len(run.Tasks) > 0 {
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
		if problem := w.unproven(run, j, record); record.Good && problem != "" {
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

// recording is how long a run may take from the look at its tasks to its record.
const recording = 10 * time.Minute

// unproven is why what happened does not prove that a table is good.
func (w *world) unproven(run records.Run, j department.Job, record records.Table) string {
	last := run.RecordedAt.Add(recording)
	if keepsTasks(j) {
		return w.unfollowed(run, record, last)
	}
	for _, l := range w.truth.loadsOf(record.Task) {
		// From when it is at work it reads, whoever had started it: a run that was stopped may have, late.
		if l.running.Before(run.StartedAt) || l.began.After(last) {
			continue
		}
		if run.Outcome == "SUCCEEDED" && !strings.Contains(l.reason, "FULL_LOAD_ONLY_FINISHED") {
			continue
		}
		for _, t := range l.tables {
			if t.Schema+"."+t.Table == record.Table && t.Complete && t.Rows == record.Rows && t.Rows == sourceRows[record.Table] {
				return ""
			}
		}
	}
	return "no run of its task loaded all of it"
}

// ended are the executions of a job that are over.
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
	Job     string
	Tables  []string
	Recover string
}

func request(e *stepfunctions.StatusChange) (r requested) {
	if err := json.Unmarshal([]byte(aws.ToString(e.Input)), &r); err != nil {
		panic(err) // all inputs are ours, or the rule's
	}
	return r
}

// wanted are the tables that a run was started for.
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

// throttled is how many calls DMS's bucket had no token for, and for how long at a time it had none.
func (t *truth) throttled() (calls int, longest time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bucket.refused, t.bucket.longest
}

// leasedBy says whether an execution had the lease of its job. One that only got it when it was over, because it was
// stopped while Create was at work, never began.
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
