package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/dms"
	"github.com/oralake/oralake/internal/records"
	"github.com/oralake/oralake/internal/verdict"
)

// progress is what a run of a job that follows changes adds to what the job remembers. That of a full load is empty.
type progress struct {
	state  records.JobState
	before map[string]records.Table // the tables' records of the last run that counted changes
}

// progress compares what the run's tasks have done with what the job remembers, and marks in their verdicts the tables
// that DMS calls good and that are not: those whose rows in the lake may have left the source, and those that joined the
// job and were never loaded.
func (r Record) progress(ctx context.Context, run *Document, key records.Key, judged []taskVerdict) (progress, error) {
	if !run.Type.Continuous() || run.Recovering != nil && run.Phase == dms.Finished {
		return progress{}, nil // A sweep without the lease changes nothing that the job remembers.
	}
	var p progress
	var err error
	if p.state, err = records.FindJobState(ctx, r.Records, r.Table, run.Request.Job); err != nil {
		return p, err
	}
	if len(judged) == 0 || !judged[0].observation.Exists {
		return p, nil
	}
	followed := &judged[0]
	d := followed.observation.Task
	if d.Checkpoint != "" {
		p.state.Checkpoint, p.state.CheckpointAt = d.Checkpoint, new(time.Now())
	}
	switch {
	case run.Resumed && p.state.ResumedBy != run.Execution:
		p.state.ResumeAttempts++
		p.state.ResumedBy = run.Execution
	case !run.Resumed && d.IsRunning():
		p.state.ResumeAttempts, p.state.GivenUpReason = 0, ""
	}
	if len(followed.observation.Statistics) == 0 {
		return p, nil
	}
	if p.state.LastRun != "" {
		names := make([]string, len(followed.verdict.Tables))
		for i, t := range followed.verdict.Tables {
			names[i] = t.String()
		}
		if p.before, err = records.FindTables(ctx, r.Records, r.Table, p.state.LastRun, names); err != nil {
			return p, err
		}
	}
	loaded := loadedTables(run, judged)
	for _, t := range followed.verdict.Tables {
		p.diverge(run, t, loaded)
		p.await(&followed.verdict, t)
	}
	p.state.Backfill = slices.DeleteFunc(p.state.Backfill, func(name string) bool { return slices.Contains(loaded, name) })
	for _, t := range followed.verdict.Tables {
		if why, ok := p.state.Diverged[t.String()]; ok {
			followed.verdict.MarkFailed(t.String(), fmt.Sprintf(`diverged: %s; reload it with {"job": %q, "reload": [%q]}`,
				why, run.Request.Job, t.String()))
		}
	}
	p.state.LastRun = key.SK
	return p, nil
}

// loadedTables are the tables that the run has loaded beside the changes, with success.
func loadedTables(run *Document, judged []taskVerdict) (names []string) {
	if run.Reload == nil {
		return nil
	}
	last := judged[len(judged)-1]
	unfinished := []string{}
	if !last.task.Backfill {
		if run.Reload.ReloadedAt.IsZero() {
			return nil
		}
		unfinished = run.Reload.Pending(last.observation.Statistics)
	}
	for _, t := range last.verdict.Tables {
		if t.Good && slices.Contains(run.Reload.Tables, t.String()) && !slices.Contains(unfinished, t.String()) {
			names = append(names, t.String())
		}
	}
	return names
}

// diverge notes DDL statements that came since the last run, and tables that DMS gave up: whether it follows them again
// after a resume is not documented, and what happened meanwhile would be missing. What came before a load is in it.
func (p *progress) diverge(run *Document, t verdict.Table, loaded []string) {
	name := t.String()
	before := p.before[name].Changes
	if slices.Contains(loaded, name) {
		delete(p.state.Diverged, name)
		before.DDLs = run.Reload.DDLs[name]
	}
	var why string
	switch at := time.Now().UTC().Format(time.RFC3339); {
	case t.Statistics.GivenUp():
		why = "DMS gave it up (" + t.Statistics.State + "), noticed at " + at + ": changes since then are missing"
	case counted(t.Statistics).Since(before).DDLs > 0:
		why = "DDL was run on it at the source, noticed at " + at + ": after a TRUNCATE or DROP the lake still holds what it had"
	default:
		return
	}
	p.state.Diverge(name, why)
}

// await looks for the first load of a table that joined a full-load-and-cdc job. That a resumed task loads the tables
// that were added to it, and only those, is widely relied on and nowhere documented: so it is checked.
func (p *progress) await(v *verdict.Verdict, t verdict.Table) {
	name := t.String()
	if !slices.Contains(p.state.AwaitingLoad, name) {
		return
	}
	if t.Statistics.Loaded() {
		p.state.AwaitingLoad = slices.DeleteFunc(p.state.AwaitingLoad, func(other string) bool { return other == name })
		return
	}
	if t.Good && t.Statistics.Idle() {
		v.MarkFailed(name, "DMS follows its changes and has not loaded it, though it joined a job of type "+
			string(department.FullLoadAndCDC)+"; load it with a run that reloads it")
	}
}

// fill writes what is known of a table into its record.
func (p progress) fill(record *records.Table, t verdict.Table) {
	s := t.Statistics
	record.Good = record.Good && t.Good
	if record.Reason == "" {
		record.Reason = t.Reason
	}
	if record.State == "" {
		record.State = s.State
	}
	record.Rows += s.Rows
	record.Changes = record.Changes.Plus(counted(s))
	record.New = record.Changes.Since(p.before[t.String()].Changes)
	_, record.Diverged = p.state.Diverged[t.String()]
	if record.LoadStartedAt == nil {
		record.LoadStartedAt, record.LoadEndedAt = stamp(s.LoadStartedAt), stamp(s.LoadEndedAt)
	}
}

func counted(s dms.TableStatistics) records.Changes {
	return records.Changes{Inserts: s.Inserts, Updates: s.Updates, Deletes: s.Deletes, DDLs: s.DDLs}
}

// sendAlert ends the recording of a run: people are told of a failure, and the job remembers.
func (r Record) sendAlert(ctx context.Context, run records.Run, tables []records.Table, p progress) error {
	if err := r.alert(ctx, run, tables); err != nil || p.state.PK == "" {
		return err
	}
	p.state.LastAlert = alertText(run)
	return records.WriteJobState(ctx, r.Records, r.Table, &p.state)
}

// alertedBefore says that people know already what is to be told of the run: a job that follows changes is looked at every hour,
// and what is wrong with it may be so for days.
func (p progress) alertedBefore(run records.Run) bool {
	return p.state.LastAlert != "" && p.state.LastAlert == alertText(run)
}

// alertText is what is to be told of a run; empty when all is well.
func alertText(run records.Run) string {
	if run.Outcome == string(verdict.Succeeded) {
		return ""
	}
	return run.Outcome + ": " + run.Reason
}
