package verdict

import (
	"fmt"
	"regexp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
)

// lostLog matches what Oracle and DMS say of a task whose redo log is missing at the source: LogMiner with ORA-01291, a log file that
// cannot be opened with ORA-00308, and Binary Reader with a sentence (the AWS re:Post article on "Sequence doesn't exist"). It
// decides nothing but whether the reason has the advice.
var lostLog = regexp.MustCompile(`ORA-01291|ORA-00308|(?i)archived redo log with the sequence \d+ does not exist`)

// AdviseLostLog adds to the reason of v what a person can do, if the task failed because the source no longer has its redo log. v is
// the verdict of the task d, which follows the changes of a job of type t.
func AdviseLostLog(v *Verdict, d dms.Description, t department.Type, job string) {
	if v.Problem == "" || v.Problem == TaskNotStarted || !lostLog.MatchString(d.StopReason+" "+d.FailureMessage) {
		return
	}
	v.taskReason += "; the source no longer has the redo log that the task needs. " + LostLogAdvice(t, job, d.Checkpoint)
	*v = withOutcome(*v)
}

// LostLogAdvice says what a person can do if the source no longer has the redo log from a checkpoint on.
func LostLogAdvice(t department.Type, job, checkpoint string) string {
	advice := fmt.Sprintf("If a backup has the archived logs from %s on, restore them and start the state machine with "+
		`{"job": %q, "resume": true}: then nothing is lost. Otherwise `, checkpoint, job)
	if t == department.CDC {
		return advice + "write a later startFrom and onReplace: restart in the job and deploy (docs/operations.md says which one). A new task " +
			"starts there, and the rows that are missing come back with a reload"
	}
	return advice + "delete the task in the DMS console and run the job: a new task loads all tables again"
}
