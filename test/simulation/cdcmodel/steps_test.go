package cdcmodel_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"
	dmstypes "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/test/harness"
	"github.com/oralake/oralake/test/oracledb"
)

// do executes a step.
func (w *world) do(s step) {
	if s.Does == writes || s.Does == rollBack {
		for _, t := range s.Meanwhile {
			w.must(w.write(t, s.Does == rollBack))
		}
		return
	}
	w.withWrites(s)()
}

// withWrites executes a step while its transactions are written. It returns the check to run when both are done.
func (w *world) withWrites(s step) (check func()) {
	stop := make(chan struct{})
	var writer sync.WaitGroup
	var err error
	writer.Go(func() { err = w.writeMeanwhile(s, stop) })
	defer func() {
		close(stop)
		writer.Wait()
		w.must(err)
	}()
	check = func() {}
	switch s.Does {
	case truncate:
		w.moment()
		w.must(w.db.Truncate(w.t.Context(), tableOf(tableName(s.Table))))
	case addColumn:
		w.moment()
		w.must(w.db.AddColumn(w.t.Context(), tableOf(tableName(s.Table)), fmt.Sprintf("C%d NUMBER(4)", s.number)))
	case drop:
		w.moment()
		w.must(w.db.Drop(w.t.Context(), tableOf(tableName(s.Table))))
		time.Sleep(s.After)
		w.moment()
		w.must(w.db.CreateTable(w.t.Context(), tableOf(tableName(s.Table)), definitions[s.Table]))
		w.relog(tableName(s.Table), s.Flag) // the table has lost its logging, and a DBA may notice
	case relog:
		w.relog(tableName(s.Table), s.Flag)
	case truncReload:
		table := tableName(s.Table)
		if !w.has(table) {
			table = w.job().Tables[0].Name
		}
		w.moment()
		w.must(w.db.Truncate(w.t.Context(), tableOf(table)))
		time.Sleep(s.After)
		check = w.run(request{Reload: []string{schema + "." + table}})
	case runJob:
		check = w.run(request{})
	case resume:
		check = w.run(request{Resume: true})
	case reload:
		check = w.run(request{Reload: w.some(s.Chosen)})
	case acceptDDL:
		check = w.accept(s.Chosen)
	case begin:
		w.start(request{})
	case beginLoad:
		w.start(request{Reload: w.some(s.Chosen)})
	case interrupt, interruptL:
		r := request{}
		if s.Does == interruptL {
			r.Reload = w.some(s.Chosen)
		}
		execution := w.start(r)
		time.Sleep(s.After)
		w.Stop(execution, "the database team asked for it")
	case list:
		w.deploy(func(d *department.Department) { d.Jobs[0].Tables = tableList(s.Chosen) })
	case join:
		w.deploy(func(d *department.Department) {
			job := &d.Jobs[0]
			if job.Type == department.CDC && job.Backfill == nil {
				job.Backfill = new(s.Flag)
			}
			if name := tableName(s.Table); !w.has(name) {
				job.Tables = append(slices.Clone(job.Tables), department.Table{Schema: schema, Name: name})
			}
		})
	case pause:
		w.deploy(func(d *department.Department) { d.Jobs[0].Paused = s.Flag })
	case batch:
		w.deploy(func(d *department.Department) { d.Lake.CDCMaxBatchSeconds = s.Batch })
	case backfill:
		if w.job().Type == department.CDC {
			w.deploy(func(d *department.Department) { d.Jobs[0].Backfill = &s.Flag })
		}
	case renew:
		w.deploy(func(d *department.Department) {
			job := &d.Jobs[0]
			job.OnReplace, job.Backfill, job.StartFrom = department.Restart, nil, ""
			if job.Type = department.FullLoadAndCDC; w.job().Type == job.Type {
				job.Type, job.StartFrom = department.CDC, department.StartNow
			}
		})
	case loseLog:
		w.moment()
		_, err := w.model.all(w.t.Context())
		w.must(err)
		scn, err := w.db.SCN(w.t.Context())
		w.must(err)
		w.db.ForgetBefore(scn + 1)
	case exclude, filter:
		w.transform(s)
	case deleteTask:
		w.deleteTask()
	case stopTask:
		w.stopTask()
	case startTask:
		w.startTask()
	case outage, recycle:
		w.restart(s)
	case lose:
		// A lost instance cannot be lost again.
		_ = w.DMS.LoseInstance(w.outputs["ReplicationInstanceArn"], s.After)
	}
	return check
}

