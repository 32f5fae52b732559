package stacks

import (
	"fmt"
	"strings"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// tableLines returns a line for each table of a job that says what the job does with the table, in the order of the file.
// The lines are for people: in `cdk diff`, an added, removed or changed line shows the effect of a deploy. task returns the
// identifier of a table's DMS task.
func tableLines(j department.Job, task func(table string) string) []string {
	lines := make([]string, 0, len(j.Tables)+1)
	for _, t := range j.Tables {
		lines = append(lines, t.String()+": "+tableLine(j, t, task(t.String())))
	}
	// With this last line, a table that is added at the end changes only one line: the previous line needs no new comma.
	return append(lines, "and no other table")
}

// tableLine returns what a job does with one table.
func tableLine(j department.Job, t department.Table, task string) string {
	var b strings.Builder
	switch {
	case j.Type == department.FullLoad:
		b.WriteString("loaded in full at every run of " + task)
	case j.Type == department.FullLoadAndCDC:
		b.WriteString("loaded once, then changes captured by " + task)
	case j.Backfill != nil && *j.Backfill:
		// It is not known here whether the job already runs, and the line must not depend on that.
		b.WriteString("loaded once if it is added to a running job, then changes captured by " + task)
	default:
		b.WriteString("changes captured by " + task)
	}
	switch j.Type {
	case department.CDC:
		b.WriteString(", which is stopped and resumed when this list changes, and made again from its checkpoint when filters or columns change")
	case department.FullLoadAndCDC:
		b.WriteString(", which is stopped and resumed when this list changes, and replaced when filters or columns change: " +
			"then all its tables are loaded again")
	}
	if t.View {
		b.WriteString("; a view")
	}
	if schema, name := t.Target(); schema != t.Schema || name != t.Name {
		fmt.Fprintf(&b, "; named %s.%s in the lake", schema, name)
	}
	if len(t.Filters) > 0 {
		b.WriteString("; rows where " + filtersText(t.Filters))
	}
	if len(t.Exclude) > 0 {
		b.WriteString("; without " + strings.Join(t.Exclude, ", "))
	}
	if t.LOBMaxKB > 0 {
		fmt.Fprintf(&b, "; LOBs of up to %d KB", t.LOBMaxKB)
	}
	if t.Parallel != nil {
		b.WriteString("; loaded by " + t.Parallel.Type)
	}
	return b.String()
}

// filtersText returns filters as text. Filters on one column are alternatives, so it joins them with "or".
func filtersText(filters []department.Filter) string {
	var columns []string
	conditions := map[string][]string{}
	for _, f := range filters {
		if conditions[f.Column] == nil {
			columns = append(columns, f.Column)
		}
		conditions[f.Column] = append(conditions[f.Column], filterText(f))
	}
	all := make([]string, len(columns))
	for i, column := range columns {
		all[i] = strings.Join(conditions[column], " or ")
	}
	return strings.Join(all, " and ")
}

func filterText(f department.Filter) string {
	switch f.Operator {
	case "eq":
		return f.Column + " = " + f.Value
	case "noteq":
		return f.Column + " <> " + f.Value
	case "gte":
		return f.Column + " >= " + f.Value
	case "lte":
		return f.Column + " <= " + f.Value
	case "between":
		return fmt.Sprintf("%s from %s to %s", f.Column, f.From, f.To)
	case "notbetween":
		return fmt.Sprintf("%s not from %s to %s", f.Column, f.From, f.To)
	case "null":
		return f.Column + " is null"
	default:
		return f.Column + " is not null"
	}
}

// endpointTexts returns what a deploy does when an endpoint changes, for people who read `cdk diff`.
func endpointTexts(state contract.PreflightProperties) map[string]string {
	e := state.Endpoints
	return map[string]string{
		"Capture": state.Capture + ": when it changes, tasks that follow changes are replaced, and their checkpoints are lost",
		"Source":  e.Source + ": when it changes, tasks that follow changes are stopped and resumed, and no full load may run",
		"Full":    e.Full + ": when it changes, no full load may run",
		"CDC":     e.CDC + ": when it changes, tasks of cdc jobs are stopped and resumed",
		"CDCLoad": e.CDCLoad + ": when it changes, tasks of full-load-and-cdc jobs are stopped and resumed, and no table of a cdc job may be loading",
	}
}

func stateText(j department.Job) string {
	switch {
	case j.Paused:
		return "paused: its task is stopped and kept"
	case j.Type.Continuous():
		return "follows changes"
	default:
		return "loads at the times of its schedule"
	}
}

// checkText returns what a run of a job that follows changes checks before it creates or changes the task, for people who
// read `cdk diff`.
func checkText(s department.Source) string {
	const effect = "; when this changes, a run of the job starts immediately"
	check := s.Driver + " checks the database before the task is created or changed"
	switch s.Check {
	case department.CheckRequire:
		return "require: " + check + ", and a failed check stops the run" + effect
	case department.CheckReport:
		return "report: " + check + ", and the run continues after a failed check" + effect
	default:
		return "off: no check of the database" + effect
	}
}
