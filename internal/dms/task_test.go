package dms

import (
	"testing"

	"github.com/oralake/oralake/internal/department"
)

// The fingerprint of a task that follows changes has only what DMS can modify: its mappings and its settings.
func TestFingerprintOfTaskThatFollowsChanges(t *testing.T) {
	for name, edit := range map[string]func(*Spec){
		"type":     func(s *Spec) { s.Type = department.CDC },
		"source":   func(s *Spec) { s.SourceARN = "arn:o" },
		"target":   func(s *Spec) { s.TargetARN = "arn:o" },
		"instance": func(s *Spec) { s.InstanceARN = "arn:o" },
	} {
		other := livePrices
		edit(&other)
		if other.Fingerprint() != livePrices.Fingerprint() {
			t.Errorf("another %s changes the fingerprint: the run would modify the task without need", name)
		}
	}
	for name, edit := range map[string]func(*Spec){
		"mappings": func(s *Spec) { s.Mappings = `{"rules":[{}]}` },
		"settings": func(s *Spec) { s.Settings = `{"a":1}` },
	} {
		other := livePrices
		edit(&other)
		if other.Fingerprint() == livePrices.Fingerprint() {
			t.Errorf("other %s keep the fingerprint: the run would not modify the task", name)
		}
	}
}

func TestFingerprintDependsOnEveryPart(t *testing.T) {
	base := Spec{Type: department.FullLoad, Mappings: "m", Settings: "s", SourceARN: "a", TargetARN: "b", InstanceARN: "c"}
	seen := map[string]string{base.Fingerprint(): "the original"}
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
