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

// Here is all that is different for jobs whose tasks follow changes.

// keepsTasks says whether the tasks of a job outlive its runs.
func keepsTasks(j department.Job) bool { return j.Type.Continuous() }

// leavesRows says whether a success of a job leaves all rows of its tables in the folder of full loads.
func leavesRows(j department.Job) bool { return !j.Type.Continuous() }

// tells says whether a message about an earlier run tells of this one, too: a job that is looked at every hour does not say
// the same every hour.
func tells(earlier, run records.Run, j department.Job) bool {
	return j.Type.Continuous() && earlier.AlertKey == run.AlertKey && earlier.RecordedAt.Before(run.RecordedAt)
}

// looking is how long a run may take from the look at its task to its record: as long as the function that does both, and
// what was seen just before it.
const looking = 6 * time.Minute

// unfollowed is why what happened does not prove that a run left a table in the care of a task that runs: some run of
// the task began to run before last and was not over when the run looked at it, for the last time.
func (w *world) unfollowed(run records.Run, record records.Table, last time.Time) string {
	seenAt := run.RecordedAt // What recorded the tables may have died before it recorded the run, which then has no tasks.
	for _, task := range run.Tasks {
		if task.ID == record.Task && task.SeenAt != nil {
			seenAt = *task.SeenAt
		}
	}
	if late := run.RecordedAt.Sub(seenAt); late > looking || late < 0 {
		return fmt.Sprintf("its task was looked at %v before the record", late)
	}
	for _, l := range w.truth.loadsOf(record.Task) {
		if !l.running.IsZero() && l.running.Before(last) && (l.ended.IsZero() || l.ended.After(seenAt)) {
			return ""
		}
	}
	return "its task did not run"
}

// again is the input of the run with which a person has a job do its work with nothing going wrong: one that follows
// changes loads its tables anew, since some may have diverged, and tries again though it was given up.
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

// mend stops the tasks of a job, as a person does: one of their tables may be in error, and the next run starts them.
func (w *world) mend(d int, j department.Job) {
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
