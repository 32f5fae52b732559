package oracle

import "fmt"

// checkRedoDeadline checks how long a task that starts now may stand still: until the logs are deleted that have the beginning of
// the oldest open transaction. That began so many hours ago.
func (c *checker) checkRedoDeadline(transactionHours float64) {
	if c.known.redo.lost || c.known.redo.short && transactionHours == 0 {
		return
	}
	found := c.known.redo.archived.redo(c.needs.RedoLog)
	if found.LogHours == nil || found.AllKept && *found.LogHours >= transactionHours {
		return // It is not known how long the logs are kept.
	}
	limit := float64(c.needs.RedoDeadlineHours)
	left := *found.LogHours - transactionHours
	f := Finding{Assessment: "oralake-redo-deadline", Severity: Warning, Fix: c.fixes.retention(limit + transactionHours)}
	open := "no transaction is open"
	if transactionHours > 0 {
		open = fmt.Sprintf("the oldest open transaction began %.1f hours ago", transactionHours)
		f.Fix = endTransaction(f.Fix)
	}
	f.Text = fmt.Sprintf("the archived redo logs of destination %d go back %.1f hours, and %s: ", found.Destination, *found.LogHours, open)
	switch {
	case left >= limit:
		return
	case left >= 0:
		f.Text += fmt.Sprintf("a task could stand still for %.1f hours, and source.redoDeadlineHours is %.0f", left, limit)
	default:
		f.Text += "a task that begins with the transaction does not find its log (ORA-01291)"
		if !c.needs.FullLoad {
			f.Severity = Failed
		}
	}
	c.report.add(f)
}

// endTransaction returns the fix for an open transaction that is older than most archived logs. keep is how they are kept for longer.
func endTransaction(keep string) string {
	return "end the transaction, or keep the logs for longer: " + keep
}
