package stacks

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

func TestStartText(t *testing.T) {
	source := department.Source{Check: department.CheckOff, OpenTransactionMinutes: 90}
	checked := source
	checked.Check = department.CheckReport
	for _, test := range []struct {
		source department.Source
		kind   department.Type
		from   string
		want   string
	}{
		{source, department.FullLoadAndCDC, "", "with a full load, which waits at most 90 minutes for open transactions; if one is open for " +
			"longer, the task fails"},
		{source, department.CDC, "now", "90 minutes before the task is created: changes of transactions that are open for longer are missed"},
		{checked, department.CDC, "now", "where the oldest open transaction began, as the database check finds it; if the check fails, 90 " +
			"minutes before the task is created"},
		{checked, department.CDC, "1234567", "from 1234567, as startFrom says: changes of transactions that were open then and began before " +
			"are missed"},
	} {
		if got := startText(test.source, department.Job{Type: test.kind, StartFrom: test.from}); got != test.want {
			t.Errorf("%s from %s:\ngot  %s\nwant %s", test.kind, test.from, got, test.want)
		}
	}
}

// Only a position that the file gives needs a note at a deploy.
func TestStartNotes(t *testing.T) {
	d := &department.Department{Jobs: []department.Job{
		{Name: "nightly", Type: department.FullLoad},
		{Name: "tail", Type: department.CDC, StartFrom: "now"},
		{Name: "old", Type: department.CDC, StartFrom: "2026-11-22T02:00:00Z"},
	}}
	want := []string{"job old starts from 2026-11-22T02:00:00Z, as startFrom says: changes of transactions that were open then and began " +
		"before are missed; startFrom: now misses none of them"}
	if diff := cmp.Diff(want, startNotes(d)); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}
