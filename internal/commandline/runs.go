package commandline

import (
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/wording"
)

// runsCommand is `oralake runs`.
type runsCommand struct {
	Job  string `arg:"" help:"The job."`
	Last int    `short:"n" default:"20" placeholder:"N" help:"How many runs, the newest first."`
}

// Run shows the latest runs of a job.
func (c *runsCommand) Run(s *session) error {
	d, err := s.open()
	if err != nil {
		return err
	}
	runs, err := d.Runs(s.ctx, c.Job, c.Last)
	if err != nil {
		return err
	}
	return s.show(runs, false, func(p *page) { printRuns(p, runs) })
}

func printRuns(p *page, r operator.Runs) {
	if len(r.Runs) == 0 {
		p.line("No run of %s has ended.", r.Job)
		return
	}
	var rows []table.Row
	for _, one := range r.Runs {
		rows = append(rows, table.Row{
			wording.Moment(one.StartedAt), p.outcome(one.Outcome), one.Proof, wording.Seconds(one.Seconds), wording.Thousands(one.Rows), wording.Size(one.Bytes), one.Run,
			clipped(one.Reason),
		})
	}
	p.table(grid{
		header: table.Row{"started", "outcome", "proof", "time", "rows", "size", "run", "reason"}, rows: rows, numbers: []int{4, 5, 6},
	})
}
