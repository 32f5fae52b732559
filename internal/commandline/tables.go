package commandline

import (
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/oralake/oralake/internal/operator"
	"github.com/oralake/oralake/internal/wording"
)

// tablesCommand is `oralake tables`.
type tablesCommand struct {
	Job   string        `placeholder:"NAME" help:"One job; default all."`
	Stale time.Duration `placeholder:"26h" help:"Only tables that have not been good since so long."`
}

// Run shows the tables of the department. A table that is stale or not good needs a person; one that no run has had does not.
func (c *tablesCommand) Run(s *session) error {
	d, err := s.open()
	if err != nil {
		return err
	}
	tables, err := d.Tables(s.ctx, c.Job, c.Stale)
	if err != nil {
		return err
	}
	attention := slices.ContainsFunc(tables.Tables, func(t operator.Table) bool { return c.Stale > 0 || t.LastRun != nil && (!t.Good || len(t.Held) > 0) })
	return s.show(tables, attention, func(p *page) {
		if len(tables.Tables) == 0 {
			p.line("%s", p.in(goodColour, "Every table has been good within "+wording.Span(c.Stale)+"."))
			return
		}
		printTables(p, tables)
	})
}

func printTables(p *page, d operator.Tables) {
	var rows []table.Row
	for _, t := range d.Tables {
		age, state := "never", p.in(goodColour, "good")
		if t.GoodAt != nil {
			age = wording.Span(d.At.Sub(*t.GoodAt)) + " ago"
		}
		switch {
		case t.LastRun == nil:
			state = "no run yet"
		case len(t.Held) > 0:
			state = p.in(warningColour, "held")
		case !t.Good:
			state = p.in(badColour, "not good")
		}
		rows = append(rows, table.Row{
			t.Table, t.Job, state, age, wording.Thousands(t.Rows), wording.Size(t.Bytes), readers(t.Readers), clipped(t.Reason),
		})
	}
	p.table(grid{header: table.Row{"table", "job", "", "good as of", "rows", "size", "readers see", "reason"}, rows: rows, numbers: []int{5, 6}})
}

// readers is the snapshot that readers see.
func readers(s *operator.Snapshot) string {
	switch {
	case s == nil:
		return "-"
	case s.RolledBack:
		return s.Snapshot + ", rolled back"
	}
	return s.Snapshot
}

// longestReason is how many characters of a reason a table's row has.
const longestReason = 100

// clipped shortens a reason for a row of a table.
func clipped(reason string) string { return wording.Shortened(reason, longestReason) }
