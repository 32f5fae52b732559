// Package verdict decides what the tasks of a run came to. It is pure: it makes no call and reads no clock. It is the only
// place that says why a table is not good.
package verdict

import (
	"fmt"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/manifest"
)

// Outcome is what a run came to.
type Outcome string

// The outcomes. Only a proven success is a success.
const (
	Succeeded Outcome = "SUCCEEDED" // every table of the list arrived
	Partial   Outcome = "PARTIAL"   // some did
	Failed    Outcome = "FAILED"    // none is known to have arrived
)

// Verdict is the outcome of one or more tasks, and why.
type Verdict struct {
	Outcome Outcome
	// Problem is why the task as a whole is no success; empty if it is, or if only single tables are none. Programs compare it.
	Problem Problem
	Reason  string // the same for people; empty for a success
	Tables  []Table

	taskReason string // of the task as a whole
}

// MarkFailed gives a table that is called good a reason why it is not. The verdict changes accordingly.
func (v *Verdict) MarkFailed(table string, problem Problem, reason string) {
	for i := range v.Tables {
		if t := &v.Tables[i]; t.String() == table && t.Good {
			t.Good, t.Problem, t.Reason = false, problem, reason
		}
	}
	*v = conclude(*v)
}

// Table says whether one table of the list arrived (or, in CDC, is being kept current).
type Table struct {
	manifest.Table
	Good       bool
	Problem    Problem // why it is not good; programs compare it
	Reason     string  // the same for people
	Statistics dms.TableStatistics
}

// Observation is what DMS says of one task after its work.
type Observation struct {
	Task dms.Description
	// Exists is false for a task that DMS does not know, or that the run did not accept as its own.
	Exists     bool
	Statistics []dms.TableStatistics
}

// finishedLoad is the only stop reason of a full load that is complete: every other one (API_ReplicationTask, StopReason)
// means that somebody or something stopped the task.
const finishedLoad = "FULL_LOAD_ONLY_FINISHED"

// Judge decides what a task of type t, which should have handled the tables in a run that began at since, came to.
func Judge(t department.Type, want []manifest.Table, e Observation, since time.Time) Verdict {
	problem, taskReason := taskProblem(t, e, since)
	started := e.Exists && !e.Task.StartedAt.IsZero() && !e.Task.StartedAt.Before(since)

	byName := map[string]dms.TableStatistics{}
	for _, s := range e.Statistics {
		byName[s.Schema+"."+s.Name] = s
	}
	v := Verdict{Problem: problem, taskReason: taskReason}
	for _, table := range want {
		s, listed := byName[table.String()]
		tv := Table{Table: table, Statistics: s}
		switch {
		case !e.Exists:
			tv.Problem, tv.Reason = NoTask, "it has no replication task that this run could use"
		case t.Continuous():
			tv.Problem, tv.Reason = continuousProblem(s, listed, started)
		case !started:
			tv.Problem, tv.Reason = TaskNotStarted, "its replication task did not start in this run"
		default:
			tv.Problem, tv.Reason = loadProblem(s, listed, e.Task.StartedAt)
		}
		if tv.Problem == "" && t.Continuous() && !e.Task.IsRunning() {
			tv.Problem, tv.Reason = problem, taskReason
		}
		tv.Good = tv.Problem == ""
		v.Tables = append(v.Tables, tv)
	}
	return conclude(v)
}

// taskProblem is why the task as a whole proves no success; empty when it does.
func taskProblem(t department.Type, e Observation, since time.Time) (problem Problem, reason string) {
	d := e.Task
	var what string
	switch {
	case !e.Exists:
		return NoTask, "there is no replication task that this run could use"
	case t.Continuous() && d.Status == dms.StatusRunning:
		return "", ""
	case t.Continuous() && d.Status == dms.StatusRunningWithErrors:
		problem, what = TaskHasErrors, "runs, with errors"
	case d.StartedAt.IsZero() || d.StartedAt.Before(since):
		problem, what = TaskNotStarted, "did not start in this run"
	case d.Status == dms.StatusStopped && !strings.Contains(d.StopReason, finishedLoad):
		problem, what = TaskStopped, "stopped before it was done"
	case !t.Continuous() && d.Status == dms.StatusStopped && d.TablesErrored > 0:
		problem, what = TaskHasErrors, fmt.Sprintf("finished with %d tables in error", d.TablesErrored)
	case !t.Continuous() && d.Status == dms.StatusStopped:
		return "", ""
	case d.Status == dms.StatusFailed:
		problem, what = TaskFailed, "failed"
	default:
		problem, what = TaskNotDone, "is neither finished nor running"
	}
	parts := []string{"status " + d.Status}
	if d.StopReason != "" {
		parts = append(parts, explainStopReason(d.StopReason))
	}
	if d.FailureMessage != "" {
		parts = append(parts, d.FailureMessage)
	}
	return problem, fmt.Sprintf("replication task %s %s (%s)", d.ID, what, strings.Join(parts, "; "))
}

// loadProblem is why a full load of a table, by a task that was started at a time, is not proven.
func loadProblem(s dms.TableStatistics, listed bool, startedAt time.Time) (Problem, string) {
	switch {
	case !listed:
		return NotReported, notReported
	case s.State == dms.TableCompleted && !s.LoadEndedAt.IsZero() && s.LoadEndedAt.Before(startedAt):
		// A task that fails before it reads anything still has what it counted when it ran before.
		return NotLoaded, fmt.Sprintf("it was not loaded in this run: its last load ended at %s", s.LoadEndedAt.UTC().Format(time.RFC3339))
	case s.State == dms.TableCompleted:
		return "", ""
	default:
		return TableState, "DMS says: " + s.State + "; the task's log says why"
	}
}

const notReported = "DMS does not report it: check its name and the grants of the source user"

// continuousProblem is why a table is not being kept current. A table may be missing from the statistics right after
// the start, and its full load may still be under way.
func continuousProblem(s dms.TableStatistics, listed, justStarted bool) (Problem, string) {
	switch {
	case !listed && justStarted:
		return "", ""
	case !listed:
		return NotReported, notReported
	case s.GivenUp():
		return TableState, "DMS says: " + s.State + "; the task's log says why"
	default:
		return "", ""
	}
}

// conclude draws the outcome from the tables and the task's own problem.
func conclude(v Verdict) Verdict {
	v.Reason = ""
	good := 0
	var bad []string
	for _, table := range v.Tables {
		if table.Good {
			good++
		} else {
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
	if more := len(bad) - namedTables; more > 0 {
		bad = append(bad[:namedTables], fmt.Sprintf("and %d more tables, each with its own record", more))
	}
	if v.Problem != "" {
		bad = append([]string{v.taskReason}, bad...)
	}
	v.Reason = strings.Join(bad, "; ")
	return v
}

// namedTables is how many bad tables a reason names: it travels in the run document, which Step Functions limits to
// 256 KiB.
const namedTables = 10

// Combine is the verdict of a run from those of its tasks.
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
	all.Reason = strings.Join(reasons, "; ")
	if len(all.Reason) > longestReason {
		all.Reason = strings.ToValidUTF8(all.Reason[:longestReason], "") + " ...; each task and table has its own record"
	}
	return all
}

// longestReason is how long the reason of a whole run may be, in bytes: it travels in the run document, and a message
// quotes it.
const longestReason = 8000
