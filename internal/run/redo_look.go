package run

import (
	"cmp"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/oracle"
	"github.com/oralake/oralake/internal/oracle/checkservice"
)

// RedoLook is what the source says of its redo log at the beginning of a run of a job that follows changes. A run never fails
// because of it.
type RedoLook struct {
	At      time.Time            `json:"at,omitzero"` // when the source answered
	Found   *oracle.ArchivedRedo `json:"found,omitempty"`
	Problem string               `json:"problem,omitempty"` // why the source was not asked, or did not answer
	// LimitHours is source.redoDeadlineHours.
	LimitHours int `json:"limitHours"`
}

// requestRedoLook requests the look, if the department has a check function. AwaitRedoLook makes the function run.
func (d *Document) requestRedoLook(job manifest.Job) {
	// A run that began before a deploy may have a manifest without the limit.
	d.Redo = &RedoLook{LimitHours: cmp.Or(job.RedoDeadlineHours, department.DefaultRedoDeadlineHours)}
	if job.Check == "" {
		d.Redo.Problem = "the department has no database check"
		return
	}
	d.CheckRequest = &checkservice.Input{Request: checkservice.Request{Do: checkservice.Redo, RedoLog: job.RedoLog}}
}

// AwaitRedoLook sets the phase in which the check function comes next, if the run has requested the look and has no answer yet. If
// it has one, AwaitRedoLook reads it.
func (d *Document) AwaitRedoLook(now time.Time) (waiting bool) {
	if d.CheckRequest == nil || d.CheckRequest.Do != checkservice.Redo {
		return false
	}
	if d.CheckResult == nil {
		d.SetPhase(Checking, now)
		return true
	}
	d.Redo.At, d.Redo.Found, d.Redo.Problem = now, d.CheckResult.Redo, d.CheckResult.problem()
	if d.Redo.Found == nil {
		d.Redo.Problem = cmp.Or(d.Redo.Problem, "the check function did not answer")
	}
	d.CheckRequest, d.CheckResult = nil, nil
	return false
}
