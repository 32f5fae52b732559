package commandline

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/report"
	"github.com/oralake/oralake/internal/wording"
)

// reportCommand is `oralake report`.
type reportCommand struct {
	HTML string `name:"html" placeholder:"FILE" help:"Write the report as one HTML file."`
	Days int    `default:"7" placeholder:"7" help:"How many days it has, up to now."`
}

// reported is the result of `oralake report`.
type reported struct {
	Department string `json:"department"`
	Summary    string `json:"summary"` // a sentence, for people
	File       string `json:"file,omitempty"`
	Bytes      int    `json:"bytes,omitempty"` // of the file
	operator.History
}

// Run writes the report. A department in which something needs a person does so here, too.
func (c *reportCommand) Run(s *session) error {
	switch {
	case c.HTML == "" && !s.JSON:
		return errors.New("report writes a file: write --html FILE, or --json for what is in it")
	case c.Days < 1 || c.Days > operator.MostDays:
		return fmt.Errorf("--days %d: a report has between 1 and %d days", c.Days, operator.MostDays)
	}
	d, err := s.open()
	if err != nil {
		return err
	}
	history, err := d.History(s.ctx, c.Days)
	if err != nil {
		return err
	}
	result := reported{Department: d.Name, Summary: report.Headline(history), History: history}
	if c.HTML != "" {
		var document bytes.Buffer
		if err := report.Write(&document, history); err != nil {
			return err
		}
		if err := os.WriteFile(c.HTML, document.Bytes(), 0o644); err != nil {
			return fmt.Errorf("write the report: %w; choose a file in a folder that exists", err)
		}
		result.File, result.Bytes = c.HTML, document.Len()
	}
	return s.show(result, len(history.Status.Needs) > 0, func(p *page) {
		p.line("%s", result.Summary)
		p.line("report of %s: %s, %s", wording.Counted(c.Days, "day"), result.File, wording.Size(int64(result.Bytes)))
	})
}
