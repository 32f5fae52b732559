package oracle

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print writes a report as tables for a person.
func (r Report) Print(w io.Writer) error {
	p := &printer{w: w}
	d := r.Database
	p.line("Oracle %s, user %s, container %s%s", orElse(d.Version, "of unknown version"), orElse(d.User, "unknown"),
		orElse(d.Container, "none"), rds(d.RDS))
	p.line("%d failed, %d warnings, %d notes; %d queries in %.1f s",
		r.Count(Failed), r.Count(Warning), r.Count(Note), r.Queries, r.Seconds)
	if len(r.Findings) > 0 {
		p.line("")
		for _, f := range r.Findings {
			where := orElse(f.Table, "database")
			if f.Column != "" {
				where += "." + f.Column
			}
			p.line("%-8s %s  (%s)", f.Severity, where, f.Assessment)
			p.line("         %s", f.Text)
			if f.Fix != "" {
				p.line("         fix: %s", f.Fix)
			}
		}
	}
	p.table(len(r.Parallel), "TABLE\tPARALLEL\tBY\tRANGES\tWHY", func(i int) string {
		x := r.Parallel[i]
		ranges := ""
		if len(x.Rows) > 0 {
			ranges = fmt.Sprint(len(x.Rows))
		}
		return strings.Join([]string{x.Table, x.Type, strings.Join(x.Columns, ","), ranges, x.Why}, "\t")
	})
	p.table(len(r.LOBs), "TABLE\tLOBS\tLONGEST\tLIMIT\tNOTE", func(i int) string {
		x := r.LOBs[i]
		longest, limit := fmt.Sprintf("%d KB", kilobytes(x.LongestBytes)), fmt.Sprintf("%d KB", x.MaxKB)
		if x.Why != "" {
			longest, limit = "", ""
		}
		if x.Sampled {
			x.Why = "only a part of the rows was read"
		}
		return strings.Join([]string{x.Table, strings.Join(x.Columns, ","), longest, limit, x.Why}, "\t")
	})
	return p.err
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func rds(yes bool) string {
	if yes {
		return ", on Amazon RDS"
	}
	return ""
}

// printer writes lines until the first error, and keeps that error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *printer) table(n int, header string, row func(int) string) {
	if n == 0 || p.err != nil {
		return
	}
	p.line("")
	var text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	inner := &printer{w: columns}
	inner.line("%s", header)
	for i := range n {
		inner.line("%s", row(i))
	}
	if p.err = errors.Join(inner.err, columns.Flush()); p.err != nil {
		return
	}
	for line := range strings.Lines(text.String()) {
		p.line("%s", strings.TrimRight(line, " \n"))
	}
}
