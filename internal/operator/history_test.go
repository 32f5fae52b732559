package operator

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
)

// The runs whose tables are read are the newest that had tasks; of a job that follows changes, those that did not succeed.
func TestChooseRuns(t *testing.T) {
	start := time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)
	run := func(hour int, outcome string, tasks int) records.Run {
		return records.Run{StartedAt: start.Add(time.Duration(hour) * time.Hour), Outcome: outcome, TaskCount: tasks}
	}
	runs := []records.Run{run(0, "SUCCEEDED", 1), run(1, "FAILED", 1), run(2, "SUCCEEDED", 0), run(3, "SUCCEEDED", 1), run(4, "PARTIAL", 2)}
	for name, test := range map[string]struct {
		of           department.Type
		tables, most int
		want         []int // hours
		from         *int
	}{
		"a full load":             {department.FullLoad, 10, 1000, []int{4, 3, 1, 0}, nil},
		"a job that follows":      {department.CDC, 10, 1000, []int{4, 1}, nil},
		"too many":                {department.FullLoad, 10, 25, []int{4, 3}, new(3)},
		"more than one run's all": {department.FullLoad, 10, 5, []int{4}, new(4)},
	} {
		j := JobHistory{Type: test.of}
		var got []int
		for _, r := range j.chooseRuns(runs, test.tables, test.most) {
			got = append(got, int(r.StartedAt.Sub(start).Hours()))
		}
		var from *int
		if j.TablesFrom != nil {
			from = new(int(j.TablesFrom.Sub(start).Hours()))
		}
		if diff := cmp.Diff(got, test.want) + cmp.Diff(from, test.from); diff != "" {
			t.Errorf("%s: got -, want +:\n%s", name, diff)
		}
	}
}
