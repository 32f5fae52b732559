package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/run"
)

// maxResumeAttempts is how many runs in a row resume a task before a person has to look at it.
const maxResumeAttempts = 3

// resume prepares a stopped task to be started, unless it was resumed in vain too often.
func (f *follower) resume(ctx context.Context, d dms.Description) error {
	f.doc.Tasks[0].Accepted, f.doc.Tasks[0].PreviousStart = true, d.StartedAt
	if d.StoppedByUser() || f.doc.Request.Resume {
		f.state.ResumeAttempts = 0 // A person or a deploy stopped it, and until then it ran; or a person wants it tried.
	}
	if f.state.ResumeAttempts >= maxResumeAttempts {
		f.state.GivenUpReason = fmt.Sprintf("replication task %s was resumed %d times in a row and did not keep running: %s %s. "+
			`Fix the cause, then start the state machine with {"job": %q, "resume": true}; the task goes on from its checkpoint %s. `+
			"If the redo log from there on is lost, take the job out of the department's file, deploy, and put it back: it starts again",
			d.ID, maxResumeAttempts, d.StopReason, d.FailureMessage, f.job.Name, d.Checkpoint)
		f.doc.Fail(run.ErrorGivenUp, f.state.GivenUpReason, time.Now())
		return f.saveCheckpoint(ctx, d)
	}
	f.state.GivenUpReason = ""
	f.log.Warn("resuming", "task", d.ID, "status", d.Status, "reason", d.StopReason+" "+d.FailureMessage)
	if err := f.saveCheckpoint(ctx, d); err != nil {
		return err
	}
	if err := f.testConnections(ctx); err != nil {
		return err
	}
	return f.wait()
}
