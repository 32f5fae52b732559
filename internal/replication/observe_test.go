package replication

import (
	"testing"
	"time"

	"github.com/oralake/oralake/internal/department"
)

func TestObserve(t *testing.T) {
	full, cdc := department.FullLoad, department.CDC
	never := time.Time{}
	tests := []struct {
		kind    department.Type
		status  string
		started time.Time
		want    Phase
	}{
		{full, statusCreating, never, Pending},
		{full, statusReady, never, Ready},
		{full, statusStarting, later, Running},
		{full, statusRunning, later, Running},
		{full, statusStopping, later, Pending},
		{full, statusStopped, later, Finished},
		{full, statusFailed, later, Failed},
		{full, statusFailed, never, Failed},
		{full, statusModifying, never, Pending},
		{full, statusDeleting, later, Pending},
		{full, "Running with errors", later, Failed},
		// What an earlier run left behind proves nothing and is loaded again.
		{full, statusStopped, yesterday, Ready},
		{full, statusFailed, yesterday, Ready},
		{full, statusRunning, yesterday, Missing},
		{full, statusStarting, yesterday, Pending},
		// A CDC task is done being looked at as soon as it runs, whenever it started.
		{cdc, statusRunning, yesterday, Finished},
		{cdc, statusRunning, later, Finished},
		{cdc, statusStarting, later, Running},
		{cdc, statusStopped, yesterday, Ready},
		{cdc, statusFailed, yesterday, Ready},
		{cdc, statusFailed, later, Failed},
	}
	for _, test := range tests {
		found := map[string]Description{"a": {ID: "a", Type: test.kind, Status: test.status, StartedAt: test.started}}
		if got := Observe([]Task{{ID: "a", Accepted: true}}, found, began); got != test.want {
			t.Errorf("%s task %q started %v: phase %q, want %q", test.kind, test.status, test.started, got, test.want)
		}
	}
}

func TestObserveSeveralTasks(t *testing.T) {
	found := map[string]Description{
		"done":    {ID: "done", Status: statusStopped, StartedAt: later},
		"failed":  {ID: "failed", Status: statusFailed, StartedAt: later},
		"working": {ID: "working", Status: statusRunning, StartedAt: later},
		"new":     {ID: "new", Status: statusCreating},
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
		{[]string{"done", "failed", "working"}, Running},
		{[]string{"done", "working", "new"}, Pending},
		{[]string{"done", "new", "absent"}, Missing},
		{nil, Missing},
	}
	for _, test := range tests {
		var tasks []Task
		for _, id := range test.ids {
			tasks = append(tasks, Task{ID: id, Accepted: true})
		}
		if got := Observe(tasks, found, began); got != test.want {
			t.Errorf("tasks %v: phase %q, want %q", test.ids, got, test.want)
		}
	}
}

func TestFingerprintTellsEveryPartApart(t *testing.T) {
	base := Spec{Type: department.FullLoad, Mappings: "m", Settings: "s", SourceARN: "a", TargetARN: "b", InstanceARN: "c"}
	seen := map[string]string{base.Fingerprint(): "the base"}
	for name, change := range map[string]func(*Spec){
		"type":     func(s *Spec) { s.Type = department.CDC },
		"mappings": func(s *Spec) { s.Mappings = "m2" },
		"settings": func(s *Spec) { s.Settings = "s2" },
		"source":   func(s *Spec) { s.SourceARN = "a2" },
		"target":   func(s *Spec) { s.TargetARN = "b2" },
		"instance": func(s *Spec) { s.InstanceARN = "c2" },
		"shifted":  func(s *Spec) { s.Mappings, s.Settings = "ms", "" },
	} {
		spec := base
		change(&spec)
		if other, same := seen[spec.Fingerprint()]; same {
			t.Errorf("another %s has the fingerprint of %s", name, other)
		}
		seen[spec.Fingerprint()] = name
	}
}

// A task that is not known to be this run's is never started, nor is what it did believed.
func TestTasksThatAreNotAcceptedAreEnsuredAgain(t *testing.T) {
	for status, want := range map[string]Phase{
		statusReady: Missing, statusRunning: Missing, statusStopped: Missing, statusFailed: Missing, "new": Missing,
		statusStarting: Pending, statusCreating: Pending, statusStopping: Pending, statusDeleting: Pending,
	} {
		found := map[string]Description{"a": {ID: "a", Type: department.FullLoad, Status: status, StartedAt: later}}
		if got := Observe([]Task{{ID: "a"}}, found, began); got != want {
			t.Errorf("status %s: phase %q, want %q", status, got, want)
		}
	}
}
