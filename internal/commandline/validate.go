package commandline

import (
	"strconv"
	"time"

	"github.com/oralake/oralake/internal/plan"
	"github.com/oralake/oralake/internal/wording"
)

// validateCommand is `oralake validate`.
type validateCommand struct {
	Names []string `arg:"" optional:"" name:"department" help:"Departments; default all."`
}

// Run reports all mistakes of the files.
func (c *validateCommand) Run(s *session) error {
	names := c.Names
	if len(names) == 0 && s.Department != "" {
		names = []string{s.Department}
	}
	v, err := plan.Validate(s.Departments, names, time.Now())
	if err != nil {
		return err
	}
	return s.show(v, v.Mistakes() > 0, func(p *page) { printValidation(p, v) })
}

// printValidation prints a line for each mistake, as FILE:LINE:COLUMN: WHAT; FIX, which editors and terminals turn into a link.
func printValidation(p *page, v plan.Validation) {
	for _, f := range v.Files {
		for _, m := range f.Problems {
			place, fix := f.Path, ""
			if m.Line > 0 {
				place = place + ":" + strconv.Itoa(m.Line) + ":" + strconv.Itoa(m.Column)
			}
			if m.Fix != "" {
				fix = "; " + m.Fix
			}
			p.line("%s: %s%s", p.in(badColour, place), m.What, fix)
		}
		for _, w := range f.Warnings {
			p.line("%s: %s %s", f.Path, p.in(warningColour, "warning:"), w)
		}
		if len(f.Problems) == 0 {
			p.line("%s: %s", f.Path, p.in(goodColour, "valid"))
		}
	}
	if n := v.Mistakes(); n > 0 {
		p.line("%s in %s", wording.Counted(n, "mistake"), wording.Counted(len(v.Files), "file"))
	}
}
