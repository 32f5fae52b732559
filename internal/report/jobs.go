package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/verdict"
	"github.com/oralake/oralake/internal/wording"
)

// statusOf is how a job is.
func statusOf(s operator.Status, job string) operator.JobStatus {
	if i := slices.IndexFunc(s.Jobs, func(j operator.JobStatus) bool { return j.Job == job }); i >= 0 {
		return s.Jobs[i]
	}
	return operator.JobStatus{Job: job}
}

// jobRow is a row of the table of jobs.
type jobRow struct {
	Job, Type, Class, Outcome, Last, Took, Tables, Rows, Lag, Still, Next string
}

func jobRows(h operator.History, z zones) (rows []jobRow) {
	for _, j := range h.Status.Jobs {
		row := jobRow{
			Job: j.Job, Type: string(j.Type), Class: "none", Outcome: "no run yet", Last: "-", Took: "-", Rows: "-", Lag: "-", Next: "-",
			Tables: fmt.Sprintf("%d of %d", j.Tables-len(j.Bad), j.Tables), Still: j.Standstill(h.Status.At),
		}
		if r := j.LastRun; r != nil {
			row.Class, row.Outcome = classOf(r.Outcome), outcomeText(r.Outcome)
			row.Last, row.Took = moment(r.StartedAt, z.of(j.Job)), wording.Seconds(r.Seconds)
			if !j.Type.Continuous() {
				row.Rows = wording.Thousands(r.Rows)
			}
		} else {
			row.Tables = fmt.Sprintf("- of %d", j.Tables)
		}
		if j.Paused {
			row.Outcome += ", paused"
		}
		if j.Holder != nil {
			row.Outcome += ", working now"
		}
		if j.LagSeconds != nil {
			row.Lag = wording.Seconds(*j.LagSeconds)
		}
		if j.Schedule != nil && j.Schedule.Next != nil {
			row.Next = moment(*j.Schedule.Next, z.of(j.Job))
		}
		rows = append(rows, row)
	}
	return rows
}

// The classes of the style.
const (
	good = "good"
	held = "held"
	bad  = "bad"
)

// classOf is the class of an outcome.
func classOf(outcome string) string {
	switch outcome {
	case string(verdict.Succeeded):
		return good
	case string(verdict.Partial):
		return held
	}
	return bad
}

// outcomeText says an outcome in a word or two.
func outcomeText(outcome string) string {
	switch outcome {
	case string(verdict.Succeeded):
		return "good"
	case string(verdict.Partial):
		return "partly good"
	}
	return "failed"
}

// factsOf are the numbers that people look for first.
func factsOf(h operator.History, nights []span, z zones) (facts []fact) {
	s := h.Status
	ok, tables, fine := 0, 0, 0
	for _, j := range s.Jobs {
		if j.LastRun != nil && !slices.ContainsFunc(s.Needs, func(n operator.Need) bool { return n.Job == j.Job }) {
			ok++
		}
		tables += j.Tables
		if j.LastRun != nil {
			fine += j.Tables - len(j.Bad)
		}
	}
	facts = append(facts, fact{"Good jobs", fmt.Sprintf("%d of %d", ok, len(s.Jobs)), fmt.Sprintf("%d of %s good", fine, wording.Counted(tables, "table"))})
	if len(nights) > 0 {
		n := nights[0]
		loads, rows := 0, int64(0)
		for _, load := range n.loads() {
			if loads++; load.Good {
				rows += load.Rows
			}
		}
		facts = append(facts,
			fact{"Rows loaded", wording.Thousands(rows), fmt.Sprintf("%s in %s", wording.Counted(loads, "load"), n.name(z.department))},
			fact{"First to last load", length(n.last.Sub(n.first)), fmt.Sprintf("%s to %s", clock(n.first, z.department, n.last.Sub(n.first)), n.ending(z.department))})
	}
	var worst *float64
	job := ""
	for _, j := range s.Jobs {
		if l := j.LagSeconds; l != nil && (worst == nil || *l > *worst) {
			worst, job = l, j.Job
		}
	}
	if worst != nil {
		facts = append(facts, fact{"Behind the source", wording.Seconds(*worst), job + ", now"})
	}
	return facts
}

// troubleRow is a table that runs did not find good.
type troubleRow struct {
	Table, Job, Class, Now, Last, Times, Reason string
	at                                          time.Time
}

// troubleRows are the tables that runs did not find good, those that are not good now first.
func troubleRows(h operator.History, z zones) (rows []troubleRow) {
	for _, j := range h.Jobs {
		now := statusOf(h.Status, j.Job).Bad
		times, first := map[string]int{}, map[string]operator.Trouble{}
		var tables []string
		for _, t := range j.Troubles { // the newest first
			if times[t.Table]++; times[t.Table] == 1 {
				first[t.Table] = t
				tables = append(tables, t.Table)
			}
		}
		for _, table := range tables {
			t := first[table]
			row := troubleRow{
				Table: table, Job: j.Job, Class: good, Now: "good now", Last: moment(t.At, z.of(j.Job)), Times: wording.Counted(times[table], "run"),
				Reason: wording.Shortened(t.Reason, longestText), at: t.At,
			}
			if k := slices.IndexFunc(now, func(b operator.BadTable) bool { return b.Table == table }); k >= 0 {
				row.Class, row.Now = bad, "not good"
				if len(now[k].Held) > 0 {
					row.Class, row.Now = held, "held"
				}
			}
			rows = append(rows, row)
		}
	}
	rank := map[string]int{bad: 0, held: 1, good: 2}
	slices.SortStableFunc(rows, func(a, b troubleRow) int { return cmp.Or(rank[a.Class]-rank[b.Class], b.at.Compare(a.at)) })
	return rows
}
