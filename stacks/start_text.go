package stacks

import (
	"fmt"

	"github.com/oralake/oralake/internal/department"
)

// startText returns where the task of a job that follows changes starts to read the redo log, and which changes are missed, for
// people who read `cdk diff`.
func startText(s department.Source, j department.Job) string {
	const missed = "changes of transactions that were open then and began before are missed"
	switch {
	case j.Type == department.FullLoadAndCDC:
		return fmt.Sprintf("with a full load, which waits at most %d minutes for open transactions; if one is open for longer, the task fails",
			s.OpenTransactionMinutes)
	case givenStart(j):
		return fmt.Sprintf("from %s, as startFrom says: %s", j.StartFrom, missed)
	case s.Check == department.CheckOff || s.Check == "":
		return fmt.Sprintf("%d minutes before the task is created: changes of transactions that are open for longer are missed",
			s.OpenTransactionMinutes)
	default:
		return fmt.Sprintf("where the oldest open transaction began, as the database check finds it; if the check fails, %d minutes "+
			"before the task is created", s.OpenTransactionMinutes)
	}
}

// givenStart says that the department's file gives the position at which a cdc job starts.
func givenStart(j department.Job) bool {
	return j.Type == department.CDC && j.StartFrom != department.StartNow
}

// startNotes returns a note for each job whose start position the file gives, for people who deploy.
func startNotes(d *department.Department) (notes []string) {
	for _, j := range d.Jobs {
		if givenStart(j) {
			notes = append(notes, fmt.Sprintf("job %s starts %s; startFrom: now misses none of them", j.Name, startText(d.Source, j)))
		}
	}
	return notes
}
