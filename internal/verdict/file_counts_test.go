package verdict

import (
	"testing"

	"github.com/oralake/oralake/internal/manifest"
)

// Footers prove more than a report of DMS, and less than a count at the source. The proof of a run is its weakest.
func TestProofs(t *testing.T) {
	v := Verdict{Outcome: Succeeded}
	for _, name := range []string{"A", "B", "C", "D"} {
		v.Tables = append(v.Tables, Table{Table: manifest.Table{Schema: "S", Name: name}, Good: true, Proof: Reported})
	}
	want := func(proof Proof, tables ...Table) {
		t.Helper()
		if got := ProofOf(tables); got != proof {
			t.Errorf("the weakest proof of %+v is %q, want %q", tables, got, proof)
		}
	}
	MarkFooters(&v, "S.A")
	MarkFooters(&v, "S.B")
	MarkCounted(&v, "S.B")
	why := MarkFilesDiffering(&v, "S.C", 7, 8)
	MarkCounted(&v, "S.C")
	MarkFilesUnread(&v, "S.D", "AccessDenied")
	want(Footers, v.Tables[0])
	want(Counted, v.Tables[1])
	want(Footers, v.Tables...)
	want("", v.Tables[2:]...)
	want(Reported, append(v.Tables, Table{Good: true, Proof: Reported})...)
	if c := v.Tables[2]; c.Good || c.Proof != "" || c.Problem != FilesDiffer || c.Reason != why || why != "its files have 7 rows, and DMS reports that it has loaded 8" {
		t.Errorf("C is %+v, want that its files differ", c)
	}
	if d := v.Tables[3]; d.Good || d.Problem != FilesUnread {
		t.Errorf("D is %+v, want that its files are unread", d)
	}
	if v.Outcome != Partial {
		t.Errorf("the outcome is %s, want PARTIAL", v.Outcome)
	}
}
