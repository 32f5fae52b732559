package deploy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/contract"
	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/records"
)

// longestStop is for how long a deploy may stop the tasks of a job: it holds them for holdTime at most, and a rollback as long again.
const longestStop = 2 * holdTime

// maxLookAge is how old a redo deadline may be that still says something about a task that runs.
const maxLookAge = 48 * time.Hour

// Standstill says how long the task of a job may stand still from now on, before its source deletes the redo log that it needs.
type Standstill struct {
	Left    time.Duration // it is less than 0 if the log is deleted already
	Known   bool
	AtLeast bool   // it may stand still for longer than Left
	Running bool   // the task runs now
	Text    string // for people
}

// standstill reads the redo deadline that the runs of a job have found.
func (p Preflight) standstill(ctx context.Context, job string, running bool) (*Standstill, error) {
	state, err := records.FindJobState(ctx, p.Records, p.Table, job)
	if err != nil {
		return nil, err
	}
	return newStandstill(state.Redo, running, time.Now()), nil
}

// newStandstill returns what the last known redo deadline of a job says now.
//
// While a task runs, it reads on as the logs are deleted, so its deadline stays about the same. While it is stopped, the deadline
// comes closer.
func newStandstill(redo *records.RedoState, running bool, now time.Time) *Standstill {
	s := &Standstill{Running: running, Text: "no run of the job has found it"}
	if redo == nil {
		return s
	}
	last := redo.Last
	left, known := last.Left(now)
	if !known {
		return s
	}
	s.Text = fmt.Sprintf("%s, as the run of %s has found", last.Text, last.MeasuredAt.UTC().Format("2006-01-02 15:04 MST"))
	if running && now.Sub(*last.MeasuredAt) > maxLookAge {
		return s
	}
	if running {
		left, _ = last.Left(*last.MeasuredAt)
	}
	s.Left, s.Known, s.AtLeast = left, true, last.AtLeast
	return s
}

// decideStandstill says for how long the task of the job may stand still, if the deploy stops it. It refuses the deploy if the task
// could not continue after the longest stop.
func (c comparison) decideStandstill(reasons []string) {
	s := c.live.Redo
	if len(reasons) == 0 || !c.live.Follows || s == nil {
		return
	}
	stop := fmt.Sprintf("job %s: the deploy stops its task (%s)", c.name, strings.Join(reasons, ", "))
	lost := !s.Running && s.Left < 0 // The deploy does not stop this task, and makes nothing worse.
	switch {
	case !s.Known:
		c.decision.note("%s; it is not known how long the task may stand still: %s", stop, s.Text)
	case s.AtLeast || s.Left >= longestStop || lost || c.new.OnReplace == department.Restart:
		c.decision.note("%s, for at most %.0f hours; %s", stop, longestStop.Hours(), s.Text)
	default:
		c.decision.refuse("%s, for at most %.0f hours, and then the source may have deleted the redo log that the task needs: %s. Keep the "+
			"archived redo logs for longer, end the oldest open transaction, or wait until the task has caught up; the next run of the job "+
			"looks again. Then deploy again. Write onReplace: restart in the job to deploy all the same",
			stop, longestStop.Hours(), s.Text)
	}
}

// stopReasons lists why a deploy stops the task of a job that stays, for people. Such a task resumes at the end of the deploy, or
// when the job is not paused any more.
func (c comparison) stopReasons(endpoints bool) (reasons []string) {
	if c.old.Paused != "" {
		return nil // Its task is stopped already.
	}
	if c.new.Paused != "" {
		reasons = append(reasons, "paused: true")
	}
	if endpoints {
		reasons = append(reasons, "the definition of an endpoint changes")
	}
	if c.old.Definition != "" && c.old.Definition != c.new.Definition {
		reasons = append(reasons, "its tables or settings change")
	}
	if c.before.Instance != (contract.InstanceDefinition{}) && c.before.Instance != c.after.Instance {
		reasons = append(reasons, "the replication instance changes")
	}
	return reasons
}
