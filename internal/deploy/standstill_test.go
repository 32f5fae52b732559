package deploy

import (
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
)

// A deploy says for how long the tasks that it stops may stand still, and is refused if a stop may last longer.
func TestStandstill(t *testing.T) {
	const found = "as a run has found"
	left := func(hours float64) Standstill {
		return Standstill{Left: time.Duration(hours * float64(time.Hour)), Known: true, Running: true, Text: found}
	}
	edit := func(s Standstill, change func(*Standstill)) Standstill { change(&s); return s }
	settings := job("tail", func(j *contract.PreflightJob) { j.Definition = "d2" })
	endpoint := func(s *contract.PreflightProperties) { s.Endpoints.CDC = "c2" }
	for name, test := range map[string]struct {
		before, after func(*contract.PreflightProperties)
		now           Standstill
		refused       bool
		says          string // empty if the deploy says nothing about it
	}{
		"no change":              {now: left(1)},
		"settings":               {after: settings, now: left(20), says: "job tail: the deploy stops its task (its tables or settings change), for at most 2 hours; " + found},
		"settings, too late":     {after: settings, now: left(1.9), refused: true, says: "may have deleted the redo log that the task needs: " + found},
		"an endpoint":            {after: endpoint, now: left(2), says: "stops its task (the definition of an endpoint changes)"},
		"an endpoint, too late":  {after: endpoint, now: left(-1), refused: true, says: "(the definition of an endpoint changes)"},
		"a larger instance":      {after: func(s *contract.PreflightProperties) { s.Instance.Class = "dms.r6i.large" }, now: left(1), refused: true, says: "(the replication instance changes)"},
		"paused":                 {after: job("tail", func(j *contract.PreflightJob) { j.Paused = "true" }), now: left(9), says: "(paused: true)"},
		"paused, too late":       {after: job("tail", func(j *contract.PreflightJob) { j.Paused = "true" }), now: left(1), refused: true, says: "(paused: true)"},
		"paused before":          {before: job("tail", func(j *contract.PreflightJob) { j.Paused = "true" }), after: endpoint, now: left(1)},
		"it is not known":        {after: settings, now: Standstill{Running: true, Text: "nobody looked"}, says: "it is not known how long the task may stand still: nobody looked"},
		"no log was deleted":     {after: settings, now: edit(left(0.5), func(s *Standstill) { s.AtLeast = true }), says: found},
		"stopped, and late":      {after: settings, now: edit(left(1), func(s *Standstill) { s.Running = false }), refused: true, says: found},
		"stopped, and too late":  {after: settings, now: edit(left(-1), func(s *Standstill) { s.Running = false }), says: found},
		"the file allows it":     {after: job("tail", func(j *contract.PreflightJob) { j.Definition, j.OnReplace = "d2", department.Restart }), now: left(1), says: found},
		"from an older version":  {before: job("tail", func(j *contract.PreflightJob) { j.Definition = "" }), after: settings, now: left(1)},
		"the task is replaced":   {after: job("tail", func(j *contract.PreflightJob) { j.StartFrom, j.OnReplace = "12345", department.Restart }), now: left(1)},
		"the job leaves":         {after: func(s *contract.PreflightProperties) { delete(s.Jobs, "tail"); s.Endpoints.CDC = "c2" }, now: left(1)},
		"the endpoint of others": {after: func(s *contract.PreflightProperties) { s.Endpoints.CDCLoad = "l2" }, now: left(1)},
	} {
		t.Run(name, func(t *testing.T) {
			defined := job("tail", func(j *contract.PreflightJob) { j.Definition = "d1" })
			both := func(change func(*contract.PreflightProperties)) contract.PreflightProperties {
				return with(func(s *contract.PreflightProperties) {
					defined(s)
					if change != nil {
						change(s)
					}
				})
			}
			got := Compare(both(test.before), both(test.after), map[string]LiveTasks{"tail": {Follows: true, Redo: &test.now}})
			refused := strings.Join(got.Refused, "\n")
			said := refused
			for _, change := range got.Changes {
				if strings.Contains(change, "the deploy stops its task") {
					said += change
				}
			}
			if (refused != "") != test.refused || !strings.Contains(said, test.says) || test.says == "" && said != "" {
				t.Errorf("refused %q, changes %q; want refused %t, and %q", got.Refused, got.Changes, test.refused, test.says)
			}
		})
	}
}

// While a task runs, its deadline stays the same; while it is stopped, the deadline comes closer.
func TestNewStandstill(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	redo := func(hours float64, age time.Duration) *records.RedoState {
		return &records.RedoState{Last: records.RedoDeadline{Hours: &hours, MeasuredAt: new(now.Add(-age)), Text: "it may stand still"}}
	}
	for name, test := range map[string]struct {
		redo    *records.RedoState
		running bool
		known   bool
		left    time.Duration
		text    string
	}{
		"nobody looked":                {text: "no run of the job has found it"},
		"it runs":                      {redo: redo(10, 3*time.Hour), running: true, known: true, left: 10 * time.Hour, text: "it may stand still, as the run of 2026-11-30 09:00 UTC"},
		"it is stopped":                {redo: redo(10, 3*time.Hour), known: true, left: 7 * time.Hour},
		"it is stopped for too long":   {redo: redo(10, 13*time.Hour), known: true, left: -3 * time.Hour},
		"it runs, and the look is old": {redo: redo(10, 50*time.Hour), running: true},
		"it is stopped since long ago": {redo: redo(100, 50*time.Hour), known: true, left: 50 * time.Hour},
	} {
		got := newStandstill(test.redo, test.running, now)
		if got.Known != test.known || got.Left != test.left || !strings.Contains(got.Text, test.text) || got.Running != test.running {
			t.Errorf("%s: %+v, want known %t, %v left, %q", name, got, test.known, test.left, test.text)
		}
	}
}
