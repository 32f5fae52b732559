package stacks

import (
	"fmt"
	"strings"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/oracle"
)

// mostStatements is how many tables wholeRowsText has a statement for.
const mostStatements = 20

// wholeRowsText says what the jobs that follow changes need at the source, with the statements for a DBA. It is empty if the
// department has no such job. checked says that runs check the database.
func wholeRowsText(d *department.Department, checked bool) string {
	var jobs []string
	var tables []oracle.Table
	seen := map[string]bool{}
	for _, j := range d.Jobs {
		if !j.Type.Continuous() {
			continue
		}
		jobs = append(jobs, j.Name)
		for _, t := range j.Tables {
			if !seen[t.String()] {
				seen[t.String()] = true
				tables = append(tables, oracle.Table{Schema: t.Schema, Name: t.Name})
			}
		}
	}
	if len(jobs) == 0 {
		return ""
	}
	shown := tables[:min(len(tables), mostStatements)]
	more := ""
	if n := len(tables) - len(shown); n > 0 {
		more = fmt.Sprintf("\n  and the same for %d more tables", n)
	}
	text := fmt.Sprintf("%s must find whole rows in the redo log: otherwise the columns that an update does not change are empty in "+
		"the lake, and DMS does not report it", strings.Join(jobs, ", "))
	if checked {
		text += "; a run checks this before it creates or changes the task, and its record has the result. It needs:"
	} else {
		text += "; no run checks this (source.check). Run at the source, before the job starts:"
	}
	return text + "\n  " + strings.Join(oracle.WholeRowStatements(shown), "\n  ") + more
}