// moment waits a little, so that no other event happens at the same time.
func (w *world) moment() {
	now := time.Now()
	time.Sleep(now.Truncate(time.Microsecond).Add(time.Microsecond + 500).Sub(now))
}

// errRolledBack rolls a transaction back.
var errRolledBack = errors.New("rolled back")

func (w *world) write(t transaction, back bool) error {
	w.moment()
	err := w.db.Write(w.t.Context(), func(tx *oracledb.Tx) error {
		for _, s := range t {
			if err := tx.Exec(s.sql()); err != nil {
				return err
			}
		}
		if back {
			return errRolledBack
		}
		return nil
	})
	if back && errors.Is(err, errRolledBack) {
		return nil
	}
	return err
}

// writeMeanwhile writes the transactions of a step. When the step is done, it writes the rest at once.
func (w *world) writeMeanwhile(s step, stop <-chan struct{}) error {
	for _, t := range s.Meanwhile {
		select {
		case <-time.After(s.Pause):
		case <-stop:
		}
		if err := w.write(t, false); err != nil {
			return err
		}
	}
	return nil
}

// request is the input of an execution.
type request struct {
	Job    string   `json:"job"`
	Reload []string `json:"reload,omitempty"`
	Accept []string `json:"accept,omitempty"`
	Resume bool     `json:"resume,omitempty"`
}

// some returns the chosen tables of the job, or its first one when none is chosen.
func (w *world) some(chosen [tables]bool) (all []string) {
	for _, name := range names(chosen) {
		if w.has(name) {
			all = append(all, schema+"."+name)
		}
	}
	if len(all) == 0 {
		all = []string{w.job().Tables[0].String()}
	}
	return all
}

// start starts an execution.
func (w *world) start(r request) string {
	r.Job = jobName
	input, err := json.Marshal(r)
	w.must(err)
	w.count++
	out, err := w.Machine.StartExecution(w.t.Context(), &sfn.StartExecutionInput{
		StateMachineArn: aws.String(w.outputs["StateMachineArn"]), Input: aws.String(string(input)),
		Name: aws.String(fmt.Sprintf("person-%d", w.count)),
	})
	w.must(err)
	return aws.ToString(out.ExecutionArn)
}

// run runs the job and returns the check of its records.
func (w *world) run(r request) (check func()) {
	began := time.Now()
	e := w.await(r)
	return func() { w.check(e, began) }
}

// await runs the job, repeatedly while another run has its lease.
func (w *world) await(r request) *sfn.DescribeExecutionOutput {
	const attempts = 2000
	for range attempts {
		e := w.Await(w.start(r))
		if !harness.Skipped(e) {
			return e
		}
		if e.Status == types.ExecutionStatusSucceeded && (r.Resume || len(r.Reload)+len(r.Accept) > 0) {
			w.violated(stuck, "%s succeeded, but what a person requested is not done: %+v", aws.ToString(e.Name), r)
		}
		time.Sleep(time.Minute)
	}
	w.t.Fatalf("the job's lease is not released")
	return nil
}

// stopTask stops the task as a person does. If DMS refuses that, because a run or DMS itself has just stopped, recycled or deleted
// the task, the person looks again.
func (w *world) stopTask() {
	for {
		task := w.task()
		if task == nil || aws.ToString(task.Status) != "running" {
			return
		}
		_, err := w.Tasks.StopReplicationTask(w.t.Context(), &awsdms.StopReplicationTaskInput{
			ReplicationTaskArn: task.ReplicationTaskArn,
		})
		var changed *dmstypes.InvalidResourceStateFault
		var gone *dmstypes.ResourceNotFoundFault
		if !errors.As(err, &changed) && !errors.As(err, &gone) {
			w.must(err)
			return
		}
		w.story.Add("the task is not stopped: %v", err)
		time.Sleep(time.Second)
	}
}

// startTask resumes the task as a person does. DMS may refuse that.
func (w *world) startTask() {
	task := w.task()
	if task == nil || !strings.Contains("stopped failed", aws.ToString(task.Status)) {
		return
	}
	if _, err := w.Tasks.StartReplicationTask(w.t.Context(), &awsdms.StartReplicationTaskInput{
		ReplicationTaskArn:       task.ReplicationTaskArn,
		StartReplicationTaskType: dmstypes.StartReplicationTaskTypeValueResumeProcessing,
	}); err != nil {
		w.story.Add("the task is not started: %v", err)
	}
}
