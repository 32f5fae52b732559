package verdict

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// Two looks at a task with or without a start between them, and counts that go on or start again.
func TestNoteDDL(t *testing.T) {
	const (
		none   = ""
		seen   = "seen"
		unsure = "unsure"
	)
	tests := map[string]struct {
		before, now   records.Changes
		started, read bool
		known         bool // that counts start again
		want          string
		learns        bool
	}{
		"nothing new":                          {before: records.Changes{DDLs: 2}, now: records.Changes{DDLs: 2}, want: none},
		"DDL":                                  {before: records.Changes{DDLs: 2}, now: records.Changes{DDLs: 3}, want: seen},
		"a start, and none is counted":         {started: true, read: true, want: none},
		"a start, and some are counted":        {now: records.Changes{DDLs: 1}, started: true, read: true, want: seen},
		"a start, and as many as before":       {before: records.Changes{DDLs: 1}, now: records.Changes{DDLs: 1}, started: true, read: true, want: seen},
		"a start, counts are lower":            {before: records.Changes{Updates: 9}, now: records.Changes{Updates: 1}, started: true, read: true, want: none, learns: true},
		"an unread start":                      {before: records.Changes{Updates: 100}, now: records.Changes{Updates: 100}, started: true, want: none},
		"an unread start, few were counted":    {before: records.Changes{Updates: 9}, now: records.Changes{Updates: 9}, started: true, want: unsure},
		"an unread start, nothing was counted": {started: true, want: unsure},
		"a read start, nothing was counted":    {started: true, read: true, want: none},
		"an unread start, lower":               {before: records.Changes{Updates: 9}, now: records.Changes{Updates: 1}, started: true, want: unsure, learns: true},
		"an unread start, it is known":         {before: records.Changes{Updates: 1}, now: records.Changes{Updates: 1}, started: true, known: true, want: unsure, learns: true},
		"a read start, it is known":            {before: records.Changes{Updates: 1}, now: records.Changes{Updates: 1}, started: true, read: true, known: true, want: none, learns: true},
		"lower, and the task was not started":  {before: records.Changes{DDLs: 2}, now: records.Changes{DDLs: 1}, want: seen},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			state := records.JobState{CountsRestart: test.known}
			now := time.Now()
			Counts{
				Before: map[string]records.Table{"SALES.ORDERS": {State: dms.TableCompleted, Changes: test.before}}, Now: []dms.TableStatistics{statisticsOf(test.now)},
				Started: test.started, Read: test.read,
			}.NoteDDL(&state, now)
			got := none
			if ddl, ok := state.DDLSeen["SALES.ORDERS"]; ok {
				if got = seen; ddl.Unsure {
					got = unsure
				}
			}
			if got != test.want || state.CountsRestart != test.learns {
				t.Errorf("noted %q, counts are known to start again: %t; want %q, %t", got, state.CountsRestart, test.want, test.learns)
			}
		})
	}
}

func statisticsOf(c records.Changes) dms.TableStatistics {
	return dms.TableStatistics{
		Schema: "SALES", Name: "ORDERS", State: dms.TableCompleted, Inserts: c.Inserts, Updates: c.Updates, Deletes: c.Deletes, DDLs: c.DDLs,
	}
}

// Whatever happens to a task whose counts are read before each start, every DDL is seen at the next look, whether or not counts
// start again. Without a start between two looks, no DDL is seen that was seen before.
func TestNoDDLIsMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		restarts := rapid.Bool().Draw(t, "counts start again")
		var count records.Changes
		before := map[string]records.Table{}
		unseen, started := 0, false
		state := records.JobState{}
		look := func(read bool) {
			Counts{Before: before, Now: []dms.TableStatistics{statisticsOf(count)}, Started: started, Read: read}.NoteDDL(&state, time.Now())
			if _, seen := state.DDLSeen["SALES.ORDERS"]; unseen > 0 && !seen || seen && unseen == 0 && !started {
				t.Fatalf("%d DDL ran since the last look, started %t: DDL seen is %t", unseen, started, seen)
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "events") {
			switch rapid.SampledFrom([]string{"change", "DDL", "look", "start"}).Draw(t, "event") {
			case "change":
				count.Inserts++
			case "DDL":
				count.DDLs++
				unseen++
			case "look":
				look(true)
				state.DDLSeen, unseen, started = nil, 0, false // A person accepts it.
				before["SALES.ORDERS"] = records.Table{State: dms.TableCompleted, Changes: count}
			case "start":
				look(false)
				if started = true; restarts {
					count = records.Changes{}
				}
			}
		}
	})
}

// The two states of a table have their own problem, words and fix. Missing rows come first: only a load brings them back.
func TestMarkDiverged(t *testing.T) {
	state := records.JobState{
		Diverged: map[string]string{"SALES.ORDERS": "its filter has changed"},
		DDLSeen:  map[string]records.DDL{"SALES.ORDERS": {NoticedAt: later}, "SALES.CUSTOMER": {NoticedAt: later}},
	}
	v := Verdict{Tables: []Table{{Table: orders, Good: true}, {Table: customer, Good: true}}}
	MarkDiverged(&state, &v, "live")
	got := map[string]string{}
	for _, table := range v.Tables {
		got[table.String()] = string(table.Problem) + ": " + table.Reason
	}
	want := map[string]string{
		"SALES.ORDERS": `rows are missing: rows may be missing or wrong: its filter has changed; reload it with {"job": "live", "reload": ["SALES.ORDERS"]}`,
		"SALES.CUSTOMER": "DDL seen: DDL seen: DMS counts DDL on it and does not say which statement (noticed at 2026-11-22T02:03:00Z). " +
			"After TRUNCATE, DROP, or ADD, DROP, EXCHANGE or TRUNCATE PARTITION the lake has other rows than the source: " +
			`reload it with {"job": "live", "reload": ["SALES.CUSTOMER"]}. If no statement changed its rows, accept it with ` +
			`{"job": "live", "accept": ["SALES.CUSTOMER"]}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems and reasons (-want +got):\n%s", diff)
	}
}
