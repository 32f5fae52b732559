package verdict

import (
	"fmt"
	"time"

	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
)

// Counts are the counts of changes of a task's tables in two looks at the task: the last one of an earlier run, and one now.
//
// DMS does not document whether the counts start again at 0 when a task is resumed. So if the task was started between the two
// looks, all DDL that is counted now is new.
type Counts struct {
	Before map[string]records.Table // table records of the earlier run, by SCHEMA.TABLE; they have the counts
	Now    []dms.TableStatistics
	// Started says that the task was started between the looks.
	Started bool
	// Read says that the run which started it has read the counts just before. Otherwise nobody has: DMS restarts tasks by itself,
	// and people start them.
	Read bool
	// Proven says that the counts of other tables of the task show that its counts have not started again at 0.
	Proven bool
}

// NoteDDL notes in the job's state on which tables DDL ran between the two looks. If nobody read the counts before the start, and they
// may have started again at 0, then DDL may have run unseen on every table.
func (c Counts) NoteDDL(state *records.JobState, now time.Time) {
	if c.Started && c.restarted() {
		state.CountsRestart = true
	}
	for _, s := range c.Now {
		before, known := c.Before[s.String()]
		known = known && before.State != "" // Otherwise DMS did not report the table: its task did not have it yet.
		switch {
		case c.ddlOf(s, before) > 0:
			state.SeeDDL(s.String(), records.DDL{NoticedAt: now})
		case known && c.Started && !c.Read && (state.CountsRestart || !c.Proven && !c.WentOn()):
			state.SeeDDL(s.String(), records.DDL{NoticedAt: now, Unsure: true})
		}
	}
}

// ddlOf is how many DDL statements on a table may have run between the two looks.
func (c Counts) ddlOf(s dms.TableStatistics, before records.Table) int64 {
	if c.Started {
		return s.DDLs
	}
	return Changes(s).Since(before.Changes).DDLs
}

// restarted says that a count is lower now than before. Counts of one task that goes on never are.
func (c Counts) restarted() bool {
	for _, s := range c.Now {
		b := c.Before[s.String()].Changes
		if s.Inserts < b.Inserts || s.Updates < b.Updates || s.Deletes < b.Deletes || s.DDLs < b.DDLs {
			return true
		}
	}
	return false
}

// manyChanges is how many changes a task has counted if its counts prove something. A task that counts from 0 again would have to count
// as many of each kind in each table as before.
const manyChanges = 100

// WentOn says that the counts show that they have not started again at 0: there were many, and none is lower now.
func (c Counts) WentOn() bool {
	var counted int64
	for _, s := range c.Now {
		b := c.Before[s.String()].Changes
		counted += b.Inserts + b.Updates + b.Deletes + b.DDLs
	}
	return counted >= manyChanges && !c.restarted()
}

// ddlReason says that DDL ran on a table or may have, and what to do.
func ddlReason(ddl records.DDL, job, table string) string {
	what := "DDL seen: DMS counts DDL on it and does not say which statement"
	if ddl.Unsure {
		what = "DDL may have run unseen: its task was started by no run of this job, and the counts of DMS may have started again at 0"
	}
	return fmt.Sprintf("%s (noticed at %s). After TRUNCATE, DROP, or ADD, DROP, EXCHANGE or TRUNCATE PARTITION the lake has other rows "+
		`than the source: %s. If no statement changed its rows, accept it with {"job": %q, "accept": [%q]}`,
		what, ddl.NoticedAt.UTC().Format(time.RFC3339), reloadAdvice(job, table), job, table)
}
