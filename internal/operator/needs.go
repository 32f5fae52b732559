package operator

import (
	"fmt"
	"strings"
	"time"

	"github.com/oralake/oralake/internal/contract"
)

// Kind says what kind of thing needs a person.
type Kind string

// The kinds.
const (
	InstanceDown   Kind = "instance"        // the replication instance does not work
	DeadLetters    Kind = "dead letters"    // EventBridge Scheduler could not start runs
	FailedRun      Kind = "failed run"      // the last run of a job did not succeed
	TaskDown       Kind = "task"            // the task of a job that follows changes does not run
	TableNotGood   Kind = "table"           // a table is not good
	MissedSchedule Kind = "missed schedule" // no run has started when the schedule was due
	NoSchedule     Kind = "no schedule"     // nothing starts the job: its schedule is gone or disabled
	RedoLow        Kind = "redo deadline"   // a task may soon have lost its place in the redo log
)

// Need is something that needs a person.
type Need struct {
	Kind  Kind   `json:"kind"`
	Job   string `json:"job,omitempty"`
	Table string `json:"table,omitempty"`
	Run   string `json:"run,omitempty"`
	Text  string `json:"text"` // what is wrong, for people
	Do    string `json:"do"`   // what to do
}

// scheduleSlack is how late a run may start before its schedule counts as missed: Scheduler delivers within a minute, and a start
// that is throttled is tried again.
const scheduleSlack = 15 * time.Minute

// departmentNeeds is what needs a person in the department as a whole.
func (s Status) departmentNeeds(d *Department) (all []Need) {
	if !s.Instance.IsAvailable() {
		all = append(all, Need{Kind: InstanceDown, Text: fmt.Sprintf("the replication instance is %s", s.Instance.Status), Do: instanceAdvice(s.Instance.Status)})
	}
	if s.DeadLetters > 0 {
		all = append(all, Need{
			Kind: DeadLetters, Text: fmt.Sprintf("%d starts of runs could not be delivered", s.DeadLetters),
			Do: "read why in the queue " + d.outputs[contract.OutputDeadLetters] + ", run the jobs, then purge the queue",
		})
	}
	return all
}

// instanceAdvice is what to do about a replication instance that is not available (API_ReplicationInstance, status).
func instanceAdvice(status string) string {
	switch status {
	case "storage-full":
		return "raise replication.storageGB in the file and deploy"
	case "incompatible-network", "incompatible-credentials", "inaccessible-encryption-credentials", "failed", "deleted", "not found":
		return "look at the instance in the DMS console; the status says what it lacks"
	}
	return "wait: DMS changes it, and runs wait for it up to two hours"
}

// needs is what needs a person in a job, the worst first.
func (s JobStatus) needs(now time.Time) (all []Need) {
	last := s.LastRun
	if last != nil && !last.Succeeded() {
		all = append(all, Need{Kind: FailedRun, Run: last.Run, Text: s.failure(), Do: "oralake explain " + last.Run})
	} else if t := s.Task; t != nil && !t.running && !s.Paused && s.Holder == nil {
		all = append(all, Need{
			Kind: TaskDown, Text: fmt.Sprintf("its task %s is %s: %s", t.Task, t.Status, t.why()),
			Do: "oralake run " + s.Job + ", which resumes it",
		})
	}
	for _, t := range s.Bad {
		if s.explainedByLastRun(t) {
			continue
		}
		all = append(all, Need{Kind: TableNotGood, Table: t.Table, Run: t.Run, Text: t.Reason, Do: s.tableAdvice(t)})
	}
	all = append(all, s.scheduleNeeds(now)...)
	if r := s.RedoDeadline; r != nil && !s.Paused {
		if left, known := r.Left(now); known && (r.Low || left < time.Duration(r.LimitHours)*time.Hour) && !r.AtLeast {
			all = append(all, Need{Kind: RedoLow, Text: r.Text, Do: "have the source keep its archived redo logs for longer, and let the task catch up before then"})
		}
	}
	for i := range all {
		all[i].Job = s.Job
	}
	return all
}

// failure says how the last run failed. An explanation of the run has its whole reason.
func (s JobStatus) failure() string {
	text := "its last run is " + s.LastRun.Outcome
	var bad []string
	for _, t := range s.Bad {
		if t.Run == s.LastRun.Run {
			bad = append(bad, t.Table)
		}
	}
	if len(bad) > 0 {
		text += fmt.Sprintf(", %d of %d tables not good (%s)", len(bad), s.Tables, strings.Join(bad[:min(len(bad), mostTables)], ", "))
		if more := len(bad) - mostTables; more > 0 {
			text = strings.TrimSuffix(text, ")") + fmt.Sprintf(" and %d more)", more)
		}
	}
	return text + ": " + s.LastRun.Reason
}

// explainedByLastRun says that a table needs no mention of its own: the last run failed with it, and it needs no other fix than the run.
func (s JobStatus) explainedByLastRun(t BadTable) bool {
	return s.LastRun != nil && !s.LastRun.Succeeded() && t.Run == s.LastRun.Run && !t.Missing && !t.DDL && len(t.Held) == 0
}

// why says why the task does not run.
func (t FollowingTask) why() string {
	if t.FailureMessage != "" {
		return t.FailureMessage
	}
	if t.StopReason != "" {
		return t.StopReason
	}
	return "DMS does not say why"
}

// tableAdvice is what to do about a table that is not good.
func (s JobStatus) tableAdvice(t BadTable) string {
	if do := t.decision(s.Job); do != "" {
		return do
	}
	switch {
	case s.Type.Continuous():
		return "oralake explain " + t.Run
	}
	return fmt.Sprintf("oralake explain %s; then oralake run %s --tables %s", t.Run, s.Job, t.Table)
}

// decision is what a person decides about a table whose task or load is as it should be; empty for another table.
func (t BadTable) decision(job string) string {
	switch {
	case len(t.Held) > 0:
		return fmt.Sprintf("if the load is right, oralake publish %s %s; otherwise mend the source, then oralake run %[1]s --tables %[2]s", job, t.Table)
	case t.Missing:
		return fmt.Sprintf("oralake reload %s %s", job, t.Table)
	case t.DDL:
		return fmt.Sprintf("oralake reload %s %s; or, if the DDL left its rows as they are, oralake accept %[1]s %[2]s", job, t.Table)
	}
	return ""
}

// scheduleNeeds is what needs a person because the job's schedule does not start it.
func (s JobStatus) scheduleNeeds(now time.Time) []Need {
	switch {
	case s.Schedule == nil:
		return []Need{{Kind: NoSchedule, Text: "it has no schedule in EventBridge Scheduler", Do: "deploy the department again"}}
	case s.Schedule.Disabled:
		return []Need{{Kind: NoSchedule, Text: "its schedule is disabled", Do: "enable it in EventBridge Scheduler, or deploy the department again"}}
	}
	due := s.Schedule.LastDue
	if due == nil || now.Sub(*due) < scheduleSlack || s.Holder.running() {
		return nil
	}
	// A run that was still working when the schedule was due stands for the one that was skipped.
	if s.LastRun != nil && !s.LastRun.EndedAt().Before(*due) {
		return nil
	}
	return []Need{{
		Kind: MissedSchedule, Do: "oralake run " + s.Job,
		Text: fmt.Sprintf("its schedule %s was due at %s, and no run has ended since", s.Schedule.Expression, due.Format("2006-01-02 15:04 MST")),
	}}
}
