package manifest

import (
	"fmt"
	"strings"

	"github.com/oralake/oralake/internal/department"
)

// refuse lists what a job asks for and DMS does not do. Each of these would otherwise be ignored by DMS, or fail a
// task long after the deployment.
func refuse(j department.Job) []error {
	var problems []error
	problem := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("job %s: %s", j.Name, fmt.Sprintf(format, args...)))
	}
	switch j.Type {
	case department.FullLoad, department.CDC, department.FullLoadAndCDC:
	default:
		problem("unknown migration type %q: write full-load, cdc or full-load-and-cdc", j.Type)
	}
	if len(j.Tables) == 0 {
		problem("no tables: name at least one")
	}
	if !j.Type.Continuous() && j.TablesPerTask < 1 {
		problem("tablesPerTask is %d: it must be at least 1", j.TablesPerTask)
	}
	seen := map[string]bool{}
	for _, t := range j.Tables {
		if seen[t.String()] {
			problem("table %s is listed twice: list it once", t)
		}
		seen[t.String()] = true
		for _, column := range t.Exclude {
			if strings.ContainsAny(column, `#\/-`) {
				problem("table %s: column %s cannot be excluded: DMS does not transform columns with #, \\, / or - in "+
					"their name; leave it in, or read from a view without it", t, column)
			}
		}
		if t.Parallel != nil {
			refuseParallel(j, t, problem)
		}
		refuseFilters(t, problem)
		if j.Type.Continuous() && measured(j, t) {
			problem("table %s: lobMaxKB: auto is for full-load jobs only: write kilobytes", t)
		}
	}
	if j.Type.Continuous() {
		if j.Verify != "" {
			problem("verify: %s is for full-load jobs only: remove it", j.Verify)
		}
		refuseApart(j.Tables, problem)
	}
	return problems
}

// refuseApart names the tables that cannot be in one task with others that come first.
func refuseApart(tables []department.Table, problem func(string, ...any)) {
	var together []department.Table
next:
	for _, t := range tables {
		for _, other := range together {
			if why := apart(t, other); why != "" && t.String() != other.String() {
				problem("tables %s and %s cannot share a DMS task, and a job that follows changes is one task (%s): "+
					"put %s in a job of its own", other, t, why, t)
				continue next
			}
		}
		together = append(together, t)
	}
}

func refuseParallel(j department.Job, t department.Table, problem func(string, ...any)) {
	if j.Type == department.CDC {
		problem("table %s: parallel splits a full load, and a cdc job has none: remove parallel", t)
	}
	switch t.Parallel.Type {
	case partitionsAuto, partitionsList, ranges, department.None:
	case department.Auto:
		if j.Type.Continuous() {
			problem("table %s: parallel: auto is for full-load jobs only: write the ranges out", t)
		}
	default:
		problem("table %s: unknown parallel type %q: use partitions-auto, partitions-list, ranges, auto or none", t, t.Parallel.Type)
	}
}

// refuseFilters checks what CHAP_Tasks.CustomizingTasks.Filters says of conditions: their values, and that a negative
// one stands alone on its column. (Several negative ones, of which one suffices, would let every row through.)
func refuseFilters(t department.Table, problem func(string, ...any)) {
	count, negative := map[string]int{}, map[string]string{}
	for _, f := range t.Filters {
		count[f.Column]++
		switch f.Operator {
		case "noteq", "notbetween", "notnull":
			negative[f.Column] = f.Operator
		}
		switch f.Operator {
		case "eq", "noteq", "gte", "lte":
			if f.Value == "" {
				problem("table %s: filter %s on %s has no value: give one, or use null", t, f.Operator, f.Column)
			}
		case "between", "notbetween":
			if f.From == "" || f.To == "" {
				problem("table %s: filter %s on %s needs two values: give both ends", t, f.Operator, f.Column)
			}
		case "null", "notnull":
		default:
			problem("table %s: unknown filter operator %q on %s: use eq, noteq, gte, lte, between, notbetween, null "+
				"or notnull", t, f.Operator, f.Column)
		}
	}
	reported := map[string]bool{}
	for _, f := range t.Filters {
		if operator := negative[f.Column]; operator != "" && count[f.Column] > 1 && !reported[f.Column] {
			reported[f.Column] = true
			problem("table %s: filter %s on %s has company: DMS takes a negative condition only alone on its column; "+
				"keep one condition", t, operator, f.Column)
		}
	}
}
