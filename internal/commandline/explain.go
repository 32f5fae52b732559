package commandline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/wording"
)

// explainCommand is `oralake explain`.
type explainCommand struct {
	Name string `arg:"" name:"run" help:"The name of a run or its beginning, or a job: then its last run."`
}

// Run explains a run. A run that did not succeed needs a person.
func (c *explainCommand) Run(s *session) error {
	d, err := s.open()
	if err != nil {
		return err
	}
	e, err := d.Explain(s.ctx, c.Name)
	if err != nil {
		return err
	}
	attention := !e.Run.Succeeded() && e.Run.Outcome != operator.Running && e.Run.Outcome != operator.Skipped
	return s.show(e, attention, func(p *page) { printExplanation(p, e) })
}

func printExplanation(p *page, e operator.Explanation) {
	r := e.Run
	p.line("%s: run %s", p.in(titleColour, r.Job), r.Run)
	p.line("%s after %s, started %s", p.outcome(r.Outcome), wording.Seconds(r.Seconds), wording.Moment(r.StartedAt))
	if e.Input != "" {
		p.line("input %s", e.Input)
	}
	if r.Reason != "" {
		p.line("\n%s", r.Reason)
	}
	printSteps(p, e.Steps)
	if e.Good+len(e.Bad) > 0 {
		p.line("\n%s", p.in(titleColour, fmt.Sprintf("Tables: %d good, %d not good", e.Good, len(e.Bad))))
		for _, t := range e.Bad {
			p.line("  %s: %s", p.in(badColour, t.Table), t.Reason)
		}
	}
	for _, t := range e.Tasks {
		printTask(p, t)
	}
	if e.Redo != "" {
		p.line("\n%s", e.Redo)
	}
	if len(e.Advice) > 0 {
		p.line("\n%s", p.in(titleColour, "What to do"))
		for _, a := range e.Advice {
			because := ""
			if a.Because != "" {
				because = a.Because + ": "
			}
			p.line("  -> %s%s", because, a.Do)
		}
	}
}

func printSteps(p *page, steps []operator.RunStep) {
	if len(steps) == 0 {
		return
	}
	p.line("\n%s", p.in(titleColour, "What happened"))
	var rows []table.Row
	for _, s := range steps {
		text := s.Text
		if s.Times > 1 {
			text = fmt.Sprintf("%s, %d times", text, s.Times)
		}
		if s.Error != "" {
			text += ": " + p.in(badColour, s.Error)
			if s.Cause != "" {
				text += ": " + clipped(s.Cause)
			}
		}
		rows = append(rows, table.Row{s.From.Format("15:04:05"), s.State, text})
	}
	p.table(grid{rows: rows, indent: "  "})
}

func printTask(p *page, t operator.TaskReport) {
	said := []string{t.Status}
	for _, text := range []string{t.StopReason, t.FailureMessage} {
		if text != "" && !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	p.line("\n%s: %s", p.in(titleColour, "Task "+t.Task), strings.Join(said, "; "))
	for _, line := range t.Lines {
		p.line("  %s", strings.TrimRight(line.Text, "\n"))
	}
	if t.LogProblem != "" {
		p.line("  its log could not be read: %s", t.LogProblem)
	}
	if t.LogStream != "" && (len(t.Lines) > 0 || t.Outcome != records.Succeeded) {
		p.line("  the whole log: %s, stream %s", t.LogGroup, t.LogStream)
	}
}
