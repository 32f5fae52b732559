package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/run"
	"github.com/oralake/oralake/internal/verdict"
)

// maxResumeAttempts is how many runs in a row resume a task. After that the task stays stopped until a person fixes the cause.
const maxResumeAttempts = 3

// resume prepares the start of a stopped task: it saves the checkpoint and starts the connection tests. If too many runs in a row
// have resumed the task and it did not keep running, it fails the run instead.
func (f *follower) resume(ctx context.Context, d dms.Description) error {
	f.doc.Tasks[0].Accepted, f.doc.Tasks[0].PreviousStart = true, d.StartedAt
	if d.StoppedByUser() || f.doc.Request.Resume {
		f.state.ResumeAttempts = 0 // The task ran until a person or a deploy stopped it, or the request asks for another attempt.
	}
	if f.state.ResumeAttempts >= maxResumeAttempts {
		f.state.GivenUpReason = fmt.Sprintf("replication task %s does not keep running: %d runs in a row have resumed it: %s %s. "+
			`Fix the cause, then start the state machine with {"job": %q, "resume": true}; the task resumes from its checkpoint %s. `+
			"If the source no longer has the redo log: %s",
			d.ID, maxResumeAttempts, d.StopReason, d.FailureMessage, f.job.Name, d.Checkpoint,
			verdict.LostLogAdvice(f.job.Type, f.job.Name, d.Checkpoint))
		f.doc.Fail(run.ErrorGivenUp, f.state.GivenUpReason, time.Now())
		return f.saveCheckpoint(ctx, d)
	}
	f.state.GivenUpReason = ""
	var err error
	if f.doc.CountsRead, err = f.noteStatistics(ctx, d); err != nil {
		return err
	}
	f.log.Warn("resuming the task", "task", d.ID, "status", d.Status, "reason", d.StopReason+" "+d.FailureMessage)
	if err := f.saveCheckpoint(ctx, d); err != nil {
		return err
	}
	if err := f.testConnections(ctx); err != nil {
		return err
	}
	return f.wait()
}
