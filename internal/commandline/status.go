package commandline

import (
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/wording"
)

// statusCommand is `oralake status`.
type statusCommand struct{}

// Run shows how the department is.
func (c *statusCommand) Run(s *session) error {
	d, err := s.open()
	if err != nil {
		return err
	}
	status, err := d.Status(s.ctx)
	if err != nil {
		return err
	}
	return s.show(status, len(status.Needs) > 0, func(p *page) { printStatus(p, status) })
}

// open finds the deployed department of the command line.
func (s *session) open() (*operator.Department, error) {
	cfg, err := s.AWS(s.ctx)
	if err != nil {
		return nil, err
	}
	return operator.Open(s.ctx, cfg, s.Department)
}

func printStatus(p *page, s operator.Status) {
	p.line("department %s at %s: instance %s is %s", p.in(titleColour, s.Department), wording.Moment(s.At), s.Instance.Name, s.Instance.Status)
	p.line("")
	var rows []table.Row
	for _, j := range s.Jobs {
		rows = append(rows, p.jobRow(s, j))
	}
	p.table(grid{
		header: table.Row{"job", "type", "last run", "outcome", "tables", "rows", "lag", "may stand still", "next run"}, rows: rows, numbers: []int{5, 6, 7},
	})
	for _, j := range s.Jobs {
		if h := j.Holder; h != nil {
			p.line("\n%s: %s", p.in(titleColour, j.Job), holder(h, s.At))
		}
	}
	p.line("")
	if len(s.Needs) == 0 {
		p.line("%s", p.in(goodColour, "Nothing needs a person."))
		return
	}
	p.line("%s", p.in(badColour, wording.Counted(len(s.Needs), "thing")+" "+needVerb(len(s.Needs))+" a person:"))
	for _, n := range s.Needs {
		p.line("")
		p.line("  %s%s", p.in(titleColour, subject(n)), wording.Shortened(n.Text, longestNeed))
		p.line("    -> %s", n.Do)
	}
}

// longestNeed is how many characters of a need are printed. oralake explain has the rest.
const longestNeed = 320

func needVerb(n int) string {
	if n == 1 {
		return "needs"
	}
	return "need"
}

// subject is the job and the table of a need, before its text.
func subject(n operator.Need) string {
	switch {
	case n.Job == "":
		return ""
	case n.Table == "":
		return n.Job + ": "
	}
	return n.Job + ", " + n.Table + ": "
}

func (p *page) jobRow(s operator.Status, j operator.JobStatus) table.Row {
	last, outcome, rows, next := "never", "-", "-", "-"
	if r := j.LastRun; r != nil {
		last, outcome, rows = wording.Span(s.At.Sub(r.StartedAt))+" ago", p.outcome(r.Outcome), wording.Thousands(r.Rows)
	}
	if j.Schedule != nil && j.Schedule.Next != nil {
		next = wording.Moment(*j.Schedule.Next)
	}
	if j.Paused {
		outcome += ", paused"
	}
	lag := "-"
	if j.LagSeconds != nil {
		lag = wording.Seconds(*j.LagSeconds)
	}
	tables := fmt.Sprintf("%d/%d", j.Tables-len(j.Bad), j.Tables)
	if j.LastRun == nil {
		tables = fmt.Sprintf("-/%d", j.Tables)
	}
	return table.Row{j.Job, j.Type, last, outcome, tables, rows, lag, j.Standstill(s.At), next}
}

// outcome is the outcome of a run in its colour.
func (p *page) outcome(outcome string) string {
	return p.in(map[string]text.Colors{records.Succeeded: goodColour, "PARTIAL": warningColour, "FAILED": badColour}[outcome], outcome)
}

// holder says who holds the lease of a job.
func holder(h *operator.Holder, at time.Time) string {
	switch {
	case h.HeldUntil != nil:
		return "a deploy works on it, until " + wording.Moment(*h.HeldUntil) + " at the latest"
	case h.Status == "RUNNING":
		return fmt.Sprintf("run %s is working, for %s", h.Run, wording.Span(at.Sub(h.StartedAt)))
	}
	return fmt.Sprintf("run %s has ended (%s) without recording itself: within minutes a recovery records it", h.Run, h.Status)
}
