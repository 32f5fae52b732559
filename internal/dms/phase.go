package dms

import "time"

// Phase says how far a run has come, and so what comes next. Package run adds phases in which no task is.
type Phase string

// The phases of a run, as its tasks are.
const (
	Missing  Phase = "missing"  // a task does not exist or was not accepted: call Ensure
	Pending  Phase = "pending"  // DMS is changing the status of a task: wait
	Ready    Phase = "ready"    // a task can be started: call StartTasks
	Running  Phase = "running"  // a task of this run is loading or starting: wait
	Finished Phase = "finished" // no task has anything left to do for this run: judge it
	Failed   Phase = "failed"   // the same, and at least one task failed
)

// phaseOrder is the order in which the phases of several tasks decide: the phase of the run is the first of these that is the
// phase of any task.
var phaseOrder = []Phase{Missing, Pending, Ready, Running, Failed, Finished}

// PhaseOf returns the phase of a run that started at since. found has the descriptions of the tasks that exist, by identifier.
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
	for _, phase := range phaseOrder {
		if seen[phase] {
			return phase
		}
	}
	return Missing
}

// phaseOf returns the phase of a run that has only this task.
func phaseOf(task Task, d Description, since time.Time) Phase {
	startedByRun := task.startedBy(d, since)
	switch {
	case d.Status == StatusStarting && task.Accepted && !loadsForEarlierRun(d, since):
		return Running
	case d.IsChanging(), d.IsUnknown():
		return Pending // The run limits the wait for an unknown status: see HeldUp.
	case !task.Accepted && d.HasFailed() && d.StartedAt.IsZero():
		return Failed // DMS could not create the task.
	case !task.Accepted:
		return Missing
	}
	switch {
	case d.Status == StatusReady:
		return Ready
	case d.IsRunning() && d.Type.Continuous():
		return Finished // A job that follows changes needs its task to run, not to end. The verdict names the tables in error.
	case d.IsRunning() && loadsForEarlierRun(d, since):
		return Missing
	case d.IsRunning():
		return Running // Even with tables in error: DMS goes on loading the others.
	case awaitsRestart(task, d, since):
		return Pending
	case d.HasFailed() && d.StartedAt.IsZero():
		return Failed // DMS could not create the task.
	case !startedByRun:
		return Ready
	case d.HasFailed():
		return Failed
	default:
		return Finished
	}
}
