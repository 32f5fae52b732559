package commandline

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/oracle/checkservice"
	"github.com/oralake/oralake/internal/plan"
	"github.com/oralake/oralake/internal/wording"
)

// discoverCommand is `oralake discover`.
type discoverCommand struct {
	Schema     string `required:"" placeholder:"NAME" help:"The schema, as Oracle's dictionary has it."`
	Follow     bool   `help:"For a job that loads the tables once and then follows their changes; default: for a full load."`
	YAML       bool   `name:"yaml" help:"Print only the suggested job, to paste below jobs of the file."`
	SecretFile string `placeholder:"FILE" help:"A file that replaces the department's secret."`
	WalletFile string `placeholder:"FILE" help:"A cwallet.sso or PEM file, which replaces the department's certificate."`
}

// Run lists the tables of a schema, and suggests a job for them. A schema of which nothing can be read needs a person.
func (c *discoverCommand) Run(s *session) error {
	name, err := s.fileDepartment()
	if err != nil {
		return err
	}
	answer, err := checkservice.PersonCheck{
		Departments: s.Departments, Department: name, SecretFile: c.SecretFile, WalletFile: c.WalletFile,
		Secrets: s.Secrets, Certificates: s.Certificates, Connect: s.Connect,
	}.Discover(s.ctx, c.Schema, c.Follow)
	if err != nil {
		return err
	}
	kind := department.FullLoad
	if c.Follow {
		kind = department.FullLoadAndCDC
	}
	d, err := plan.Discover(s.Departments, name, c.Schema, kind, answer.Discovered, answer.Findings)
	if err != nil {
		return err
	}
	if c.YAML && !s.JSON {
		if _, err := io.WriteString(s.Stdout, d.YAML); err != nil {
			return err
		}
		if d.YAML == "" {
			return fmt.Errorf("schema %s has no table that is ready and in no job yet: oralake discover without --yaml says why", c.Schema)
		}
		return nil
	}
	return s.show(d, len(d.Findings) > 0, func(p *page) { printDiscovery(p, d) })
}

func printDiscovery(p *page, d plan.Discovery) {
	for _, f := range d.Findings {
		p.line("%s %s", p.in(badColour, string(f.Severity)+":"), f.Text)
		if f.Fix != "" {
			p.line("  fix: %s", f.Fix)
		}
	}
	if len(d.Tables) == 0 {
		p.line("The user of the department's secret sees no table of schema %s. Its name is as Oracle's dictionary has it, usually in upper case.", d.Schema)
		return
	}
	var rows []table.Row
	for _, t := range d.Tables {
		ready := p.in(goodColour, "ready")
		if t.Warnings > 0 {
			ready += ", " + wording.Counted(t.Warnings, "warning")
		}
		if !t.Ready() {
			ready = p.in(badColour, "not ready: ") + clipped(t.Failed[0])
		}
		rows = append(rows, table.Row{
			t.Table, orUnknown(t.Rows, wording.Thousands), orUnknown(t.Bytes, wording.Size), orDash(strings.Join(t.Key, ", ")), t.Split,
			orDash(strings.Join(t.Jobs, ", ")), ready,
		})
	}
	p.table(grid{header: table.Row{"table", "rows", "size", "key", "split", "in jobs", ""}, rows: rows, numbers: []int{2, 3}})
	if d.YAML != "" {
		p.line("\nA job for what is ready and in no job yet, to paste below jobs of %s (oralake discover --yaml prints only this):\n", d.File)
		p.line("%s", strings.TrimSuffix(d.YAML, "\n"))
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// orUnknown is a number, or "?" if it is not known.
func orUnknown(n *int64, write func(int64) string) string {
	if n == nil {
		return "?"
	}
	return write(*n)
}
