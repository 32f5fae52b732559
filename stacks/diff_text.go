package stacks

import (
	"fmt"
	"strings"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
)

// tableLines says of each table of a job what is done with it, a line each in the order of the file, for `cdk diff`: a line
// that appears, goes or changes is what a deploy does. task is the identifier of the task that a table is in.
func tableLines(j department.Job, task func(table string) string) []string {
	lines := make([]string, 0, len(j.Tables)+1)
	for _, t := range j.Tables {
		lines = append(lines, t.String()+": "+tableLine(j, t, task(t.String())))
	}
	// A table that is added at the end shall be one line, and not change the one before by a comma.
	return append(lines, "and no other table")
}

// tableLine is what is done with one table of a job.
func tableLine(j department.Job, t department.Table, task string) string {
	var b strings.Builder
	switch {
	case j.Type == department.FullLoad:
		b.WriteString("loaded in full at every run of " + task)
	case j.Type == department.FullLoadAndCDC:
		b.WriteString("loaded once, then changes captured by " + task)
	case j.Backfill != nil && *j.Backfill:
		// Nobody knows here whether the job is at work already; the line of a table must not depend on it.
		b.WriteString("loaded once if it is added to the job at work, then changes captured by " + task)
	default:
		b.WriteString("changes captured by " + task)
	}
	if j.Type.Continuous() {
		b.WriteString(", which is stopped and resumed when this list changes")
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

// filtersText writes filters as one would say them: those on one column are alternatives.
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

// endpointTexts tell, in `cdk diff`, what a deploy does when the definition of an endpoint changes.
func endpointTexts(e contract.EndpointDefinitions) map[string]string {
	return map[string]string{
		"Source": e.Source + ": when it changes, tasks that follow changes are stopped and resumed, and no full load may run",
		"Full":   e.Full + ": when it changes, no full load may run",
		"CDC":    e.CDC + ": when it changes, tasks that follow changes are stopped and resumed",
	}
}

func stateText(j department.Job) string {
	switch {
	case j.Paused:
		return "paused: its task is stopped and kept"
	case j.Type.Continuous():
		return "follows changes"
	default:
		return "loads when its schedule says so"
	}
}

// checkText is what is asked of the database before the task of a job that follows changes is made or changed.
func checkText(s department.Source) string {
	const again = "; when this changes, a run of the job starts at once"
	asked := "by " + s.Driver + " whether it is ready, before the task is made or changed"
	switch s.Check {
	case department.CheckRequire:
		return "require: the database is asked " + asked + ", and must be" + again
	case department.CheckReport:
		return "report: the database is asked " + asked + ", which goes on all the same" + again
	default:
		return "off: the database is not asked whether it is ready" + again
	}
}
