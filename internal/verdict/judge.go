// Package verdict decides which tables of a run are good, and whether the run succeeded. A table is good if DMS reports that it
// was loaded, or that its changes are followed, and no count of its rows differs. No other package decides why a table is not good.
//
// Rows of a table that is followed may be missing in the lake, or DDL may have changed its rows at the source, although DMS reports
// no error. Diverge and SeeDDL note that in the state of the job. The table then fails in every run until it is reloaded, or until
// a person accepts the DDL.
//
// The package makes no call and reads no clock: it gets what DMS reports.
package verdict

import (
	"fmt"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
	"github.com/oralake/oralake/internal/records"
)

// Outcome says how a run ended, or one task of it.
type Outcome string

// The outcomes. What is not proven counts as failed. How well a success is proven, its Proof says.
const (
	Succeeded Outcome = records.Succeeded // every table is good, none is held, and no task has a problem
	Partial   Outcome = "PARTIAL"         // at least one table is good, but another is not, or one is held, or a task has a problem
	Failed    Outcome = "FAILED"          // no table is good
)

// Verdict is the outcome of one or more tasks, with its reason.
type Verdict struct {
	Outcome Outcome
	// Problem is the problem of the task as a whole, for programs. It is empty if the task has none; single tables may still have
	// one.
	Problem Problem
	Reason  string // why the outcome is not Succeeded, for people; empty for a success
	Tables  []Table

	taskReason string // the part of Reason that is about the task as a whole
}

// MarkFailed fails a table (SCHEMA.TABLE) that is good until now, and changes the outcome accordingly. A table that has failed
// already keeps its first reason.
func (v *Verdict) MarkFailed(table string, problem Problem, reason string) {
	for i := range v.Tables {
		if t := &v.Tables[i]; t.String() == table && t.Good {
			t.Good, t.Proof, t.Problem, t.Reason, t.Held = false, "", problem, reason, nil
		}
	}
	*v = withOutcome(*v)
}

// Table says whether one table of a task is good.
type Table struct {
	manifest.Table
	Good    bool    // the table was loaded, or its changes are followed
	Proof   Proof   // how that is known; empty if the table is not good
	Problem Problem // why the table is not good, for programs
	Reason  string  // why the table is not good, or is held, for people
	// Held are the gates that keep readers from the load of a table that is good.
	Held       []records.Gate
	Statistics dms.TableStatistics
}

// Observation is what DMS reports of one task when the run is judged.
type Observation struct {
	Task dms.Description
	// Exists is false if DMS does not know the task, or if the run did not accept it as its own.
	Exists     bool
	Statistics []dms.TableStatistics
	// Resumed says that the run resumed the full load of the task, after DMS had broken it.
	Resumed bool
}

// loadFinished is the stop reason of a complete full load. Every other stop reason means that something stopped the task earlier
// (API_ReplicationTask, StopReason).
const loadFinished = "FULL_LOAD_ONLY_FINISHED"

// Judge judges a task of type t that should have loaded or followed the expected tables in a run that started at since. A full
// load counts only if the task was started after since, and a table only if its load ended after since. The task may have started
// more than once in the run, by DMS or by the run: tables that were complete by then are kept. A task that follows changes only has
// to be running.
func Judge(t department.Type, expected []manifest.Table, o Observation, since time.Time) Verdict {
	problem, taskReason := taskProblem(t, o, since)
	started := o.Exists && !o.Task.StartedAt.IsZero() && !o.Task.StartedAt.Before(since)

	byName := map[string]dms.TableStatistics{}
	for _, s := range o.Statistics {
		byName[s.String()] = s
	}
	v := Verdict{Problem: problem, taskReason: taskReason}
	for _, table := range expected {
		s, listed := byName[table.String()]
		tv := Table{Table: table, Statistics: s}
		switch {
		case !o.Exists:
			tv.Problem, tv.Reason = NoTask, "it has no replication task that this run could use"
		case t.Continuous():
			tv.Problem, tv.Reason = continuousProblem(s, listed, started)
		case !started:
			tv.Problem, tv.Reason = TaskNotStarted, "its replication task did not start in this run"
		default:
			tv.Problem, tv.Reason = loadProblem(s, listed, since)
		}
		if tv.Problem == "" && t.Continuous() && !o.Task.IsRunning() {
			tv.Problem, tv.Reason = problem, taskReason
		}
		if tv.Good = tv.Problem == ""; tv.Good {
			tv.Proof = Reported
		}
		v.Tables = append(v.Tables, tv)
	}
	return withOutcome(v)
}

