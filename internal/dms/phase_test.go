package dms

import (
	"testing"
	"time"

	"github.com/oralake/oralake/internal/department"
)

var (
	runStart   = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	dayBefore  = runStart.Add(-24 * time.Hour)
	afterStart = runStart.Add(3 * time.Minute)
)

func TestPhaseOfOneTask(t *testing.T) {
	full, cdc := department.FullLoad, department.CDC
	never := time.Time{}
	tests := []struct {
		kind    department.Type
		status  string
		started time.Time
		want    Phase
	}{
		{full, StatusCreating, never, Pending},
		{full, StatusReady, never, Ready},
		{full, StatusStarting, afterStart, Running},
		{full, StatusRunning, afterStart, Running},
		{full, StatusStopping, afterStart, Pending},
		{full, StatusStopped, afterStart, Finished},
		{full, StatusFailed, afterStart, Failed},
		{full, StatusFailed, never, Failed},
		{full, StatusModifying, never, Pending},
		{full, StatusDeleting, afterStart, Pending},
		{full, StatusRunningWithErrors, afterStart, Running}, // It goes on loading the tables that are not in error.
		{full, StatusRunningWithErrors, dayBefore, Missing},
		{full, StatusTesting, afterStart, Pending},
		{full, StatusError, afterStart, Failed},
		{full, "assessing", afterStart, Pending}, // The run limits the wait.
		{cdc, "assessing", dayBefore, Pending},
		// The load of an earlier run says nothing about this run: the task loads again.
		{full, StatusStopped, dayBefore, Ready},
		{full, StatusFailed, dayBefore, Ready},
		{full, StatusRunning, dayBefore, Missing},
		{full, StatusStarting, dayBefore, Pending},
		// A run has nothing to wait for when a CDC task is running, whenever it started.
		{cdc, StatusRunning, dayBefore, Finished},
		{cdc, StatusRunning, afterStart, Finished},
		{cdc, StatusStarting, afterStart, Running},
		{cdc, StatusStopped, dayBefore, Ready},
		{cdc, StatusFailed, dayBefore, Ready},
		{cdc, StatusFailed, afterStart, Failed},
	}
	for _, test := range tests {
		found := map[string]Description{"a": {ID: "a", Type: test.kind, Status: test.status, StartedAt: test.started}}
		if got := PhaseOf([]Task{{ID: "a", Accepted: true}}, found, runStart); got != test.want {
			t.Errorf("%s task %q started %v: phase %q, want %q", test.kind, test.status, test.started, got, test.want)
		}
	}
}

func TestPhaseOfSeveralTasks(t *testing.T) {
	found := map[string]Description{
		"done":    {ID: "done", Status: StatusStopped, StartedAt: afterStart},
		"failed":  {ID: "failed", Status: StatusFailed, StartedAt: afterStart},
		"running": {ID: "running", Status: StatusRunning, StartedAt: afterStart},
		"new":     {ID: "new", Status: StatusCreating},
	}
	for id, d := range found {
		d.Type = department.FullLoad
		found[id] = d
	}
	tests := []struct {
		ids  []string
		want Phase
	}{
		{[]string{"done"}, Finished},
		{[]string{"done", "failed"}, Failed},
		{[]string{"done", "failed", "running"}, Running},
		{[]string{"done", "running", "new"}, Pending},
		{[]string{"done", "new", "absent"}, Missing},
		{nil, Missing},
	}
	for _, test := range tests {
		var tasks []Task
		for _, id := range test.ids {
			tasks = append(tasks, Task{ID: id, Accepted: true})
		}
		if got := PhaseOf(tasks, found, runStart); got != test.want {
			t.Errorf("tasks %v: phase %q, want %q", test.ids, got, test.want)
		}
	}
}

// A run never starts a task that it has not accepted, and never takes such a task's load for its own.
func TestTasksThatAreNotAcceptedAreMissing(t *testing.T) {
	for status, want := range map[string]Phase{
		StatusReady: Missing, StatusRunning: Missing, StatusStopped: Missing, StatusFailed: Missing, "new": Pending,
		StatusStarting: Pending, StatusCreating: Pending, StatusStopping: Pending, StatusDeleting: Pending,
	} {
		found := map[string]Description{"a": {ID: "a", Type: department.FullLoad, Status: status, StartedAt: afterStart}}
		if got := PhaseOf([]Task{{ID: "a"}}, found, runStart); got != want {
			t.Errorf("status %s: phase %q, want %q", status, got, want)
		}
	}
}
