package commandline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/plan"
	"github.com/oralake/oralake/internal/wording"
)

// planCommand is `oralake plan`.
type planCommand struct {
	Job      string `arg:"" optional:"" help:"One job; default all."`
	Mappings bool   `help:"Also print the table mappings and task settings that DMS gets."`
}

// Run shows what a department's file comes to.
func (c *planCommand) Run(s *session) error {
	name, err := s.fileDepartment()
	if err != nil {
		return err
	}
	result, err := plan.Read(s.Departments, name, c.Job, c.Mappings, time.Now())
	if err != nil {
		return err
	}
	return s.show(result, false, func(p *page) { printPlan(p, result) })
}

// fileDepartment returns the department that the command line names, or the only one that has a file.
func (s *session) fileDepartment() (string, error) {
	if s.Department != "" {
		return s.Department, nil
	}
	names, err := department.List(s.Departments)
	if err != nil {
		return "", err
	}
	if len(names) == 1 {
		return names[0], nil
	}
	return "", fmt.Errorf("%w; write --department NAME", department.NotFound{Dir: s.Departments, Known: names})
}

func printPlan(p *page, d plan.Plan) {
	p.line("department %s of %s: stack %s, schedules in %s", p.in(titleColour, d.Department), d.File, d.Stack, d.Timezone)
	for _, j := range d.Jobs {
		printPlannedJob(p, j)
	}
	for _, w := range d.Warnings {
		p.line("\n%s %s", p.in(warningColour, "warning:"), w)
	}
}

func printPlannedJob(p *page, j plan.Job) {
	p.line("\n%s: %s, %s in %s", p.in(titleColour, j.Job), j.Type, wording.Counted(j.Tables(), "table"), wording.Counted(len(j.Tasks), "task"))
	p.line("  %s", j.Schedule)
	switch {
	case len(j.Next) > 0:
		for _, at := range j.Next {
			p.line("    %s", at.Format("Mon 2006-01-02 15:04 MST"))
		}
	case strings.HasPrefix(j.Schedule, "rate"):
		p.line("    counts from the deploy")
	default:
		p.line("    %s", p.in(warningColour, "never again"))
	}
	var gates []table.Row
	for _, g := range j.Gates {
		gates = append(gates, table.Row{g.Key + ": " + g.Value, g.Text})
	}
	p.table(grid{rows: gates, indent: "  "})
	p.line("  %s", month(j.Month))
	p.line("")
	var tables []table.Row
	for _, t := range j.Tasks {
		for _, one := range t.Tables {
			tables = append(tables, table.Row{t.Task, one.Table, one.Target, lobLimit(one), split(one), rules(one)})
		}
	}
	p.table(grid{
		header: table.Row{"task", "table", "in the lake", "lob limit", "split", "rows and columns"}, rows: tables, numbers: []int{4}, indent: "  ",
	})
	for _, t := range j.Tasks {
		if t.Mappings != nil {
			p.line("\n%s, table mappings:\n%s", p.in(titleColour, t.Task), indented(t.Mappings))
			p.line("%s, task settings:\n%s", p.in(titleColour, t.Task), indented(t.Settings))
		}
	}
}

// month says what a job comes to in a month.
func month(m plan.Month) string {
	said := fmt.Sprintf("a month: runs %s, instance %s h", wording.Plain(m.Runs), wording.Plain(m.Hours))
	if m.LoadHours > 0 {
		said += fmt.Sprintf(" if a load takes %s h", wording.Plain(m.LoadHours))
	}
	return said + fmt.Sprintf(", and %s for the rest by prices of %s; see oralake cost", dollars(&m.Dollars), m.Region)
}

// indented returns a JSON document over several lines.
func indented(document json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Indent(&b, document, "", "  "); err != nil {
		return string(document)
	}
	return b.String()
}

func lobLimit(t plan.Table) string {
	if t.LOBAuto {
		return "measured"
	}
	return strconv.Itoa(t.LOBKB) + " KB"
}

func split(t plan.Table) string {
	switch {
	case t.Split == "":
		return "-"
	case len(t.Parts) > 0:
		return t.Split + ": " + strings.Join(t.Parts, ", ")
	}
	return t.Split
}

// rules says which rows and columns of a table are loaded.
func rules(t plan.Table) string {
	var all []string
	if t.View {
		all = append(all, "a view")
	}
	if len(t.Filters) > 0 {
		all = append(all, strings.Join(t.Filters, "; "))
	}
	if len(t.Exclude) > 0 {
		all = append(all, "without "+strings.Join(t.Exclude, ", "))
	}
	if len(all) == 0 {
		return "all"
	}
	return strings.Join(all, "; ")
}