// taskProblem says why the task as a whole did not succeed. Both results are empty if it did.
func taskProblem(t department.Type, o Observation, since time.Time) (problem Problem, reason string) {
	d := o.Task
	var what string
	switch {
	case !o.Exists:
		return NoTask, "there is no replication task that this run could use"
	case t.Continuous() && d.Status == dms.StatusRunning:
		return "", ""
	case t.Continuous() && d.Status == dms.StatusRunningWithErrors:
		problem, what = TaskHasErrors, "is running with errors"
	case d.StartedAt.IsZero() || d.StartedAt.Before(since):
		problem, what = TaskNotStarted, "did not start in this run"
	case d.Status == dms.StatusStopped && !strings.Contains(d.StopReason, loadFinished):
		problem, what = TaskStopped, "stopped before it was done"
	case !t.Continuous() && d.Status == dms.StatusStopped && d.TablesErrored > 0:
		problem, what = TaskHasErrors, fmt.Sprintf("finished with %d tables in error", d.TablesErrored)
	case !t.Continuous() && d.Status == dms.StatusStopped:
		return "", ""
	case d.HasFailed():
		problem, what = TaskFailed, "failed"
	default:
		problem, what = TaskNotDone, "is neither finished nor running"
	}
	if o.Resumed {
		what += ", although this run resumed its load once"
	}
	parts := []string{"status " + d.Status}
	if d.StopReason != "" {
		parts = append(parts, dms.Brief(explainStopReason(d.StopReason)))
	}
	if d.FailureMessage != "" {
		parts = append(parts, d.FailureMessage)
	}
	return problem, fmt.Sprintf("replication task %s %s (%s)", d.ID, what, strings.Join(parts, "; "))
}

// loadProblem says why the full load of a table is not proven in a run that started at since. listed says that DMS reports
// statistics of the table.
func loadProblem(s dms.TableStatistics, listed bool, since time.Time) (Problem, string) {
	switch {
	case !listed:
		return NotReported, notReported
	case s.State == dms.TableCompleted && !s.LoadEndedAt.IsZero() && s.LoadEndedAt.Before(since):
		// If a task fails before it reads anything, DMS still reports the statistics of its earlier load.
		return NotLoaded, fmt.Sprintf("it was not loaded in this run: its last load ended at %s", s.LoadEndedAt.UTC().Format(time.RFC3339))
	case s.State == dms.TableCompleted:
		return "", ""
	default:
		return TableState, "DMS reports the state " + s.State + ": the task's log has the cause"
	}
}

const notReported = "DMS does not report it: check its name and the grants of the source user"

// continuousProblem says why the changes of a table are not followed. listed says that DMS reports statistics of the table. DMS
// may not report them just after the start of the task: that is no problem if the task was started in this run. The full load of
// the table may still be running: that is no problem either.
func continuousProblem(s dms.TableStatistics, listed, startedInRun bool) (Problem, string) {
	switch {
	case !listed && startedInRun:
		return "", ""
	case !listed:
		return NotReported, notReported
	case s.GivenUp():
		return TableState, "DMS reports the state " + s.State + ": the task's log has the cause"
	default:
		return "", ""
	}
}

// withOutcome returns v with the Outcome and the Reason that follow from its tables and its Problem.
func withOutcome(v Verdict) Verdict {
	v.Reason = ""
	good := 0
	var bad []string
	for _, table := range v.Tables {
		if table.Good {
			good++
		}
		if !table.Good || len(table.Held) > 0 {
			bad = append(bad, table.String()+": "+table.Reason)
		}
	}
	switch {
	case v.Problem == "" && len(bad) == 0 && good > 0:
		v.Outcome = Succeeded
		return v
	case good > 0:
		v.Outcome = Partial
	default:
		v.Outcome = Failed
	}
	if more := len(bad) - maxNamedTables; more > 0 {
		bad = append(bad[:maxNamedTables], fmt.Sprintf("and %d more tables, each with its own record", more))
	}
	if v.Problem != "" {
		bad = append([]string{v.taskReason}, bad...)
	}
	v.Reason = strings.Join(bad, "; ")
	return v
}

// maxNamedTables is the most tables that a reason names. The reason is a part of the run document, which Step Functions limits to
// 256 KiB.
const maxNamedTables = 10

// Combine makes the verdict of a run from the verdicts of its tasks. Without a task the outcome is Failed.
func Combine(verdicts ...Verdict) Verdict {
	var all Verdict
	var reasons []string
	succeeded := 0
	good := false
	for _, v := range verdicts {
		all.Tables = append(all.Tables, v.Tables...)
		if v.Outcome == Succeeded {
			succeeded++
		}
		if v.Outcome != Failed {
			good = true
		}
		if v.Reason != "" {
			reasons = append(reasons, v.Reason)
		}
	}
	switch {
	case succeeded == len(verdicts) && succeeded > 0:
		all.Outcome = Succeeded
	case good:
		all.Outcome = Partial
	default:
		all.Outcome = Failed
	}
	all.Reason = Shorten(strings.Join(reasons, "; "))
	return all
}

// maxReasonBytes is the most that the reason of a run keeps: it is a part of the run document, of the record and of the alert.
const maxReasonBytes = 8000

// Shorten cuts the reason of a run after maxReasonBytes. It says how much is left out, and where it stands.
func Shorten(reason string) string {
	if len(reason) <= maxReasonBytes {
		return reason
	}
	kept := strings.ToValidUTF8(reason[:maxReasonBytes], "")
	return fmt.Sprintf("%s ...; %d more bytes are left out: each task and each table has a record with its own reason", kept, len(reason)-len(kept))
}
