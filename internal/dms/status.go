package dms

import (
	"slices"
	"strings"
	"time"
)

// The task statuses that DMS documents (API_ReplicationTask, Status). More may exist: see IsUnknown.
const (
	StatusCreating   = "creating"
	StatusDeleting   = "deleting"
	StatusFailed     = "failed"
	StatusFailedMove = "failed-move"
	StatusModifying  = "modifying"
	StatusMoving     = "moving"
	StatusReady      = "ready"
	StatusRunning    = "running"
	StatusStarting   = "starting"
	StatusStopped    = "stopped"
	StatusStopping   = "stopping"
	StatusTesting    = "testing" // an assessment runs, perhaps before a start
)

// Two more statuses are in the User Guide (CHAP_Tasks.html) and missing from the API's list.
const (
	StatusRunningWithErrors = "running with errors" // the task is running, and at least one of its tables is in error
	StatusError             = "error"               // the task has failed; see MayWork
)

// normalStatus returns a status in lower case, with one spelling of StatusRunningWithErrors.
func normalStatus(status string) string {
	status = strings.ToLower(status)
	if strings.NewReplacer("-", " ", "_", " ").Replace(status) == StatusRunningWithErrors {
		return StatusRunningWithErrors
	}
	return status
}

// IsRunning says that the task is running. Some of its tables may be in error.
func (d Description) IsRunning() bool {
	return d.Status == StatusRunning || d.Status == StatusRunningWithErrors
}

// IsStopped says that the task is not running and that DMS takes a start, a modification or a deletion of it.
func (d Description) IsStopped() bool { return d.Status == StatusReady || d.HasEnded() }

// HasEnded says that a run of the task has ended, well or not, or that DMS could not create the task.
func (d Description) HasEnded() bool { return d.Status == StatusStopped || d.HasFailed() }

// HasFailed says that DMS reports a failure of the task.
func (d Description) HasFailed() bool {
	return d.Status == StatusFailed || d.Status == StatusError || d.Status == StatusFailedMove
}

// IsChanging says that DMS is changing the status, and that the next one comes by itself.
func (d Description) IsChanging() bool {
	return slices.Contains([]string{
		StatusCreating, StatusDeleting, StatusModifying, StatusMoving, StatusStarting, StatusStopping, StatusTesting,
	}, d.Status)
}

// IsUnknown says that DMS does not document the status: the task may be running.
func (d Description) IsUnknown() bool { return !d.IsRunning() && !d.IsStopped() && !d.IsChanging() }

// MayWork says that the task may be working although DMS does not call it running: its status is not documented, or it is "error",
// which the User Guide has and does not explain. A stop tells: DMS refuses to stop a task that does not work.
func (d Description) MayWork() bool { return d.IsUnknown() || d.Status == StatusError }

// StopCode is the code in the stop reason, "NORMAL" of "Stop Reason NORMAL"; empty if there is none. The rest of a stop reason
// is text for people: it quotes the error that ended a failed task.
func (d Description) StopCode() string {
	const before = "Stop Reason "
	at := strings.LastIndex(d.StopReason, before)
	switch {
	case at < 0 && strings.Contains(d.StopReason, " "):
		return ""
	case at < 0:
		return d.StopReason
	}
	code, _, _ := strings.Cut(d.StopReason[at+len(before):], " ")
	return code
}

// Stop codes that decide what a run does (API_ReplicationTask, StopReason).
const (
	stopNormal           = "NORMAL"
	stopRecoverableError = "RECOVERABLE_ERROR"
	stopFullLoadFinished = "FULL_LOAD_ONLY_FINISHED"
)

// restartCodes are the codes of a task that DMS has stopped to start it again by itself.
var restartCodes = []string{"RECYCLE_TASK", "RECONFIGURATION_RESTART"}

// StoppedByUser says that a person or a program stopped the task.
func (d Description) StoppedByUser() bool {
	return d.Status == StatusStopped && d.StopCode() == stopNormal
}

// StoppedForRestart says that DMS has stopped the task and will start it again by itself.
func (d Description) StoppedForRestart() bool {
	return d.HasEnded() && slices.Contains(restartCodes, d.StopCode())
}

// RestartTimeout is how long DMS may take to start a task again that it has stopped itself. After that, nobody waits for it.
const RestartTimeout = 30 * time.Minute

// WillRestart says that DMS has stopped the task and is expected to start it again.
func (d Description) WillRestart(now time.Time) bool {
	return d.StoppedForRestart() && !d.StoppedAt.IsZero() && now.Before(d.StoppedAt.Add(RestartTimeout))
}
