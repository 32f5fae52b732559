package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/report"
	"github.com/oralake/oralake/internal/report/reporttest"
)

func TestHeadline(t *testing.T) {
	need := func(n operator.Need) func(*operator.History) {
		return func(h *operator.History) { h.Status.Needs = append(h.Status.Needs, n) }
	}
	for want, change := range map[string]func(*operator.History){
		"Last night: the only job is good.":                                              func(*operator.History) {},
		"After the last runs, 50 h ago: the only job is good.":                           func(h *operator.History) { h.Status.At = h.Status.At.Add(47 * time.Hour) },
		"Last night: the only job is good; the replication instance is rebooting.":       need(operator.Need{Kind: operator.InstanceDown, Text: "the replication instance is rebooting"}),
		"Last night: the only job is not good; daily-orders has missed its schedule.":    need(operator.Need{Kind: operator.MissedSchedule, Job: "daily-orders"}),
		"Last night: the only job is not good; the task of daily-orders does not run.":   need(operator.Need{Kind: operator.TaskDown, Job: "daily-orders"}),
		"Last night: the only job is not good; daily-orders failed: NotReady: no grant.": failed("NotReady: no grant."),
		"Last night: both jobs are good.": func(h *operator.History) {
			h.Status.Jobs = append(h.Status.Jobs, h.Status.Jobs[0])
		},
		"Last night: 1 of 2 jobs is good; 1 has not run yet.": func(h *operator.History) {
			h.Status.Jobs = append(h.Status.Jobs, operator.JobStatus{Job: "new"})
		},
		"Last night: the only job is not good; T1 is not good: R1; T2 is not good: R2; 2 more need a person.": func(h *operator.History) {
			for _, n := range []string{"1", "2", "3", "4"} {
				h.Status.Jobs[0].Bad = append(h.Status.Jobs[0].Bad, operator.BadTable{Table: "T" + n, Reason: "R" + n})
				h.Status.Needs = append(h.Status.Needs, operator.Need{Kind: operator.TableNotGood, Job: "daily-orders", Table: "T" + n})
			}
		},
	} {
		h := reporttest.Quiet()
		change(&h)
		if got := report.Headline(h); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got := report.Headline(reporttest.New()); !strings.HasPrefix(got, "No run has ended yet") {
		t.Errorf("before the first run it says %s", got)
	}
}

// failed makes the last run of the job one that failed.
func failed(reason string) func(*operator.History) {
	return func(h *operator.History) {
		last := *h.Status.Jobs[0].LastRun
		last.Outcome, last.Reason = "FAILED", reason
		h.Status.Jobs[0].LastRun = &last
		h.Status.Needs = []operator.Need{{Kind: operator.FailedRun, Job: "daily-orders", Run: last.Run}}
	}
}
