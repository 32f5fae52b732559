package demo

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

// The copy has the added check keys and no other difference. Keys that a file already has do not change.
func TestCopyHasChecks(t *testing.T) {
	folder := t.TempDir()
	from, to := filepath.Join("..", "..", "departments", "sales.yaml"), filepath.Join(folder, "copy", "sales.yaml")
	before, err := department.Load(from)
	if err != nil {
		t.Fatal(err)
	}
	added, err := addChecks(from, to, before)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"source.check: report", "source.driver: go-ora", "parallel: auto", "jobs.daily-orders.verify: counts",
		"jobs.daily-parts.verify: counts",
	}
	if diff := cmp.Diff(want, added); diff != "" {
		t.Errorf("added (-want +got):\n%s", diff)
	}
	after, err := department.Load(to)
	if err != nil {
		t.Fatal(err)
	}
	got := *after
	before.Source.Check, before.Source.Driver, before.Parallel = department.CheckReport, department.GoOra, department.Auto
	for i := range before.Jobs {
		j := &before.Jobs[i]
		if j.Type != department.FullLoad {
			continue
		}
		j.Verify, j.Parallel = department.Counts, department.Auto
		for k := range j.Tables {
			j.Tables[k].Parallel = &department.Parallel{Type: department.Auto}
		}
	}
	if diff := cmp.Diff(*before, got); diff != "" {
		t.Errorf("the department (-file with the checks +copy):\n%s", diff)
	}
	again, err := addChecks(to, filepath.Join(folder, "again.yaml"), after)
	if err != nil || len(again) > 0 {
		t.Errorf("a file that has the checks: got %v, %v, want nothing added", again, err)
	}
	off := *before
	off.Source.Check = department.CheckOff
	if added, err := addChecks(from, filepath.Join(folder, "off.yaml"), &off); err != nil || len(added) > 0 {
		t.Errorf("a source that cannot be checked: got %v, %v, want nothing added", added, err)
	}
}
