package workflow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oralake/oralake/internal/department"
	"github.com/oralake/oralake/internal/history"
	"github.com/oralake/oralake/internal/replication"
)

// progress is what a run of a job that follows changes adds to what the job remembers. That of a full load is empty.
type progress struct {
	state  history.State
	before map[string]history.Table // the tables' records of the last run that counted changes
}

// progress compares what the run's tasks have done with what the job remembers, and marks in their verdicts the tables
// that DMS calls good and that are not: those whose rows in the lake may have left the source, and those that joined the
// job and were never loaded.
func (r Record) progress(ctx context.Context, run *Run, key history.Key, judged []judgedTask) (progress, error) {
	if !run.Type.Continuous() || run.Swept != nil && run.Phase == replication.Finished {
		return progress{}, nil // A sweep without the lease changes nothing that the job remembers.
	}
	var p progress
	var err error
	if p.state, err = history.FindState(ctx, r.Records, r.Table, run.Request.Job); err != nil {
		return p, err
	}
	if len(judged) == 0 || !judged[0].evidence.Exists {
		return p, nil
	}
	followed := &judged[0]
	d := followed.evidence.Task
	if d.Checkpoint != "" {
		p.state.Checkpoint, p.state.CheckpointAt = d.Checkpoint, new(time.Now())
	}
	switch {
	case run.Resumed && p.state.ResumedBy != run.Execution:
		p.state.Resumes++
		p.state.ResumedBy = run.Execution
	case !run.Resumed && d.AtWork():
		p.state.Resumes, p.state.Broken = 0, ""
	}
	if len(followed.evidence.Statistics) == 0 {
		return p, nil
	}
	if p.state.LastRun != "" {
		names := make([]string, len(followed.verdict.Tables))
		for i, t := range followed.verdict.Tables {
			names[i] = t.String()
		}
		if p.before, err = history.FindTables(ctx, r.Records, r.Table, p.state.LastRun, names); err != nil {
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
			followed.verdict.Doubt(t.String(), fmt.Sprintf(`diverged: %s; reload it with {"job": %q, "reload": [%q]}`,
				why, run.Request.Job, t.String()))
		}
	}
	p.state.LastRun = key.SK
	return p, nil
}

// loadedTables are the tables that the run has loaded beside the changes, with success.
func loadedTables(run *Run, judged []judgedTask) (names []string) {
	if run.Load == nil {
		return nil
	}
	last := judged[len(judged)-1]
	unfinished := []string{}
	if !last.task.Load {
		if run.Load.ReloadedAt.IsZero() {
			return nil
		}
		unfinished = run.Load.unfinished(last.evidence.Statistics)
	}
	for _, t := range last.verdict.Tables {
		if t.Good && slices.Contains(run.Load.Tables, t.String()) && !slices.Contains(unfinished, t.String()) {
			names = append(names, t.String())
		}
	}
	return names
}

// diverge notes DDL statements that came since the last run, and tables that DMS gave up: whether it follows them again
// after a resume is not documented, and what happened meanwhile would be missing. What came before a load is in it.
func (p *progress) diverge(run *Run, t replication.TableVerdict, loaded []string) {
	name := t.String()
	before := p.before[name].Changes
	if slices.Contains(loaded, name) {
		delete(p.state.Diverged, name)
		before.DDLs = run.Load.DDLs[name]
	}
	var why string
	switch at := time.Now().UTC().Format(time.RFC3339); {
	case t.Statistics.Broken():
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
func (p *progress) await(v *replication.Verdict, t replication.TableVerdict) {
	name := t.String()
	if !slices.Contains(p.state.Loading, name) {
		return
	}
	if t.Statistics.Loaded() {
		p.state.Loading = slices.DeleteFunc(p.state.Loading, func(other string) bool { return other == name })
		return
	}
	if t.Good && t.Statistics.Idle() {
		v.Doubt(name, "DMS follows its changes and has not loaded it, though it joined a job of type "+
			string(department.FullLoadAndCDC)+"; load it with a run that reloads it")
	}
}

// fill writes what is known of a table into its record.
func (p progress) fill(record *history.Table, t replication.TableVerdict) {
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

func counted(s replication.TableStatistics) history.Changes {
	return history.Changes{Inserts: s.Inserts, Updates: s.Updates, Deletes: s.Deletes, DDLs: s.DDLs}
}

// tell ends the recording of a run: people are told of a failure, and the job remembers.
func (r Record) tell(ctx context.Context, run history.Run, tables []history.Table, p progress) error {
	if err := r.alert(ctx, run, tables); err != nil || p.state.PK == "" {
		return err
	}
	p.state.Told = news(run)
	return history.WriteState(ctx, r.Records, r.Table, &p.state)
}

// told says that people know already what is to be told of the run: a job that follows changes is looked at every hour,
// and what is wrong with it may be so for days.
func (p progress) told(run history.Run) bool { return p.state.Told != "" && p.state.Told == news(run) }

// news is what is to be told of a run; empty when all is well.
func news(run history.Run) string {
	if run.Outcome == string(replication.OutcomeSucceeded) {
		return ""
	}
	return run.Outcome + ": " + run.Reason
}
