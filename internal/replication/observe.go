package replication

import "time"

// Phase is how far the tasks of a run are.
type Phase string

// The phases of a run.
const (
	Missing  Phase = "missing"  // a task is not there, or not accepted: Ensure
	Pending  Phase = "pending"  // a task is on its way to another state: wait
	Ready    Phase = "ready"    // every task can be started: Start
	Running  Phase = "running"  // tasks of this run work: wait
	Finished Phase = "finished" // nothing more to wait for: Judge
	Failed   Phase = "failed"   // likewise, and a task failed
)

// Phases of a run that no task is in.
const (
	Skipped  Phase = "skipped"  // another run holds the job's lease
	Deleting Phase = "deleting" // tasks of a finished run are going away
)

// urgency orders the phases of several tasks: the run is in the first of these that any task is in.
var urgency = []Phase{Missing, Pending, Ready, Running, Failed, Finished}

// Observe tells the phase of a run that began at since from the descriptions of its tasks.
func Observe(tasks []Task, found map[string]Description, since time.Time) Phase {
	seen := map[Phase]bool{}
	for _, task := range tasks {
		d, ok := found[task.ID]
		if !ok {
			seen[Missing] = true
			continue
		}
		seen[observe(task, d, since)] = true
	}
	for _, phase := range urgency {
		if seen[phase] {
			return phase
		}
	}
	return Missing
}

func observe(task Task, d Description, since time.Time) Phase {
	switch d.Status {
	case statusCreating, statusDeleting, statusModifying, statusMoving, statusStopping, statusTesting:
		return Pending
	}
	ours := !d.StartedAt.IsZero() && !d.StartedAt.Before(since) && d.StartedAt.After(task.Before)
	switch {
	case !task.Accepted && d.Status == statusFailed && d.StartedAt.IsZero():
		return Failed // It could not be created.
	case !task.Accepted && d.Status == statusStarting:
		return Pending // It cannot be stopped yet.
	case !task.Accepted:
		return Missing
	}
	switch d.Status {
	case statusRunningWithErrors:
		if d.Type.Continuous() {
			return Finished // The judge names the tables.
		}
		return Failed
	case statusStarting:
		if stale(d, since) {
			return Pending
		}
		return Running
	case statusReady:
		return Ready
	case statusRunning:
		switch {
		case d.Type.Continuous():
			return Finished // It runs: that is all a CDC job wants.
		case stale(d, since):
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
