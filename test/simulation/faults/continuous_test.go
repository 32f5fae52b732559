package faults_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsdms "github.com/aws/aws-sdk-go-v2/service/databasemigrationservice"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
)

// This file has all differences for cdc and full-load-and-cdc jobs, whose tasks replicate changes.

// keepsTasks reports whether the tasks of a job stay after its runs.
func keepsTasks(j department.Job) bool { return j.Type.Continuous() }

// leavesRows reports whether a success of a job leaves all rows of its tables in the folder of full loads.
func leavesRows(j department.Job) bool { return !j.Type.Continuous() }

// sameAlert reports whether the alert of an earlier run covers this run, too: a cdc job does not repeat an alert every hour.
func sameAlert(earlier, run records.Run, j department.Job) bool {
	return j.Type.Continuous() && earlier.AlertKey == run.AlertKey && earlier.RecordedAt.Before(run.RecordedAt)
}

// pollToRecord is how long a run may take from its last poll of the task to its record: the time limit of the function that
// does both, and a minute more for a poll just before it.
const pollToRecord = 6 * time.Minute

// unfollowed returns why the events do not prove that a running task replicates a table; empty when they do. The proof is a
// run of the task that started before last and had not ended at the last poll.
func (w *world) unfollowed(run records.Run, tasks []records.Task, record records.Table, last time.Time) string {
	seenAt := run.RecordedAt // Record may have stopped between the tables and the task, which then has no record.
	for _, task := range tasks {
		if task.SK == run.SK && task.SeenAt != nil {
			seenAt = *task.SeenAt
		}
	}
	if late := run.RecordedAt.Sub(seenAt); late > pollToRecord || late < 0 {
		return fmt.Sprintf("its task was last polled %v before the record", late)
	}
	for _, l := range w.truth.loadsOf(record.Task) {
		if !l.running.IsZero() && l.running.Before(last) && (l.ended.IsZero() || l.ended.After(seenAt)) {
			return ""
		}
	}
	return "its task did not run"
}

// again returns the input of a run that a person starts after the faults. A cdc job reloads its tables, since some may have
// diverged, and resumes its task, since runs may have stopped resuming it.
func again(j department.Job) string {
	if !j.Type.Continuous() {
		return start{Job: j.Name}.input()
	}
	var tables []string
	for _, t := range j.Tables {
		tables = append(tables, t.String())
	}
	input, err := json.Marshal(map[string]any{"job": j.Name, "reload": tables, "resume": true})
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return string(input)
}

// stopTasks stops the tasks of a job, as a person does: one of their tables may be in error, and the next run starts them.
func (w *world) stopTasks(d int, j department.Job) {
	for _, task := range w.TasksOf(w.stack(d), j.Name) {
		if aws.ToString(task.Status) != "running" {
			continue
		}
		if _, err := w.Tasks.StopReplicationTask(w.t.Context(), &awsdms.StopReplicationTaskInput{
			ReplicationTaskArn: task.ReplicationTaskArn,
		}); err != nil {
			w.t.Errorf("stop task %s: %v", aws.ToString(task.ReplicationTaskIdentifier), err)
		}
	}
}
