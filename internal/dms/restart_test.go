package dms

import (
	"testing"
	"time"

	"github.com/oralake/oralake/internal/department"
)

// A full load is broken by DMS, or may be, only if it ended early in this run, nobody stopped it and it was not resumed before.
func TestBreakOf(t *testing.T) {
	stopped := func(code string) Description {
		return Description{ID: "a", Type: department.FullLoad, Status: StatusStopped, StartedAt: afterStart, StopReason: "Stop Reason " + code}
	}
	with := func(d Description, change func(*Description)) Description {
		change(&d)
		return d
	}
	failed := with(stopped("FATAL_ERROR"), func(d *Description) { d.Status = StatusFailed })
	accepted := Task{ID: "a", Accepted: true}
	for name, test := range map[string]struct {
		task Task
		d    Description
		want Break
	}{
		"failed":                      {accepted, failed, MayBeBroken},
		"in the guide's error":        {accepted, with(failed, func(d *Description) { d.Status = StatusError }), MayBeBroken},
		"failed, recoverable":         {accepted, with(failed, func(d *Description) { d.StopReason = "Stop Reason RECOVERABLE_ERROR" }), BrokenByDMS},
		"recycled":                    {accepted, stopped("RECYCLE_TASK"), BrokenByDMS},
		"reconfigured":                {accepted, stopped("RECONFIGURATION_RESTART"), BrokenByDMS},
		"stopped by a person":         {accepted, stopped("NORMAL"), NotBroken},
		"out of disk":                 {accepted, stopped("STOPPED_DUE_TO_LOW_DISK"), NotBroken},
		"done":                        {accepted, stopped("FULL_LOAD_ONLY_FINISHED"), NotBroken},
		"running":                     {accepted, with(failed, func(d *Description) { d.Status = StatusRunning }), NotBroken},
		"failed yesterday":            {accepted, with(failed, func(d *Description) { d.StartedAt = dayBefore }), NotBroken},
		"could not be created":        {accepted, with(failed, func(d *Description) { d.StartedAt = time.Time{} }), NotBroken},
		"somebody else's":             {Task{ID: "a"}, failed, NotBroken},
		"failed after it resumed":     {Task{ID: "a", Accepted: true, PreviousStart: runStart.Add(time.Minute)}, failed, NotBroken},
		"of a job that follows":       {accepted, with(failed, func(d *Description) { d.Type = department.CDC }), NotBroken},
		"failed, and being resumed":   {Task{ID: "a", Accepted: true, PreviousStart: afterStart}, failed, NotBroken},
		"recycled, and being resumed": {Task{ID: "a", Accepted: true, PreviousStart: afterStart}, stopped("RECYCLE_TASK"), NotBroken},
	} {
		if got := BreakOf(test.task, test.d, runStart); got != test.want {
			t.Errorf("%s: break %d, want %d", name, got, test.want)
		}
	}
}

// A task that a run resumes is ready, whatever DMS has stopped it for. Before that it is pending while DMS may restart it.
func TestPhaseOfBrokenTasks(t *testing.T) {
	for _, kind := range []department.Type{department.FullLoad, department.CDC} {
		d := Description{ID: "a", Type: kind, Status: StatusStopped, StartedAt: afterStart, StopReason: "Stop Reason RECYCLE_TASK"}
		found := map[string]Description{"a": d}
		if got := PhaseOf([]Task{{ID: "a", Accepted: true}}, found, runStart); got != Pending {
			t.Errorf("%s, recycled: phase %s, want %s", kind, got, Pending)
		}
		resuming := []Task{{ID: "a", Accepted: true, PreviousStart: afterStart}}
		if got := PhaseOf(resuming, found, runStart); got != Ready {
			t.Errorf("%s, resumed by the run: phase %s, want %s", kind, got, Ready)
		}
		if why, _ := HeldUp(resuming, found, runStart); why != "" {
			t.Errorf("%s, resumed by the run: held up: %s", kind, why)
		}
		d.StartedAt = afterStart.Add(time.Hour)
		if got := PhaseOf(resuming, map[string]Description{"a": d}, runStart); got != Pending {
			t.Errorf("%s, recycled after the run resumed it: phase %s, want %s", kind, got, Pending)
		}
	}
	// A load of yesterday that DMS recycled is not waited for: this run loads again.
	d := Description{ID: "a", Type: department.FullLoad, Status: StatusStopped, StartedAt: dayBefore, StopReason: "Stop Reason RECYCLE_TASK"}
	if got := PhaseOf([]Task{{ID: "a", Accepted: true}}, map[string]Description{"a": d}, runStart); got != Ready {
		t.Errorf("recycled yesterday: phase %s, want %s", got, Ready)
	}
}
