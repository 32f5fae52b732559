package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
)

// A table's gates replace those of its job one by one. Only a written maxDropPercent counts for small tables.
func TestGatesOfTables(t *testing.T) {
	plain := department.Table{Schema: "S", Name: "A"}
	own := department.Table{Schema: "S", Name: "B", Expect: department.Expect{MaxDropPercent: new(0)}, OnSchemaChange: department.FailOnChange}
	strict := department.Job{
		Expect: department.Expect{MinRows: 7, MaxDropPercent: new(20), MaxHours: 3}, OnSchemaChange: department.PublishOnChange,
	}
	for _, test := range []struct {
		job   department.Job
		table department.Table
		want  Gates
	}{
		{department.Job{}, plain, Gates{MaxDropPercent: 50, DropFrom: 100, OnSchemaChange: "hold"}},
		{department.Job{}, own, Gates{MaxDropPercent: 0, DropFrom: 1, OnSchemaChange: "fail"}},
		{strict, plain, Gates{MinRows: 7, MaxDropPercent: 20, DropFrom: 1, MaxHours: 3, OnSchemaChange: "publish"}},
		{strict, own, Gates{MinRows: 7, MaxDropPercent: 0, DropFrom: 1, MaxHours: 3, OnSchemaChange: "fail"}},
	} {
		if diff := cmp.Diff(&test.want, gatesOf(test.job, test.table)); diff != "" {
			t.Errorf("gates of %s (-want +got):\n%s", test.table, diff)
		}
	}
}
