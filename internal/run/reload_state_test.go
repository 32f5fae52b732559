package run

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// The lists of a reload survive in the job's state, and not in the run document.
func TestReloadSurvivesInTheState(t *testing.T) {
	names := []string{"S.A", "S.B", "S.C"}
	for kind, backfill := range map[department.Type][]string{department.FullLoadAndCDC: nil, department.CDC: names} {
		doc := Document{Type: kind, Request: Request{Reload: names}, Reload: &dms.TableReload{
			Tables: names, DDLs: map[string]int64{"S.A": 0, "S.B": 2, "S.C": 7},
			ReloadedBefore: []string{"S.A"}, SeenLoading: []string{"S.A", "S.C"}, Done: []string{"S.C"},
		}}
		state := records.JobState{Backfill: backfill}
		doc.KeepReload(&state)
		content, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		var next Document
		if err := json.Unmarshal(content, &next); err != nil {
			t.Fatal(err)
		}
		if got := next.Reload; got == nil || len(got.Tables)+len(got.DDLs)+len(got.ReloadedBefore)+len(got.SeenLoading)+len(got.Done) > 0 {
			t.Errorf("%s: the run document has %+v, want a reload without lists", kind, got)
		}
		next.FillReload(state)
		if diff := cmp.Diff(doc.Reload, next.Reload); diff != "" {
			t.Errorf("%s: reload (-want +got):\n%s", kind, diff)
		}
	}
}
