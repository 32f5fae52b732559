package dms

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

// urgency orders the phases of several tasks: the run is in the first of these that any task is in.
var urgency = []Phase{Missing, Pending, Ready, Running, Failed, Finished}

// PhaseOf tells the phase of a run that began at since from the descriptions of its tasks.
func PhaseOf(tasks []Task, found map[string]Description, since time.Time) Phase {
	seen := map[Phase]bool{}
	for _, task := range tasks {
		d, ok := found[task.ID]
		if !ok {
			seen[Missing] = true
			continue
		}
		seen[phaseOf(task, d, since)] = true
	}
	for _, phase := range urgency {
		if seen[phase] {
			return phase
		}
	}
	return Missing
}

func phaseOf(task Task, d Description, since time.Time) Phase {
	switch d.Status {
	case StatusCreating, StatusDeleting, StatusModifying, StatusMoving, StatusStopping, StatusTesting:
		return Pending
	}
	ours := !d.StartedAt.IsZero() && !d.StartedAt.Before(since) && d.StartedAt.After(task.PreviousStart)
	switch {
	case !task.Accepted && d.Status == StatusFailed && d.StartedAt.IsZero():
		return Failed // It could not be created.
	case !task.Accepted && d.Status == StatusStarting:
		return Pending // It cannot be stopped yet.
	case !task.Accepted:
		return Missing
	}
	switch d.Status {
	case StatusRunningWithErrors:
		if d.Type.Continuous() {
			return Finished // The judge names the tables.
		}
		return Failed
	case StatusStarting:
		if stale(d, since) {
			return Pending
		}
		return Running
	case StatusReady:
		return Ready
	case StatusRunning:
		switch {
		case d.Type.Continuous():
			return Finished // It runs: that is all a CDC job wants.
		case stale(d, since):
			return Missing
		default:
			return Running
		}
	case StatusStopped:
		if ours {
			return Finished
		}
		return Ready
	case StatusFailed:
		if ours || d.StartedAt.IsZero() {
			return Failed // A task that failed before it ran could not be created.
		}
		return Ready
	default:
		// "Error" and "Running with errors" appear in the User Guide without a place in the life cycle: judge them.
		return Failed
	}
}
