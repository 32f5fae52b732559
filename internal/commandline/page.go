package commandline

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// page is what a command prints for people.
type page struct {
	strings.Builder
	colours bool
}

// line adds a line.
func (p *page) line(format string, args ...any) {
	fmt.Fprintf(p, format, args...)
	p.WriteByte('\n')
}

// The colours of a page, which a page without colours leaves out.
var (
	goodColour    = text.Colors{text.FgGreen}
	badColour     = text.Colors{text.FgRed, text.Bold}
	warningColour = text.Colors{text.FgYellow}
	titleColour   = text.Colors{text.Bold}
)

// in returns a text in a colour.
func (p *page) in(c text.Colors, s string) string {
	if !p.colours || s == "" {
		return s
	}
	return c.EscapeSeq() + s + text.Reset.EscapeSeq()
}

// grid is the rows of a table, with or without a header. numbers are the columns, from 1, that align to the right.
type grid struct {
	header  table.Row
	rows    []table.Row
	numbers []int
	indent  string
}

// table adds a table, or nothing if it has no rows.
func (p *page) table(g grid) {
	if len(g.rows) == 0 {
		return
	}
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.Options{}
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatUpper
	style.Format.HeaderAlign = text.AlignLeft
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	if g.header != nil {
		t.AppendHeader(g.header)
	}
	t.AppendRows(g.rows)
	var columns []table.ColumnConfig
	for _, n := range g.numbers {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	for line := range strings.SplitSeq(t.Render(), "\n") {
		p.line("%s%s", g.indent, strings.TrimRight(line, " "))
	}
}
