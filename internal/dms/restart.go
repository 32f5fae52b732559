package dms

import (
	"fmt"
	"time"
)

// DMS restarts tasks by itself: during maintenance and after a failover of the instance, or for reasons of its own
// (restartCodes). A full load keeps its complete tables then, loads the others again, and gets a later StartedAt
// (CHAP_ReplicationInstance.MaintenanceWindow). After a reboot of the instance a full load stays failed
// (CHAP_ReplicationInstance.Rebooting), and a run resumes it once.

// awaitsRestart says that DMS has stopped the task to start it again by itself. It is false once the run resumes the task.
func awaitsRestart(task Task, d Description, since time.Time) bool {
	inRun := d.Type.Continuous() || task.startedBy(d, since)
	return inRun && d.StoppedForRestart() && !d.StartedAt.Equal(task.PreviousStart)
}

// HeldUp says, for people, why a run that started at since has to wait for DMS although none of its tasks is working: DMS is
// restarting a task, which it has stopped at restartsSince, or a task has a status that DMS does not document. It is empty if the run
// need not wait for these reasons. Both may last forever, so the run limits the wait.
func HeldUp(tasks []Task, found map[string]Description, since time.Time) (why string, restartsSince time.Time) {
	for _, task := range tasks {
		d, exists := found[task.ID]
		switch {
		case !exists:
		case d.IsUnknown():
			return fmt.Sprintf("replication task %s has the status %q, which DMS does not document", task.ID, d.Status), time.Time{}
		case awaitsRestart(task, d, since):
			return fmt.Sprintf("DMS has stopped replication task %s to start it again (%s)", task.ID, d.StopCode()), d.StoppedAt
		}
	}
	return "", time.Time{}
}

// AnyEnded says that a run of one of the tasks has ended in a run that started at since, or that a task that should follow changes
// is stopped. Whether that is the end, the state of the instance decides: see Instance.IsAvailable. A full load that DMS has finished
// does not count while others are not: DMS does not start it again.
func AnyEnded(tasks []Task, found map[string]Description, since time.Time) bool {
	finished := 0
	for _, task := range tasks {
		d := found[task.ID]
		switch {
		case !d.HasEnded() || !task.startedBy(d, since) && (!d.Type.Continuous() || d.StartedAt.Equal(task.PreviousStart)):
		case !d.Type.Continuous() && d.Status == StatusStopped && d.StopCode() == stopFullLoadFinished:
			finished++
		default:
			return true
		}
	}
	return finished > 0 && finished == len(tasks)
}

// Break is a full load that ended early in a run, and that the run may resume.
type Break int

// The kinds of breaks.
const (
	NotBroken   Break = iota // the load is not over, or is done, or was resumed before, or a person stopped it
	MayBeBroken              // the load failed: an outage of the instance may have broken it
	BrokenByDMS              // DMS says that its environment broke it
)

// BreakOf says whether DMS has broken the full load of a task in a run that started at since.
func BreakOf(task Task, d Description, since time.Time) Break {
	switch {
	case !task.Accepted || d.Type.Continuous() || !d.HasEnded() || !task.startedBy(d, since) || !task.PreviousStart.IsZero():
		return NotBroken
	case d.StoppedForRestart(), d.StopCode() == stopRecoverableError:
		return BrokenByDMS
	case d.HasFailed():
		return MayBeBroken
	default:
		return NotBroken
	}
}
