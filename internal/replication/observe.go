package replication

import (
	"time"

	"github.com/oralake/oralake/internal/department"
)

// Phase is how far the tasks of a run are.
type Phase string

// The phases of a run. All but the first two are common to every task; the phase of several tasks is the earliest.
const (
	Skipped  Phase = "skipped"  // another run holds the job's lease
	Deleting Phase = "deleting" // tasks of a finished run are going away
	Missing  Phase = "missing"  // a task is not there or not right: Ensure
	Pending  Phase = "pending"  // a task is on its way to be ready: wait
	Ready    Phase = "ready"    // every task can be started: Start
	Running  Phase = "running"  // tasks of this run work: wait
	Finished Phase = "finished" // nothing more to wait for: Judge
	Failed   Phase = "failed"   // likewise, and a task failed
)

// urgency orders phases: the run does first what comes first here.
var urgency = []Phase{Missing, Pending, Ready, Running, Failed, Finished}

// Observe tells the phase of a run of type t that began at since from the descriptions of its tasks.
func Observe(t department.Type, tasks []Task, found map[string]Description, since time.Time) Phase {
	seen := map[Phase]bool{}
	for _, task := range tasks {
		d, ok := found[task.ID]
		if !ok {
			seen[Missing] = true
			continue
		}
		seen[observe(t, d, since)] = true
	}
	for _, phase := range urgency {
		if seen[phase] {
			return phase
		}
	}
	return Missing
}

func observe(t department.Type, d Description, since time.Time) Phase {
	ours := !d.StartedAt.IsZero() && !d.StartedAt.Before(since)
	switch d.Status {
	case statusCreating, statusDeleting, statusModifying, statusMoving, statusStopping, statusTesting:
		return Pending
	case statusStarting:
		if stale(t, d, since) {
			return Pending // It cannot be stopped yet.
		}
		return Running
	case statusReady:
		return Ready
	case statusRunning:
		switch {
		case t.Continuous():
			return Finished // It runs: that is all a CDC job wants.
		case stale(t, d, since):
			return Missing
		default:
			return Running
		}
	case statusStopped:
		if ours {
			return Finished
		}
		return Ready
	case statusFailed:
		if ours || d.StartedAt.IsZero() {
			return Failed // A task that failed before it ran could not be created.
		}
		return Ready
	default:
		// "Error" and "Running with errors" appear in the User Guide without a place in the life cycle: judge them.
		return Failed
	}
}
