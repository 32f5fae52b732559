package verdict

import (
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

func TestGates(t *testing.T) {
	rows := func(n int64) *int64 { return &n }
	usual := manifest.Gates{MaxDropPercent: 50, DropFrom: 100, OnSchemaChange: "hold"}
	written := manifest.Gates{MaxDropPercent: 50, DropFrom: 1, OnSchemaChange: "hold"}
	number := records.Column{Name: "N", Type: "int"}
	added := &records.Drift{Added: []records.Column{number}}
	removed := &records.Drift{Removed: []records.Column{number}}
	widened := &records.Drift{Changed: []records.ColumnChange{{Name: "N", From: "int", To: "bigint", Change: records.Widened}}}
	narrowed := &records.Drift{Changed: []records.ColumnChange{{Name: "N", From: "bigint", To: "int", Change: records.Narrowed}}}
	publishes, fails := usual, usual
	publishes.OnSchemaChange, fails.OnSchemaChange = "publish", "fail"
	for name, test := range map[string]struct {
		gates   manifest.Gates
		load    Load
		closed  string // the gates that are closed
		problem Problem
	}{
		"nothing is published":                  {usual, Load{Rows: 0}, "", ""},
		"half is left":                          {usual, Load{Rows: 500, Seen: rows(1000)}, "", ""},
		"less than half is left":                {usual, Load{Rows: 499, Seen: rows(1000)}, "maxDropPercent", ""},
		"less than half of 100 is left":         {usual, Load{Rows: 49, Seen: rows(100)}, "maxDropPercent", ""},
		"less than half of 99 is left":          {usual, Load{Rows: 1, Seen: rows(99)}, "", ""},
		"less than half of 99 is left, written": {written, Load{Rows: 1, Seen: rows(99)}, "maxDropPercent", ""},
		"nothing is left of 1":                  {usual, Load{Rows: 0, Seen: rows(1)}, "maxDropPercent", ""},
		"nothing was there":                     {usual, Load{Rows: 0, Seen: rows(0)}, "", ""},
		"more rows":                             {usual, Load{Rows: 2000, Seen: rows(1000)}, "", ""},
		"all may be missing":                    {manifest.Gates{MaxDropPercent: 100, DropFrom: 1}, Load{Rows: 0, Seen: rows(1000)}, "", ""},
		"none may be missing":                   {manifest.Gates{DropFrom: 1}, Load{Rows: 9, Seen: rows(10)}, "maxDropPercent", ""},
		"very many rows":                        {usual, Load{Rows: 4e18, Seen: rows(9e18)}, "maxDropPercent", ""},
		"the fewest rows":                       {manifest.Gates{MinRows: 5, MaxDropPercent: 100}, Load{Rows: 5}, "", ""},
		"too few rows, and none published":      {manifest.Gates{MinRows: 5, MaxDropPercent: 100}, Load{Rows: 4}, "minRows", ""},
		"in time":                               {manifest.Gates{MaxHours: 2}, Load{Rows: 1, Age: 2 * time.Hour}, "", ""},
		"too late":                              {manifest.Gates{MaxHours: 2}, Load{Rows: 1, Age: 2*time.Hour + time.Minute}, "maxHours", ""},
		"two gates":                             {usual, Load{Rows: 0, Seen: rows(5), Diff: removed}, "maxDropPercent onSchemaChange", ""},
		"an added column":                       {usual, Load{Rows: 5, Seen: rows(5), Diff: added}, "", ""},
		"a widened column":                      {usual, Load{Rows: 5, Seen: rows(5), Diff: widened}, "", ""},
		"a narrowed column":                     {usual, Load{Rows: 5, Seen: rows(5), Diff: narrowed}, "onSchemaChange", ""},
		"a narrowed column is published":        {publishes, Load{Rows: 5, Seen: rows(5), Diff: narrowed}, "", ""},
		"a narrowed column fails":               {fails, Load{Rows: 5, Seen: rows(5), Diff: narrowed}, "", SchemaChanged},
		"an added column does not fail":         {fails, Load{Rows: 5, Seen: rows(5), Diff: added}, "", ""},
	} {
		table := manifest.Table{Schema: "S", Name: "T"}
		v := withOutcome(Verdict{Tables: []Table{{Table: table, Good: true, Proof: Footers}}})
		PassGates(&v, "S.T", test.gates, test.load)
		got := v.Tables[0]
		var closed []string
		for _, gate := range got.Held {
			closed = append(closed, string(gate.Name))
		}
		outcome, good := Succeeded, true
		switch {
		case test.problem != "":
			outcome, good = Failed, false
		case test.closed != "":
			outcome = Partial
		}
		if strings.Join(closed, " ") != test.closed || got.Problem != test.problem || got.Good != good || v.Outcome != outcome {
			t.Errorf("%s: gates %v closed, problem %q, good %t, outcome %s; want %q, %q, %t, %s", name, closed, got.Problem, got.Good, v.Outcome,
				test.closed, test.problem, good, outcome)
		}
		if held := strings.Contains(v.Reason, "S.T: it is held, and readers keep what they see"); held != (test.closed != "") {
			t.Errorf("%s: the reason of the run is %q", name, v.Reason)
		}
	}
}

// A table that is not good is not held: readers keep what they see anyway.
func TestBadTableIsNotHeld(t *testing.T) {
	v := withOutcome(Verdict{Tables: []Table{{Table: manifest.Table{Schema: "S", Name: "T"}, Problem: FilesDiffer, Reason: "differs"}}})
	PassGates(&v, "S.T", manifest.Gates{MinRows: 5}, Load{})
	if got := v.Tables[0]; got.Held != nil || got.Reason != "differs" {
		t.Errorf("got %+v, want only the first reason", got)
	}
}
