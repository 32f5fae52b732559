package reconcile

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
)

// chooseStart returns where the task that is about to be created starts to read the redo log. before is the job's state. A task
// that starts at the current SCN misses the changes of transactions that are open then (CHAP_Task.CDC, "Determining a CDC native
// start point"). So a task that only follows changes always starts at a known position, at or before the beginning of the oldest
// open transaction. Changes that are already in the lake may arrive a second time: readers count a change once, by its SCN.
//
// A run chooses once: a repeated call returns the position of the task that an earlier call may have created.
func (f *follower) chooseStart(before records.JobState, now time.Time) records.CDCStart {
	if s := before.Start; s != nil && s.Execution == f.doc.Execution {
		return *s
	}
	start := f.startPosition(before, now)
	start.Execution = f.doc.Execution
	return start
}

// startPosition is chooseStart for the first call in a run.
func (f *follower) startPosition(before records.JobState, now time.Time) records.CDCStart {
	// A run that began before a deploy may have a manifest without the value.
	minutes := cmp.Or(f.job.OpenTransactionMinutes, department.DefaultOpenTransactionMinutes)
	switch {
	case f.job.Type != department.CDC:
		return records.CDCStart{Origin: records.StartOfLoad, Text: fmt.Sprintf("the task begins with a full load. DMS waits before the "+
			"load for transactions that are open, for at most %d minutes (source.openTransactionMinutes), and fails the task if one is "+
			"open for longer", minutes)}
	case before.Checkpoint != "":
		return records.CDCStart{Position: before.Checkpoint, Origin: records.StartOfCheckpoint, Text: "the earlier task of the job does " +
			"not exist any more: the new one starts from its checkpoint"}
	case before.Start != nil && before.Start.Position != "": // The earlier task has reported no checkpoint: perhaps it never captured.
		return records.CDCStart{Position: before.Start.Position, Origin: before.Start.Origin, Text: before.Start.Text}
	case f.job.StartFrom != "" && f.job.StartFrom != department.StartNow:
		return records.CDCStart{Position: f.job.StartFrom, Origin: records.StartOfFile, Text: fmt.Sprintf("the department's file says "+
			"startFrom: %s. Changes of transactions that were open at that position and began before it are missed", f.job.StartFrom)}
	case f.doc.CDCStartSCN > 0:
		// The guide says that DMS captures transactions that started after the start point. It does not say whether a transaction
		// that started exactly there is one of them. With the SCN before, both answers are right.
		return records.CDCStart{
			Position: strconv.FormatInt(f.doc.CDCStartSCN-1, 10), Origin: records.StartOfCheck,
			Text: fmt.Sprintf("the database check found SCN %d: the oldest open transaction began there, or none was open. The task starts "+
				"just before", f.doc.CDCStartSCN),
		}
	default:
		at := now.Add(-time.Duration(minutes) * time.Minute).UTC().Truncate(time.Second)
		return records.CDCStart{Position: at.Format(time.RFC3339), Origin: records.StartOfClock, Text: fmt.Sprintf("%s. The task starts %d "+
			"minutes before its creation (source.openTransactionMinutes). Changes of transactions that were open for longer are missed",
			f.unknownStart(), minutes)}
	}
}

// unknownStart says for people why the SCN of the oldest open transaction is not known.
func (f *follower) unknownStart() string {
	switch {
	case f.job.Check == "":
		return "the database was not asked for its open transactions, because the department has no database check"
	case f.doc.Check == nil || f.doc.Check.Problem != "":
		return "the database was not asked for its open transactions, because the database check failed"
	default:
		return "the database check could not read the open transactions: its findings say why"
	}
}
